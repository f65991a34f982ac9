"""Records of graded files: one file each, complete or absent, and never changed.

A file name holds the record's owner, the key of everything it depends on, and its number among that
owner's records: `Anna_4711.0f3c….0001.json`.
"""

import contextlib
import fcntl
import json
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from autograder.disk import write_atomically
from autograder.results.score import Score

Record = dict[str, Any]

_NAME = re.compile(r"([^.]+)\.([0-9a-f]{32})\.(\d{4,})\.json")
# What `write_atomically` leaves behind when it is killed or the disk is full.
_PART = re.compile(r"\.[a-z0-9_]{8}")


def score_of(record: Record | None) -> Score | None:
    """Return the score in a record; None if there is none, or it cannot be read."""
    try:
        return Score.from_json(record["score"])
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


def is_settled(record: Record) -> bool:
    """Return whether grading the file again would come to the same, as far as the grader knows."""
    score = score_of(record)
    return score is None or score.is_settled


class BusyError(Exception):
    """Another run is using this folder."""


@dataclass(frozen=True, order=True)
class Entry:
    """One record: `number` counts those of its owner, a hand-in or a notebook of a proof."""

    number: int
    whose: str
    key: str
    file: Path

    def read(self) -> Record | None:
        """Return the record; None if the file is damaged."""
        try:
            record = json.loads(self.file.read_bytes())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None


class Store:
    """The records of a class or a proof; a context manager that keeps other runs out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: TextIO | None = None
        self._entries: dict[str, list[Entry]] = defaultdict(list)

    def __enter__(self) -> "Store":
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            # The lock ends with this process, however that ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            what_now = "Wait until it is done."
            raise BusyError(f"{self.folder.parent}: another run is using it. {what_now}") from None
        clear_parts([self.folder])
        for file in self.folder.iterdir():
            if match := _NAME.fullmatch(file.name):
                entry = Entry(int(match[3]), match[1], match[2], file)
                self._entries[entry.whose].append(entry)
        for entries in self._entries.values():
            entries.sort()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def entries(self, whose: str) -> list[Entry]:
        """Return all records of a hand-in, oldest first."""
        return list(self._entries[whose])

    def last(self, whose: str, key: str) -> Entry | None:
        """Return the latest record under a key."""
        return next((e for e in reversed(self._entries[whose]) if e.key == key), None)

    def put(self, whose: str, key: str, record: Record) -> Entry:
        """Keep a record; a reader sees all of it or none."""
        entries = self._entries[whose]
        number = 1 + (entries[-1].number if entries else 0)
        file = self.folder / f"{whose}.{key}.{number:04}.json"
        write_atomically(file, json.dumps(record).encode("ascii"))
        entries.append(Entry(number, whose, key, file))
        return entries[-1]

    def prune(self, keys: Collection[str], spared: str = "") -> None:
        """Remove all records except those under these keys, and of owners that begin so."""
        for whose, entries in self._entries.items():
            if spared and whose.startswith(spared):
                continue
            for entry in [entry for entry in entries if entry.key not in keys]:
                entry.file.unlink(missing_ok=True)
            self._entries[whose] = [entry for entry in entries if entry.key in keys]


def clear_parts(folders: Iterable[Path]) -> None:
    """Remove partial files that an earlier run could not finish."""
    for folder in folders:
        for file in folder.iterdir() if folder.is_dir() else ():
            if _PART.fullmatch(file.name) and file.is_file():
                with contextlib.suppress(OSError):
                    os.unlink(file)
