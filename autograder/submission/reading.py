"""Reading a submission: a notebook, a script, or a zip that a student exported.

Whatever the file contains, it is only data here: nothing is extracted, imported or run.
"""

import dataclasses
import errno
import os
import stat
from pathlib import Path
from typing import Any

from autograder.submission.archive import MAX_BYTES, outermost, parse_file, too_large
from autograder.submission.cells import Cell, Submission, SubmissionError
from autograder.submission.choice import NO_ANSWERS
from autograder.submission.ipynb import notebook_values
from autograder.submission.kinds import Kind, recognise

__all__ = [
    "MAX_BYTES", "NO_ANSWERS", "Cell", "Submission", "SubmissionError",
    "parse_submission", "read_notebook", "read_submission",
]  # fmt: skip


def read_submission(path: Path, assignment: str | None = None) -> Submission:
    """Read a notebook, a script or a zip, whatever its name; see `parse_submission`."""
    return parse_submission(path.name, _contents(path), assignment)


def read_notebook(path: Path, assignment: str | None = None) -> dict[str, Any]:
    """Read the JSON of the notebook that counts in a file; its "cells" are a list."""
    member = outermost(path.name, _contents(path), assignment)
    kind = recognise(member.name, member.contents)
    if kind is not Kind.NOTEBOOK:
        raise SubmissionError(kind.problem or "This is not a notebook.")
    return notebook_values(member.contents)[0]


def parse_submission(name: str, contents: bytes, assignment: str | None = None) -> Submission:
    """Return the submission in a file with this name and these contents.

    Of several notebooks in a zip, the one of the `assignment` counts.
    """
    member = outermost(name, contents, assignment)
    submission = parse_file(member.name, member.contents)
    notes = [*submission.notes, *member.notes]
    if "-checkpoint." in member.name:
        notes += ["This is a copy that Jupyter keeps (…-checkpoint), perhaps an older one."]
    return dataclasses.replace(submission, files=member.files, notes=tuple(notes))


def _contents(path: Path) -> bytes:
    try:
        # A link may point to a solution, a pipe may never end.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SubmissionError("This is not a regular file. Submit the notebook itself.")
            if status.st_size > MAX_BYTES:
                raise SubmissionError(too_large(status.st_size))
            return file.read(status.st_size)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SubmissionError("This is a link to a file. Submit the notebook itself.") from None
        raise SubmissionError(f"The file cannot be read: {error.strerror}.") from None
