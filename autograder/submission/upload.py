"""Finds the file to grade among those that a student uploaded."""

import os
from pathlib import Path

from autograder.submission.reading import NO_ANSWERS, SubmissionError, read_submission

# In order of preference. Gradescope unpacks an uploaded zip, but not one in a GitHub repository.
SUFFIXES = (".ipynb", ".py", ".zip")
MAX_FILES = 10_000


def find_submission(folder: Path, assignment: str) -> Path:
    """Return the one file in `folder` to grade; raise a SubmissionError for the student.

    Of several notebooks, take the one whose metadata names the assignment, else the one nearest
    the top.
    """
    files = uploaded_files(folder)
    for suffix in SUFFIXES:
        found = [file for file in files if file.suffix.lower() == suffix]
        if found:
            return _the_one(found, folder, assignment)
    names = f" ({_listed(files, folder)})" if files else ""
    raise SubmissionError(
        f"There is no notebook among the uploaded files{names}. Submit the file that ends in "
        ".ipynb."
    )


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


def _the_one(found: list[Path], folder: Path, assignment: str) -> Path:
    if len(found) > 1:
        ours = [file for file in found if _assignment(file) == assignment]
        found = ours or found
    rivals = [file for file in found if len(file.parts) == len(found[0].parts)]
    if len(rivals) > 1:
        raise SubmissionError(
            f"There are {len(rivals)} files that could be the submission "
            f"({_listed(rivals, folder)}). Submit only the one to grade."
        )
    return found[0]


def _assignment(file: Path) -> str | None:
    try:
        return read_submission(file).assignment
    except SubmissionError:
        return None


def _listed(files: list[Path], folder: Path) -> str:
    names = [str(file.relative_to(folder))[:60] for file in files]
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
