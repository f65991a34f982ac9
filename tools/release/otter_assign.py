"""Otter Assign, run on a copy of the master in a scratch folder: the one module that knows it.

What it uses of Otter is not public, so all of it is here: four functions and classes (Otter's
command would write a time stamp into the name of the zip, and cannot be told not to), the attribute
`_ag_zip_name`, one line of the setup.sh that Otter writes, and the beginnings of the cells that it
adds. tests/release/test_otter.py says which of them is gone when a new Otter is tried.
"""

import contextlib
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.disk import Scratch, sweep
from tools.course.settings import GRADING_PYTHON
from tools.errors import AuthorError, Place
from tools.master.formatting import GENERATED_IDS
from tools.master.master import Master
from tools.master.notebook import Notebook, check_valid, dump, name_of, parse

# Otter's line for exporting PDFs with a browser. No grader exports PDFs, and it costs 500 MB.
BROWSER = (
    'mamba run -n otter-env bash -c "playwright install-deps && playwright install chromium"\n'
)


@dataclass(frozen=True)
class Split:
    """What Otter makes of a master; test files by question, the bundle's members by path."""

    student: Notebook
    full: Notebook
    public_tests: dict[str, str]
    all_tests: dict[str, str]
    bundle: dict[str, bytes]


def run_otter(master: Master, support: Mapping[str, bytes], requirements: list[str]) -> Split:
    """Split a master. Its own folder is not written to."""
    check_valid(master.notebook, master.file)
    sweep()
    with Scratch("assign") as scratch:
        # Otter compares paths as text, and a temporary folder may be a symbolic link.
        folder = scratch.resolve()
        for path, contents in support.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents)
        file = folder / master.file
        file.write_text(dump(_prepared(master)), encoding="utf-8", newline="\n")
        _run(master, file, folder / "out", sorted(support), requirements)
        return _read(folder / "out", master)


def _run(
    master: Master, file: Path, out: Path, support: list[str], requirements: list[str]
) -> None:
    # Otter takes seconds to import (pandas, IPython): only a build with work to do pays for it.
    from otter.assign.assignment import Assignment
    from otter.assign.output import write_output_directories
    from otter.assign.utils import run_generate_autograder

    try:
        with warnings.catch_warnings(), contextlib.chdir(file.parent):
            warnings.simplefilter("ignore")
            assignment = Assignment(
                {"files": support, "python_version": GRADING_PYTHON}, require_valid_keys=True
            )
            assignment.master, assignment.result = file, out
            assignment.requirements = requirements
            assignment._ag_zip_name = "bundle.zip"  # else a time stamp
            write_output_directories(assignment)
            run_generate_autograder(assignment, None, None)
    except Exception as error:
        # Otter raises all sorts, some with the number of the cell at the end of the message.
        cells, number = master.notebook["cells"], re.search(r"cell number (\d+)\)", str(error))
        cell = name_of(cells[int(number[1]) - 1], 0) if number else None
        raise AuthorError(
            f"Otter refuses the master: {type(error).__name__}: {error}",
            Place(master.file, cell),
            "Compare it with the grammar in assignments/README.md.",
        ) from error


def _prepared(master: Master) -> Notebook:
    """The master for Otter: a question without public tests gets no check cell.

    Its check would look for a test file that is not there, or praise the student for passing the
    no tests of an empty one. Otter marks the question's last cell instead, and grades it there.
    """
    silent = {q.begin for q in master.questions if q.tests and not q.public_tests}
    cells = [
        {**cell, "source": cell["source"] + "\ncheck_cell: false"} if cell["id"] in silent else cell
        for cell in master.notebook["cells"]
    ]
    return {**master.notebook, "cells": cells}


def _read(out: Path, master: Master) -> Split:
    student, full = out / "student", out / "autograder"
    with zipfile.ZipFile(full / "bundle.zip") as archive:
        bundle = {name: archive.read(name) for name in archive.namelist()}
    return Split(
        student=_notebook(student / master.file),
        full=_notebook(full / master.file),
        public_tests=_tests(student / "tests"),
        all_tests=_tests(full / "tests"),
        bundle=bundle,
    )


def _notebook(file: Path) -> Notebook:
    return parse(file.read_text(encoding="utf-8"), file.name)


def _tests(folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}


def without_browser(setup: str) -> str:
    """Return Otter's setup.sh without the line that installs a browser."""
    if BROWSER not in setup:
        raise RuntimeError("Otter's setup.sh has changed: where does it install a browser now?")
    return setup.replace(BROWSER, "")


def generated_id(source: str, prefix: str | None) -> str:
    """The name of a cell that Otter has added, told by its text."""
    setup, check_all_text, check_all, export_text, export = GENERATED_IDS[1:]
    if source.startswith("grader.check("):
        question = source.split('"')[1]
        return f"{question.split('_')[0]}_check"
    for beginning, name in (
        ("# Initialize Otter", setup),
        ("---\n\nTo double-check", check_all_text),
        ("grader.check_all(", check_all),
        ("## Submission", export_text),
        ("# Save your notebook first", export),
        ("grader.export(", export),
        ("_Type your answer here", f"{prefix}_answer"),
        ("<!-- BEGIN QUESTION", f"{prefix}_export_begin"),
        ("<!-- END QUESTION", f"{prefix}_export_end"),
    ):
        if source.startswith(beginning):
            return name
    raise RuntimeError(f"Otter added a cell that the build does not know: {source!r}")
