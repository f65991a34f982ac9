"""The student's cells, run statement by statement: one that fails costs itself, not its cell.

In Jupyter a student sees a failing line and fixes it; here nobody can. So the rest of the cell
runs, and the examiner is told which statement failed, why, and which names it would have bound.
"""

import __future__

import ast
import asyncio
import inspect
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograder.candidate.outline import Outline
from autograder.candidate.statements import Unparsed, bound_names, statements
from autograder.requests.operations import described

# Of one cell: whoever has more failures has one cause for them.
MAX_FAILURES = 10
MAX_NAMES = 20
# What may have annotations inside.
ANNOTATED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_UNEVALUATED = __future__.annotations.compiler_flag


class Cells:
    """The cells of a notebook and the namespace in which they run."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._number = 0
        self._cells: list[tuple[list[ast.stmt], list[Unparsed]]] = []
        # By source: a notebook that differs in one cell has the others read already.
        self._read: dict[str, tuple[list[ast.stmt], list[Unparsed]]] = {}
        # The statements that answers need of each skipped cell, by their places.
        self.wanted: dict[int, list[int]] = {}
        self._skipped: set[int] = set()
        # Tracebacks name the cell of each line.
        shell.compile.get_code_name = lambda *_: f"<cell {self._number}>"

    def read(
        self,
        cells: Sequence[tuple[str, bool]],
        names: Mapping[str, Iterable[str]],
        checks: Mapping[str, int],
    ) -> list[str]:
        """Take the notebook: sources, and whether each is skipped; names and check of questions.

        Return the questions whose answers may be something else after their check.
        """
        for source in {source for source, _ in cells} - self._read.keys():
            self._read[source] = statements(self._shell, source)
        self._cells = [self._read[source] for source, _ in cells]
        self._skipped = {number for number, (_, skipped) in enumerate(cells) if skipped}
        outline = Outline([(n in self._skipped, found[0]) for n, found in enumerate(self._cells)])
        wanted = outline.wanted(name for each in names.values() for name in each)
        self.wanted = {number: sorted(places) for number, places in wanted.items()}
        return outline.changes_later(names, checks)

    def run(self, number: int, source: str) -> list[dict]:
        """Run a cell, or what answers need of a skipped one; return what failed in it."""
        self._number = number
        if number < len(self._cells):
            nodes, unparsed = self._cells[number]
        else:  # the oracle's, which has no notebook
            nodes, unparsed = statements(self._shell, source)
        if number in self._skipped:
            wanted = self.wanted.get(number, ())
            nodes, unparsed = [node for n, node in enumerate(nodes) if n in wanted], []
        self._shell.compile.cache(source, number)
        history = self._shell.user_ns.get("In")
        if isinstance(history, list):
            history.append(source)
        shows = not source.rstrip().endswith(";")
        failures = [_unparsed(each) for each in unparsed]
        for node in nodes:
            try:
                self._run(node, shows and node is nodes[-1])
            except BaseException as error:
                names = sorted(bound_names(node))[:MAX_NAMES]
                raised = described(error)
                failures.append({"raised": raised, "line": node.lineno, "names": names})
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")
        return failures[:MAX_FAILURES]

    def _run(self, node: ast.stmt, shows: bool) -> None:
        """Run one statement; the value of the last expression is kept as Jupyter keeps it."""
        name, compiler = f"<cell {self._number}>", self._shell.compile
        flags = compiler.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if isinstance(node, ast.AnnAssign):
            # Its value comes before its type, perhaps one of a package that is not here.
            flags |= _UNEVALUATED
        shows = shows and isinstance(node, ast.Expr)
        tree = ast.Expression(node.value) if shows else ast.Module([node], [])
        mode = "eval" if shows else "exec"
        code = compile(tree, name, mode, flags, dont_inherit=True)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            features = [getattr(__future__, alias.name) for alias in node.names]
            for feature in features:
                compiler.flags |= feature.compiler_flag
        with self._shell.builtin_trap:
            try:
                value = eval(code, self._shell.user_ns)
            except NameError:
                if not isinstance(node, ANNOTATED):
                    raise
                # Perhaps of such a type. Nothing needs the value of an annotation.
                code = compile(tree, name, mode, flags | _UNEVALUATED, dont_inherit=True)
                value = eval(code, self._shell.user_ns)
            if code.co_flags & inspect.CO_COROUTINE:
                value = asyncio.run(value)
        if shows and value is not None:
            self._keep_output(value)

    def _keep_output(self, value: Any) -> None:
        names, count = self._shell.user_ns, self._number + 1
        names["___"], names["__"] = names.get("__", ""), names.get("_", "")
        names["_"] = names[f"_{count}"] = value
        if isinstance(names.get("Out"), dict):
            names["Out"][count] = value


def _unparsed(part: Unparsed) -> dict:
    failure = {"raised": described(part.error), "line": part.line, "names": sorted(part.names)}
    return failure | ({"needs": part.needs} if part.needs else {})
