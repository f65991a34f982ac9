"""The files that an assignment ships: the support package, and its own files."""

from pathlib import Path, PurePosixPath

from tools.course.settings import SUPPORT_PACKAGE, Assignment
from tools.errors import AuthorError, Place
from tools.files import files_below

# What belongs to an assignment and to nobody who takes it.
SECRET = ("accepted", "assignment.toml", "equivalent.toml", "known_bugs.toml", "testing")
# Git on Windows may check these out with CRLF, which must not affect a release.
_TEXT = {".csv", ".json", ".md", ".py", ".svg", ".toml", ".txt"}


def read_support(root: Path, assignment: Assignment) -> dict[str, bytes]:
    """Read the support files, by their path in the release."""
    policy = Place(f"assignments/{assignment.name}/assignment.toml")
    own = root / "assignments" / assignment.name
    files = {path: root / "assignments" / path for path in _package(root)}
    for path in assignment.files:
        if PurePosixPath(path).parts[0] in SECRET:
            raise AuthorError(
                f'"{path}" in `files` would show students how their answers are judged',
                policy,
                "Remove it from `files`.",
            )
        if not (own / path).is_file():
            raise AuthorError(
                f'the support file "{path}" is not in assignments/{assignment.name}/',
                policy,
                "Put it there, or remove it from `files`.",
            )
        if path in files or _is_generated(path, assignment.name):
            raise AuthorError(
                f'the support file "{path}" has the path of another file of the release',
                policy,
                "Rename it.",
            )
        files[path] = own / path
    return {path: _read(file) for path, file in sorted(files.items())}


def _package(root: Path) -> list[str]:
    paths = files_below(root / "assignments", SUPPORT_PACKAGE)
    if not paths:
        raise AuthorError(
            "the support package is missing",
            Place(f"assignments/{SUPPORT_PACKAGE}"),
            "Restore the folder.",
        )
    return paths


def _is_generated(path: str, name: str) -> bool:
    first = PurePosixPath(path).parts[0]
    return first == "tests" or path in (f"{name}.ipynb", "README.md", "requirements.txt")


def _read(file: Path) -> bytes:
    contents = file.read_bytes()
    return contents.replace(b"\r\n", b"\n") if file.suffix in _TEXT else contents
