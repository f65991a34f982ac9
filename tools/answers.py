"""The solution notebook: what an instructor reads and runs, with all tests."""

from tools import solution
from tools.course import Course
from tools.master import Master
from tools.notebook import Notebook
from tools.release import named_cells, notebook_metadata

SOLUTION_TAG = "otter_assign_solution_cell"  # Otter's own mark

# An export would leave a zip of the answers in a folder under version control.
_EXPORT = {"export_text", "export"}


def solution_notebook(otters: Notebook, master: Master, course: Course) -> Notebook:
    """Otter's full notebook without tags and prompts; hidden tests are found from `solutions/`."""
    code = {
        cell.cell: solution.answer(cell.lines)
        for question in master.questions
        for cell in question.solutions
        if cell.lines is not None
    }
    pairs = zip(master.notebook["cells"], master.spots, strict=True)
    blanks = {cell["id"] for cell, spot in pairs if spot.role == "prompt"}
    blanks |= {f"{question.prefix}_answer" for question in master.questions}
    cells = []
    for cell in named_cells(otters["cells"], master):
        if cell["id"] in blanks | _EXPORT:
            continue
        if cell["id"] == "otter_init":
            cell["source"] = _init(master.name)
        cell["source"] = code.get(cell["id"], cell["source"])
        tags = [tag for tag in cell["metadata"].pop("tags", []) if tag != SOLUTION_TAG]
        if tags:
            cell["metadata"]["tags"] = tags
        cells.append(cell)
    metadata = notebook_metadata(master, course, otters)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _init(name: str) -> str:
    # When Otter grades this notebook it brings its own folder of tests, and ignores this one.
    tests = f"../autograder/hidden_tests/{name}"
    return f'# Initialize Otter\nimport otter\n\ngrader = otter.Notebook(tests_dir="{tests}")'
