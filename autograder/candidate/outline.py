"""What answers need of a notebook, by names: which skipped statements, and whether order counts.

What an answer needs are the statements that bind its names, those that bind the names these read,
and so on. A skipped cell runs those and nothing else, so a long demonstration costs nothing.
"""

import ast
import builtins
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.candidate.statements import bound_names, needed_names, touched_names

IMPORTS = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Line:
    """One statement of the notebook, where it stands, and what it has to do with names."""

    cell: int
    place: int
    skipped: bool
    binds: frozenset[str]
    needs: frozenset[str]
    touches: frozenset[str]


class Outline:
    """The statements of all cells, and what they bind and need."""

    def __init__(self, cells: Sequence[tuple[bool, Sequence[ast.stmt]]]) -> None:
        """`cells`: for each, whether it is skipped, and its statements."""
        every = [node for _, nodes in cells for node in nodes]
        modules = frozenset(
            n for node in every if isinstance(node, IMPORTS) for n in _names(node)[0]
        )
        self._lines = [
            Line(number, place, skipped, *_names(node), frozenset(touched_names(node, modules)))
            for number, (skipped, nodes) in enumerate(cells)
            for place, node in enumerate(nodes)
        ]
        # A call of these, such as `print()`, changes nothing.
        self._builtins = set(vars(builtins)) - {name for line in self._lines for name in line.binds}

    def needed(self, names: Iterable[str]) -> set[str]:
        """Return these names and all that the statements which bind them need in turn."""
        found, new = set(), set(names)
        while new:
            found |= new
            lines = [line for line in self._lines if line.binds & new]
            new = {name for line in lines for name in line.needs} - found
        return found

    def wanted(self, names: Iterable[str]) -> dict[int, set[int]]:
        """Return, for each skipped cell, the places of the statements that answers need."""
        needed = self.needed(names)
        # What another cell binds too is there without the skipped one.
        bound = {name for line in self._lines if not line.skipped for name in line.binds}
        places: dict[int, set[int]] = {}
        for line in self._lines:
            if line.skipped and line.binds & (needed - bound):
                places.setdefault(line.cell, set()).add(line.place)
        return places

    def changes_later(self, names: Mapping[str, Iterable[str]], checks: Mapping[str, int]) -> list:
        """Return the questions whose answers may be something else after their check's cell."""
        found = []
        for question, wanted in names.items():
            needed = self.needed(wanted) - self._builtins
            later = [line for line in self._lines if line.cell > checks[question]]
            if any(needed & (line.binds | line.touches) for line in later if not line.skipped):
                found.append(question)
        return found


@functools.cache
def _names(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a statement binds, and those that it needs."""
    return frozenset(bound_names(node)), frozenset(needed_names(node))
