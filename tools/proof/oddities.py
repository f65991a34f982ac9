"""The solution with honest oddities: what students do to a notebook that must cost them nothing.

Each notebook has several of a kind, and none of them depends on the assignment.
"""

import copy
import re
from collections.abc import Callable, Iterator

from tools.master.notebook import Cell, Notebook

IGNORE_TAG = "otter_ignore"  # cells with this tag are skipped when graded
_CHECK = re.compile(r"\bgrader\.check\(")

# Lines about machines that the grader does not have: some fail here, none may matter.
ENVIRONMENT = """\
from google.colab import drive
drive.mount("/content/drive")
!pip install --quiet einops
%load_ext autoreload
%autoreload 2
%matplotlib notebook
%config InlineBackend.figure_format = "retina"
%cd /content
import a_package_that_nobody_has as absent
absent.set_theme()
import os, another_package_that_nobody_has
name = input("Your name? ")
1 / 0
"""
FAILING_END = "\n\nassert False, 'a line of the student that fails'\n"
LATER = "np = numpy = torch = plt = None\nsys = os = None\n"


def oddities(notebook: Notebook) -> Iterator[tuple[str, Notebook]]:
    """Yield names and notebooks: the solution, with oddities of one kind each."""
    for name, change in _KINDS.items():
        odd = copy.deepcopy(notebook)
        odd["cells"] = change(odd["cells"])
        yield name, odd


def _failing_lines(cells: list[Cell]) -> list[Cell]:
    """Lines about the environment on top, a failing line at the end of each answer."""
    for cell in cells:
        if _answers(cell):
            cell["source"] += FAILING_END
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    first["source"] = ENVIRONMENT + first["source"]
    return [*cells, _code("later", LATER)]


def _checks_on_top(cells: list[Cell]) -> list[Cell]:
    """All checks in one cell, above the answers."""
    checks = [cell["source"] for cell in cells if _is_check(cell)]
    rest = [cell for cell in cells if not _is_check(cell)]
    return [_code("checks", "\n".join(checks)), *rest]


def _skipped_answers(cells: list[Cell]) -> list[Cell]:
    """Every answer in a cell that graders skip, below its check, beside a long demonstration."""
    moved: list[Cell] = []
    for cell in cells:
        if _answers(cell):
            cell["metadata"]["tags"] = [*cell["metadata"].get("tags", []), IGNORE_TAG]
            cell["source"] += "\n\nimport time\ntime.sleep(3600)\n"
    for cell in cells:
        if _is_check(cell) and moved and _answers(moved[-1]):
            moved.insert(-1, cell)
        else:
            moved.append(cell)
    return moved


_KINDS: dict[str, Callable[[list[Cell]], list[Cell]]] = {
    "lines that fail": _failing_lines,
    "all checks on top": _checks_on_top,
    "answers in skipped cells": _skipped_answers,
}


def _answers(cell: Cell) -> bool:
    named = re.fullmatch(r"q\d+\w*_solution\w*", cell["id"]) is not None
    return named and cell["cell_type"] == "code"


def _is_check(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and _CHECK.match(cell["source"].strip()) is not None


def _code(name: str, source: str) -> Cell:
    about = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"id": f"oddity_{name}", "cell_type": "code", "source": source, **about}
