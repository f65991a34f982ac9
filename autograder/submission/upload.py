"""Finds the file to grade among those that a student uploaded, whatever their names."""

import functools
import os
from pathlib import Path, PurePosixPath

from autograder.submission.archive import MAX_DEPTH, Budget, parse_entry
from autograder.submission.cells import SubmissionError
from autograder.submission.choice import MAX_FILES, NO_ANSWERS, Entry, choose, modules_beside


def find_submission(folder: Path, assignment: str) -> Path:
    """Return the one file in `folder` to grade; raise a SubmissionError for the student."""
    return folder / _chosen(_entries(folder), assignment).path


def find_modules(folder: Path, file: Path) -> dict[str, bytes]:
    """Return the modules beside the file to grade that it may import, by path from its folder."""
    entries = _entries(folder)
    (chosen,) = [each for each in entries if folder / each.path == file]
    return modules_beside(entries, chosen)[0]


def uploaded_files(folder: Path) -> list[Path]:
    """Return the regular files below `folder`, those nearest to it first.

    Skip symbolic links: one in a Git repository may point to anything on this machine.
    """
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NO_ANSWERS)
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(here, name) for name in sorted(names) if not name.startswith(".")]
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
        if len(found) > MAX_FILES:
            raise SubmissionError("There are too many files. Submit only the notebook.")
    return sorted(found, key=lambda path: (len(path.parts), path))


def _entries(folder: Path) -> list[Entry]:
    return [
        Entry(
            PurePosixPath(file.relative_to(folder).as_posix()),
            file.stat().st_size,
            functools.partial(_read, file),
        )
        for file in uploaded_files(folder)
    ]


def _chosen(entries: list[Entry], assignment: str) -> Entry:
    parse = functools.partial(parse_entry, assignment, Budget(), MAX_DEPTH)
    return choose(entries, assignment, parse, "The upload contains")


def _read(file: Path, most: int) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise SubmissionError(f"{file.name} cannot be read: {error.strerror}.") from None
