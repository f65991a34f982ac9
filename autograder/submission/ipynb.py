"""A notebook's JSON: whatever stands in it, cells come out or a sentence."""

import json
from typing import Any

from autograder.submission.cells import IGNORE_TAG, Cell, Submission, SubmissionError, checked
from autograder.submission.kinds import Kind, decoded, has_conflict

MAX_BRACKETS = 1_000_000
MAX_COMMAS = 20_000_000  # 300 MB of numbers in the data of plots


def parse_notebook(name: str, contents: bytes) -> Submission:
    """Return the submission in a notebook."""
    values, notes = notebook_values(contents)
    cells = list(_cells(values))
    marked = [cell for cell in cells if has_conflict(cell.source)]
    if marked:
        notes += [f"The cell that begins `{marked[0].label}`: {Kind.CONFLICT.problem}"]
    if values.get("nbformat") not in (3, 4):
        notes += ["The notebook has an unusual format. Open it in Jupyter and save it again."]
    assignment, semester = _identity(values.get("metadata"))
    return Submission(name, checked(cells), assignment, semester, tuple(notes))


def notebook_values(contents: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return a notebook's JSON, with a list of cells, and notes for the student."""
    # Each bracket becomes an object of a hundred bytes: a small file could exhaust memory.
    bomb = contents.count(b"[") + contents.count(b"{") > MAX_BRACKETS
    if bomb or contents.count(b",") > MAX_COMMAS:
        raise SubmissionError(Kind.OTHER.problem)
    # A disk that lost power pads files with zeros.
    text = decoded(contents).strip("\0 \t\n")
    notes: list[str] = []
    try:
        values = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        values = _one_of_both(text)
        notes += ["The file holds conflict markers of git (<<<<<<<). The code is the same on both "
                  "sides, so it was graded; resolve them all the same."]  # fmt: skip
    if isinstance(values, dict) and isinstance(values.get("worksheets"), list):
        # nbformat 3, until 2014: still readable.
        sheets = [sheet for sheet in values["worksheets"] if isinstance(sheet, dict)]
        lists = [sheet.get("cells") for sheet in sheets]
        cells = [cell for each in lists if isinstance(each, list) for cell in each]
        values.setdefault("cells", cells)
    if not isinstance(values, dict) or not isinstance(values.get("cells"), list):
        raise SubmissionError(
            "This is not a notebook: it has no cells. Submit the file that ends in .ipynb."
        )
    return values, notes


def _one_of_both(text: str) -> Any:
    """Return a notebook with conflicts that concern no code, such as outputs and counts."""
    if not has_conflict(text):
        raise SubmissionError(Kind.OTHER.problem)
    try:
        ours, theirs = (json.loads(side) for side in _sides(text))
        equal = list(_cells(ours)) == list(_cells(theirs))
    except (ValueError, RecursionError, MemoryError, AttributeError, TypeError):
        equal = False
    if not equal:
        raise SubmissionError(Kind.CONFLICT.problem)
    return ours


def _sides(text: str) -> tuple[str, str]:
    """Return a text with each of its conflicts resolved to the first side, and to the second."""
    sides: tuple[list[str], list[str]] = ([], [])
    into, is_base = (0, 1), False
    for line in text.splitlines(keepends=True):
        if line.startswith("<<<<<<< "):
            into = (0,)
        elif line.startswith("||||||| ") and into != (0, 1):
            is_base = True
        elif line.startswith("=======") and into == (0,):
            into, is_base = (1,), False
        elif line.startswith(">>>>>>> "):
            into = (0, 1)
        elif not is_base:
            for side in into:
                sides[side].append(line)
    return "".join(sides[0]), "".join(sides[1])


def _cells(values: dict[str, Any]):
    """Yield the code cells. A student's notebook may hold anything anywhere."""
    for entry in values["cells"]:
        if isinstance(entry, dict) and entry.get("cell_type") == "code":
            metadata = entry.get("metadata")
            tags = metadata.get("tags") if isinstance(metadata, dict) else None
            source = entry.get("source", entry.get("input", ""))
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                source = source.replace("\r\n", "\n").replace("\r", "\n")
                yield Cell(source, isinstance(tags, list) and IGNORE_TAG in tags)


def _identity(metadata: object) -> tuple[str | None, str | None]:
    """Return the assignment and the semester that a release writes into its notebook."""
    own = metadata.get("unroll") if isinstance(metadata, dict) else None
    other = metadata.get("otter") if isinstance(metadata, dict) else None
    assignment = own.get("assignment") if isinstance(own, dict) else None
    if not isinstance(assignment, str) and isinstance(other, dict):
        assignment = other.get("assignment_name")
    semester = own.get("semester") if isinstance(own, dict) else None
    return (
        assignment if isinstance(assignment, str) else None,
        semester if isinstance(semester, str) else None,
    )
