"""Files beside a master that nobody would read, because their names are nearly right."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from autograder.assignment.private_package import PACKAGE as TESTING
from tools.errors import AuthorError, Place
from tools.file_names import DEVICES
from tools.master.known_answers import ACCEPTED_FOLDER, BUGS_FILE

KNOWN = ("assignment.toml", BUGS_FILE, "equivalent.toml", ACCEPTED_FOLDER, TESTING)
CLOSE = 0.8
# What editors, systems and Python leave there.
_TRACES = {"__pycache__", ".ipynb_checkpoints", ".DS_Store", "desktop.ini", "Thumbs.db"}
_CHARACTERS = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')
_POINTER = b"version https://git-lfs.github.com/spec/"
_CONFLICT = (b"<<<<<<< ", b">>>>>>> ")


def check_beside(root: Path, name: str, files: Collection[str]) -> Iterator[AuthorError]:
    """Yield the mistakes in the names of what lies in an assignment's folder.

    files: paths that assignment.toml lists, which may have any name.
    """
    folder = root / "assignments" / name
    for path in sorted(folder.iterdir()):
        known = path.name in KNOWN or path.name in files or path.name == f"{name}.ipynb"
        if not known and (close := get_close_matches(path.name.lower(), KNOWN, 1, CLOSE)):
            where = Place(f"assignments/{name}/{path.name}")
            yield AuthorError("nothing reads this", where, f'Did you mean "{close[0]}"?')
    accepted = folder / ACCEPTED_FOLDER
    for path in sorted(accepted.rglob("*")) if accepted.is_dir() else ():
        inside = path.relative_to(accepted)
        hidden = any(part in _TRACES or part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and (path.suffix != ".py" or len(inside.parts) > 1):
            where = Place(f"assignments/{name}/{ACCEPTED_FOLDER}/{inside.as_posix()}")
            what = "an accepted answer is a module in this folder, so nothing reads this"
            yield AuthorError(what, where, f"Save it as {ACCEPTED_FOLDER}/{path.stem}.py.")
    yield from _on_every_system(name, files)
    for file in files:
        yield from _unfinished(folder / file, Place(f"assignments/{name}/{file}"))


def _on_every_system(name: str, files: Collection[str]) -> Iterator[AuthorError]:
    """Yield an error for each name that Windows cannot have, or has for another file."""
    folded: dict[str, str] = {}
    for file in files:
        where = Place(f"assignments/{name}/assignment.toml")
        parts = PurePosixPath(file).parts
        if any(_CHARACTERS.search(part) or part.lower().split(".")[0] in DEVICES for part in parts):
            what = f'"{file}" in `files` cannot be unpacked on Windows'
            yield AuthorError(what, where, "Use letters, digits, hyphens and underscores.")
        other = folded.setdefault(file.casefold(), file)
        if other != file:
            what = f'"{file}" and "{other}" in `files` are one file on Windows and macOS'
            yield AuthorError(what, where, "Rename one of them.")


def _unfinished(path: Path, where: Place) -> Iterator[AuthorError]:
    """Yield an error for a support file that Git has not filled, or not merged."""
    contents = path.read_bytes() if path.is_file() else b""
    if contents.startswith(_POINTER):
        what = "this is a pointer of Git LFS, not the file itself"
        yield AuthorError(what, where, "Run `git lfs pull`.")
    for number, line in enumerate(contents.split(b"\n"), start=1):
        if line.startswith(_CONFLICT):
            here = Place(where.file, line=number)
            yield AuthorError("Git has not merged this file", here, "Choose one of the two forms.")
            break
