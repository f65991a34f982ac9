"""Students and their hand-ins: ids, names, and which hand-in counts."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

# Device names on Windows, reserved with any suffix: CON.json cannot be written there.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
# Accents of Latin, Greek and Cyrillic. In other scripts, marks count as letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
MAX_LABEL = 60  # characters of an id; a hash and a number may follow


@dataclass(frozen=True)
class Student:
    """A student as far as is known. `lms_id`: Canvas' user id, Moodle's participant id.

    groups: those in the roster, separated by commas; a group may hand in together.
    """

    name: str = ""
    email: str = ""
    sid: str = ""
    lms_id: str = ""
    groups: str = ""


@dataclass(frozen=True)
class Handin:
    """What one student or group handed in, and the one file to grade.

    id: unique in the class, and a valid file name everywhere; submitted: a time in ISO format,
    late: the LMS's words, both empty if it gives none; problem: why there is no file, a sentence
    for staff and student; back: the prefix the LMS expects on returned files.
    """

    id: str
    students: tuple[Student, ...]
    file: Path | None
    submitted: str = ""
    late: str = ""
    problem: str = ""
    back: str = ""


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


def squashed(name: str) -> str:
    """Return the letters and digits of a name, without case and accents.

    In file names, one LMS spells María as maria, another as maría.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", plain))


def shown(text: str, length: int = 60) -> str:
    """Make a name from outside safe to show on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else line[: length - 1] + "…"


def one_each(handins: Sequence[Handin]) -> tuple[tuple[Handin, ...], list[str]]:
    """Return each student's latest hand-in, and a note on each that does not count.

    A group's hand-in keeps only the students who have no later one.
    """
    latest: dict[tuple[str, ...], Handin] = {}
    for handin in handins:
        for key in (key for student in handin.students for key in _keys(student)):
            latest[key] = max(latest.get(key, handin), handin, key=_time)
    kept: list[Handin] = []
    notes: list[str] = []
    for handin in handins:
        staying = []
        for student in handin.students:
            later = [latest[key] for key in _keys(student) if latest[key] is not handin]
            if later:
                who = shown(student.name or student.email or student.sid or student.lms_id)
                notes.append(f"{who} handed in {handin.id} and {later[0].id}: the latter counts.")
            else:
                staying.append(student)
        if staying or not handin.students:
            kept.append(replace(handin, students=tuple(staying)))
    return tuple(kept), notes


def _keys(student: Student) -> list[tuple[str, ...]]:
    """Return what identifies a student. A name alone does not."""
    keys = [("email", student.email.casefold())] if student.email else []
    keys += [("sid", student.sid)] if student.sid else []
    # Moodle numbers groups too: a group with a student's number has another name.
    return keys + ([("lms", student.lms_id, squashed(student.name))] if student.lms_id else [])


def _time(handin: Handin) -> tuple[datetime, float, str]:
    submitted = datetime.min.replace(tzinfo=UTC)
    if handin.submitted:
        submitted = datetime.fromisoformat(handin.submitted)
        submitted = submitted if submitted.tzinfo else submitted.replace(tzinfo=UTC)
    return submitted, handin.file.stat().st_mtime if handin.file else 0.0, handin.id
