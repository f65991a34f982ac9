"""What a class's folder was given, kept in its store: so that nothing else is written over."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.disk import write_atomically
from tools.files import sha256

FILE = "ledger.json"
MOST = 30  # values remembered of one kind for one student


class Ledger:
    """Values written for each LMS by student, hashes of files, and whose text a pseudonym was.

    It is saved before a file is written: a run that is killed in between forgets nothing.
    """

    def __init__(self, store: Path) -> None:
        self._file = store / FILE
        self._values: dict[str, dict[str, Any]] = {}
        try:
            read = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            read = {}
        for part in ("values", "files", "answers"):
            found = read.get(part) if isinstance(read, dict) else None
            self._values[part] = found if isinstance(found, dict) else {}

    def values(self, kind: str) -> Mapping[str, Sequence[str]]:
        """Return what was ever written for each student into this LMS's file."""
        return self._values["values"].get(kind, {})

    def is_ours(self, file: Path) -> bool:
        """Return whether a file is as we wrote it."""
        return sha256(file.read_bytes()) in self._values["files"].get(file.name, [])

    @property
    def answers(self) -> dict[str, dict[str, str]]:
        """Whose answer each pseudonym stands for, or stood for, by question."""
        return self._values["answers"]

    def note(self, kind: str, values: Mapping[str, str]) -> None:
        """Remember the values written into this LMS's file."""
        known = self._values["values"].setdefault(kind, {})
        for key, text in values.items():
            _add(known.setdefault(key, []), text)

    def note_file(self, file: Path, contents: bytes) -> None:
        """Remember a file that is about to be written."""
        _add(self._values["files"].setdefault(file.name, []), sha256(contents))

    def note_answers(self, known: Mapping[str, Mapping[str, str]]) -> None:
        """Remember whose answers the pseudonyms stand for."""
        for question, names in known.items():
            self._values["answers"].setdefault(question, {}).update(names)

    def save(self) -> None:
        """Keep it all."""
        contents = json.dumps(self._values, sort_keys=True).encode("ascii")
        if not self._file.exists() or self._file.read_bytes() != contents:
            write_atomically(self._file, contents)


def _add(values: list[str], new: str) -> None:
    if new in values:
        values.remove(new)
    values.append(new)
    del values[:-MOST]
