"""Which files of a hand-in need not be written again: what they were made of, as it was left.

A class of a thousand has three thousand files, and a run usually changes few of them.
"""

import functools
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import tools
from autograder.disk import write_atomically
from autograder.package import own_files
from tools.files import files_below, sha256

FILE = "made.json"
PACKAGES = ("jinja2", "markupsafe", "pygments")


class Made:
    """The files made for each hand-in: a hash of all that went into them, and their times.

    A file that was changed, or is gone, is made again.
    """

    def __init__(self, store: Path) -> None:
        self._file = store / FILE
        self._now: dict[str, list] = {}
        try:
            read = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            read = {}
        self._before = read if isinstance(read, dict) else {}

    def is_current(self, id_: str, made_of: Sequence[object], files: Sequence[Path]) -> bool:
        """Return whether these files would be the same; `made_of` tells itself by its repr."""
        entry = [_hash(made_of), _state(files)]
        if self._before.get(id_) != entry:
            return False
        self._now[id_] = entry
        return True

    def note(self, id_: str, made_of: Sequence[object], files: Sequence[Path]) -> None:
        """Remember files that were just written."""
        self._now[id_] = [_hash(made_of), _state(files)]

    def save(self) -> None:
        """Keep what this run noted or confirmed, and forget the rest."""
        write_atomically(self._file, json.dumps(self._now).encode("ascii"))


def _state(files: Sequence[Path]) -> list[list[int]] | None:
    try:
        return [[status.st_mtime_ns, status.st_size] for status in (f.stat() for f in files)]
    except OSError:
        return None


def _hash(made_of: Sequence[object]) -> str:
    return sha256("\n".join([_code(), *map(repr, made_of)]).encode(errors="replace"))


@functools.cache
def _code() -> str:
    """Return a hash of all our code and templates, and of the packages that make pages."""
    folder = Path(tools.__file__).parent
    ours = [folder / path for path in files_below(folder, ".") if not path.endswith(".png")]
    parts = [sha256(file.read_bytes()) for file in [*ours, *own_files()]]
    return sha256("\n".join([*parts, *map(version, PACKAGES)]).encode())
