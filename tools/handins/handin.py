"""A student, what a student handed in, and what can be wrong with a class as a whole."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

# Names of devices on Windows, with any suffix: CON.json cannot be written there.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}
# Of Latin, Greek and Cyrillic letters. To those who use them, other scripts' marks are letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
MAX_LABEL = 60  # characters of an id; a hash and a number may follow


@dataclass(frozen=True)
class Student:
    """A student as far as is known. `lms_id`: Canvas' user id, Moodle's participant id.

    groups: those that a roster names, separated by commas; one of them may hand in together.
    """

    name: str = ""
    email: str = ""
    sid: str = ""
    lms_id: str = ""
    groups: str = ""


@dataclass(frozen=True)
class Handin:
    """What one student or one group handed in, and the one file of it that is graded.

    id: unique in the class and a file name on every system; submitted: a time in ISO format, late:
    the LMS's words, both empty where it says nothing; problem: why there is no file, in a sentence
    for staff and student; back: how the name of a file begins that the LMS hands back to them.
    """

    id: str
    students: tuple[Student, ...]
    file: Path | None
    submitted: str = ""
    late: str = ""
    problem: str = ""
    back: str = ""


def identifiers(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """An id for each label, and the labels that could not have the plain one.

    An id is made of ASCII letters, digits, "-" and "_", and differs from the others in more than
    case. It depends on the set of the labels, not on their order, unless labels are equal.
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
        # Too little or too much is left. Others with the same rest may come in the next download.
        return _hashed(words[:MAX_LABEL].rstrip("_-") or "submission", label)
    return f"{words}_" if words.casefold() in _DEVICES else words


def _hashed(identifier: str, label: str) -> str:
    return f"{identifier}-{hashlib.sha256(label.encode(errors='replace')).hexdigest()[:8]}"


def squashed(name: str) -> str:
    """The letters and digits of a name, without case and accents.

    One LMS spells María as maria in the names of files, and another as maría.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", plain))


def shown(text: str, length: int = 60) -> str:
    """A name from outside as it may stand in a line for staff."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else line[: length - 1] + "…"


def one_each(handins: Sequence[Handin]) -> tuple[tuple[Handin, ...], list[str]]:
    """Each student's latest hand-in, and a note on each that does not count.

    Of a group's hand-in, only those students stay who have no later one.
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
    """What says that two students are one. A name alone does not."""
    keys = [("email", student.email.casefold())] if student.email else []
    keys += [("sid", student.sid)] if student.sid else []
    # Moodle counts groups, too: one with a student's number has another name.
    return keys + ([("lms", student.lms_id, squashed(student.name))] if student.lms_id else [])


def _time(handin: Handin) -> tuple[datetime, float, str]:
    submitted = datetime.min.replace(tzinfo=UTC)
    if handin.submitted:
        submitted = datetime.fromisoformat(handin.submitted)
        submitted = submitted if submitted.tzinfo else submitted.replace(tzinfo=UTC)
    return submitted, handin.file.stat().st_mtime if handin.file else 0.0, handin.id
