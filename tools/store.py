"""Records of graded submissions: one file each, complete or not there, and none is ever changed.

A file's name says whose record it is, of which key, and the how manyeth of that hand-in:
`anna_4711.0f3c….0001.json`.
"""

import contextlib
import fcntl
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from autograder.atomic import write_atomically
from autograder.score import Score

Record = dict[str, Any]


def score_of(record: Record | None) -> Score | None:
    """The score in a record; None where there is none that can be read."""
    try:
        return Score.from_json(record["score"])
    except (AttributeError, TypeError, KeyError, ValueError):
        return None


_NAME = re.compile(r"([A-Za-z0-9_-]+)\.([0-9a-f]{32})\.(\d{4,})\.json")
# What `write_atomically` leaves behind when it is killed or the disk is full.
_PART = re.compile(r"\.[a-z0-9_]{8}")


class BusyError(Exception):
    """Another run works with this folder."""


@dataclass(frozen=True, order=True)
class Entry:
    """One record: `number` counts those of its hand-in."""

    number: int
    handin: str
    key: str
    file: Path

    def read(self) -> Record | None:
        """The record; None where the file is damaged."""
        try:
            record = json.loads(self.file.read_bytes())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None


class Store:
    """The records of a class; a context manager that keeps other runs out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: TextIO | None = None
        self._entries: dict[str, list[Entry]] = defaultdict(list)

    def __enter__(self) -> "Store":
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            # It ends with this process, however that ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            what_now = "Wait for it, or give another --out."
            raise BusyError(f"{self.folder.parent}: another run grades there. {what_now}") from None
        clear_parts([self.folder])
        for file in self.folder.iterdir():
            if match := _NAME.fullmatch(file.name):
                entry = Entry(int(match[3]), match[1], match[2], file)
                self._entries[entry.handin].append(entry)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def entries(self, handin: str) -> list[Entry]:
        """All of a hand-in's records, the oldest first."""
        return sorted(self._entries[handin])

    def last(self, handin: str, key: str) -> Entry | None:
        """The latest record under a key."""
        return next((e for e in reversed(self.entries(handin)) if e.key == key), None)

    def put(self, handin: str, key: str, record: Record) -> Entry:
        """Keep a record."""
        number = 1 + max((entry.number for entry in self._entries[handin]), default=0)
        file = self.folder / f"{handin}.{key}.{number:04}.json"
        write_atomically(file, json.dumps(record).encode("ascii"))
        entry = Entry(number, handin, key, file)
        self._entries[handin].append(entry)
        return entry


def clear_parts(folders: Iterable[Path]) -> None:
    """Remove the parts of files that an earlier run could not finish."""
    for folder in folders:
        for file in folder.iterdir() if folder.is_dir() else ():
            if _PART.fullmatch(file.name) and file.is_file():
                with contextlib.suppress(OSError):
                    os.unlink(file)
