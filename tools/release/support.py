"""The files that an assignment ships: the support package, and its own files."""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.assignment.private_package import PACKAGE as PRIVATE
from tools.course.settings import SUPPORT_PACKAGE, Assignment
from tools.errors import AuthorError, Place
from tools.files import files_below
from tools.release.imports import needed_files

# What belongs to an assignment and to nobody who takes it.
SECRET = ("accepted", "assignment.toml", "equivalent.toml", "known_bugs.toml")
# Git on Windows may check these out with CRLF, which must not affect a release.
_TEXT = {".csv", ".json", ".md", ".py", ".svg", ".toml", ".txt"}


@dataclass(frozen=True)
class Support:
    """Files by their path in a release: the assignment's own, and all of the support package."""

    own: Mapping[str, bytes]
    package: Mapping[str, bytes]

    def for_code(self, sources: Iterable[str]) -> dict[str, bytes]:
        """Return its own files, and of the package what they and `sources` import."""
        texts = [d.decode("utf-8", errors="replace") for p, d in self.own.items() if is_python(p)]
        # Colab looks for the package itself, and each notebook begins with its grader.
        always = f"import {SUPPORT_PACKAGE}.notebook"
        paths = needed_files([always, *sources, *texts], self.package)
        return {**{path: self.package[path] for path in sorted(paths)}, **self.own}


def is_python(path: str) -> bool:
    """Return whether a file is a Python module."""
    return path.endswith(".py")


def read_support(root: Path, assignment: Assignment) -> Support:
    """Read the support package, and the files of its own that an assignment ships."""
    policy = Place(f"assignments/{assignment.name}/assignment.toml")
    own = root / "assignments" / assignment.name
    package = {path: read_file(root / "assignments" / path) for path in _package(root)}
    files = {}
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
        if PurePosixPath(path).parts[0] == PRIVATE:
            raise AuthorError(
                f'"{path}" in `files` belongs to what tests alone may import',
                policy,
                "List its module in `released_testing`, or move it out of that folder.",
            )
        if path in files or path in package or _is_generated(path, assignment.name):
            raise AuthorError(
                f'the support file "{path}" has the path of another file of the release',
                policy,
                "Rename it.",
            )
        files[path] = read_file(own / path)
    return Support(dict(sorted(files.items())), package)


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


def read_file(file: Path) -> bytes:
    """Read a file; text ends its lines as on Linux."""
    contents = file.read_bytes()
    if file.suffix not in _TEXT:
        return contents
    return contents.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
