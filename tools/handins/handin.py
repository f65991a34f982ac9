"""Students and their hand-ins, and the ids of hand-ins."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.identity.person_names import squashed

__all__ = ["Handin", "Student", "identifiers", "shown", "squashed"]

# Device names on Windows, reserved with any suffix: CON.json cannot be written there.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
MAX_LABEL = 60  # characters of an id; a hash and a number may follow


@dataclass(frozen=True)
class Student:
    """A student as far as is known. `lms_id`: Canvas' user id, Moodle's participant id.

    groups: those in the roster, separated by commas; a group may hand in together. section: as in
    the roster.
    """

    name: str = ""
    email: str = ""
    sid: str = ""
    lms_id: str = ""
    groups: str = ""
    section: str = ""


@dataclass(frozen=True)
class Handin:
    """What one student or group handed in, and the one file to grade.

    id: unique in the class, and a valid file name everywhere; submitted: a time in ISO format,
    late: the LMS's words, both empty if it gives none; problem: why there is no file, a sentence
    for staff and student; back: the prefix the LMS expects on returned files; clues: parts of its
    path that may name its student, the outermost first, where no LMS says who it is.
    """

    id: str
    students: tuple[Student, ...]
    file: Path | None
    submitted: str = ""
    late: str = ""
    problem: str = ""
    back: str = ""
    clues: tuple[str, ...] = ()


def identifiers(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return an id for each label, and the labels whose plain id was not unique.

    Ids consist of ASCII letters, digits, "-" and "_", and differ in more than case. They depend
    on the set of labels, not on their order, unless labels are equal.
    """
    plain = [_plain(label) for label in labels]
    count = Counter(each.casefold() for each in plain)
    found: list[str] = []
    shared: list[str] = []
    taken: set[str] = set()
    for label, identifier in zip(labels, plain, strict=True):
        if count[identifier.casefold()] > 1:
            shared.append(label)
            identifier = _hashed(identifier, label)
        unique, number = identifier, 1
        while unique.casefold() in taken:
            number += 1
            unique = f"{identifier}-{number}"
        taken.add(unique.casefold())
        found.append(unique)
    return found, shared


def _plain(label: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9-]+", "_", ascii_only).strip("_-")
    if not words or len(words) > MAX_LABEL:
        # Too little or too much is left. The next download may have others with the same rest.
        return _hashed(words[:MAX_LABEL].rstrip("_-") or "submission", label)
    return f"{words}_" if words.casefold() in _DEVICES else words


def _hashed(identifier: str, label: str) -> str:
    return f"{identifier}-{hashlib.sha256(label.encode(errors='replace')).hexdigest()[:8]}"


def shown(text: str, length: int = 60) -> str:
    """Make a name from outside safe to show on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else line[: length - 1] + "…"
