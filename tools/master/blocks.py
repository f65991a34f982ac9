"""A master's blocks: raw cells that open and close questions, solutions, prompts and tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tools.errors import AuthorError, Place
from tools.master.notebook import Cell, name_of


class Boundary(Enum):
    """The first line of every raw cell that a master may hold."""

    ASSIGNMENT_CONFIG = "# ASSIGNMENT CONFIG"
    BEGIN_QUESTION = "# BEGIN QUESTION"
    END_QUESTION = "# END QUESTION"
    BEGIN_PROMPT = "# BEGIN PROMPT"
    END_PROMPT = "# END PROMPT"
    BEGIN_SOLUTION = "# BEGIN SOLUTION"
    END_SOLUTION = "# END SOLUTION"
    BEGIN_TESTS = "# BEGIN TESTS"
    END_TESTS = "# END TESTS"

    @property
    def begins(self) -> bool:
        return self.value.startswith("# BEGIN")

    @property
    def block(self) -> str:
        """`question`, `prompt`, `solution` or `tests`."""
        return self.value.split()[-1].lower()

    @property
    def partner(self) -> "Boundary":
        """The END that closes a BEGIN, or the BEGIN that opens an END."""
        here, there = ("BEGIN", "END") if self.begins else ("END", "BEGIN")
        return Boundary(self.value.replace(here, there))


QUESTION_NAME = re.compile(r"q[1-9][0-9]*_[a-z0-9_]+")


@dataclass(frozen=True)
class Spot:
    """The role of a cell: `role` is the second half of its id, `question` the first (or None)."""

    role: str
    question: str | None = None


def boundary(cell: Cell) -> Boundary | None:
    """Return the boundary that a raw cell marks, or None."""
    first = cell["source"].split("\n")[0].rstrip()
    known = cell["cell_type"] == "raw" and first in (b.value for b in Boundary)
    return Boundary(first) if known else None


def spelled(line: str) -> str:
    """Return a line of code with its tag in the spelling of the grammar.

    Formatters change the space between `\"\"\"` and `#`; Otter accepts either.
    """
    return re.sub(r'^"""\s*#', '""" #', line.strip())


def outline(cells: list[Cell]) -> Iterator[Spot]:
    """Yield each cell's role. Lenient, because `unroll format` also cleans broken masters."""
    question, block = None, None
    for cell in cells:
        edge = boundary(cell)
        if edge is Boundary.ASSIGNMENT_CONFIG:
            yield Spot("assignment_config")
        elif edge is Boundary.BEGIN_QUESTION:
            question, block = _prefix(cell["source"]), None
            yield Spot("begin", question)
        elif edge is Boundary.END_QUESTION:
            yield Spot("end", question)
            question, block = None, None
        elif edge is not None:
            block = edge.block if edge.begins else None
            yield Spot(f"{edge.block}_{'begin' if edge.begins else 'end'}", question)
        elif block == "tests":
            yield Spot(_test_role(cell["source"]), question)
        else:
            kind = {"markdown": "text", "code": "code"}.get(cell["cell_type"], "raw")
            yield Spot(block or kind, question)


def check_structure(cells: list[Cell], file: str) -> list[AuthorError]:
    """Return the errors in the order of the blocks."""
    errors: list[AuthorError] = []
    opened: list[tuple[Boundary, Cell, int]] = []
    seen: set[str] = set()  # the blocks seen in the current question

    def place(cell: Cell, index: int) -> Place:
        return Place(file, name_of(cell, index), 1)

    def close_until(keep: int, before: str) -> None:
        while len(opened) > keep:
            begin, cell, index = opened.pop()
            what = f'"{begin.value}" has no "{begin.partner.value}"'
            remedy = f"Add a raw cell with that line {before}."
            errors.append(AuthorError(what, place(cell, index), remedy))

    for index, cell in enumerate(cells):
        edge, here = boundary(cell), place(cell, index)
        if edge is None:
            errors.extend(_stranger(cell, here))
        elif edge is Boundary.ASSIGNMENT_CONFIG:
            if index:
                what = f'"{edge.value}" is not the first cell'
                errors.append(AuthorError(what, here, "Keep one, at the top of the notebook."))
        elif not edge.begins:
            depth = [begin.block for begin, *_ in opened]
            if edge.block in depth:
                keep = depth.index(edge.block)
                close_until(keep + 1, f"before cell {name_of(cell, index)}")
                opened.pop()
            else:
                what = f'"{edge.value}" has no "{edge.partner.value}"'
                errors.append(AuthorError(what, here, "Add it above, or remove this cell."))
        else:
            inner = edge is not Boundary.BEGIN_QUESTION
            close_until(1 if inner else 0, f"before cell {name_of(cell, index)}")
            if inner:
                errors.extend(_misplaced(edge, bool(opened), seen, here))
                seen.add(edge.block)
            else:
                seen = set()
            opened.append((edge, cell, index))
    close_until(0, "at the end of the notebook")
    if not cells or boundary(cells[0]) is not Boundary.ASSIGNMENT_CONFIG:
        what = f'the first cell is not "{Boundary.ASSIGNMENT_CONFIG.value}"'
        errors.append(AuthorError(what, Place(file), "Add it as a raw cell at the top."))
    return errors


def _misplaced(edge: Boundary, in_question: bool, seen: set[str], here: Place) -> list[AuthorError]:
    if not in_question:
        what = f'"{edge.value}" is outside a question'
        return [AuthorError(what, here, f'Add "{Boundary.BEGIN_QUESTION.value}" above it.')]
    if edge.block in seen:
        what = f'this question has a second "{edge.value}"'
        return [AuthorError(what, here, "Put its cells into the first one.")]
    later = {"prompt": {"solution", "tests"}, "solution": {"tests"}}.get(edge.block, set())
    if late := sorted(later & seen):
        what = f'"{edge.value}" comes after the {late[0]} of its question'
        return [AuthorError(what, here, "The order is prompt, solution, tests.")]
    return []


def _stranger(cell: Cell, here: Place) -> list[AuthorError]:
    if cell["cell_type"] == "raw":
        known = ", ".join(f'"{b.value}"' for b in Boundary)
        what = "this raw cell does not begin with a line that the build knows"
        return [AuthorError(what, here, f"Make it a Markdown cell, or begin it with {known}.")]
    if "```otter" in cell["source"]:
        what = '"```otter" in a Markdown cell'
        return [AuthorError(what, here, "Move its contents into a raw cell of their own.")]
    return []


def _prefix(source: str) -> str:
    match = re.search(r"^name:\s*[\"']?(\w+)", source, re.MULTILINE)
    name = match[1].lower() if match else "question"
    return name.split("_")[0] if QUESTION_NAME.fullmatch(name) else name


def _test_role(source: str) -> str:
    match = re.search(r"^def\s+(?:test_)?(\w+)", source, re.MULTILINE)
    return f"test_{match[1].lower()}" if match else "test"
