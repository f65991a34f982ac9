"""Students and their hand-ins."""

from dataclasses import dataclass
from pathlib import Path

from tools.identity.person_names import squashed

__all__ = ["Handin", "Student", "shown", "squashed"]


@dataclass(frozen=True)
class Student:
    """A student as far as is known. `lms_id`: Canvas' user id, Moodle's participant id.

    groups: those in the roster, separated by commas; a group may hand in together. section: as in
    the roster. login: the account's name, where the roster has a student number besides.
    """

    name: str = ""
    email: str = ""
    sid: str = ""
    lms_id: str = ""
    groups: str = ""
    section: str = ""
    login: str = ""


@dataclass(frozen=True)
class Handin:
    """What one student or group handed in, and the one file to grade.

    id: unique in the class, and a valid file name (see `tools.file_names`); submitted: a time in
    ISO format, late: the LMS's words, both empty if it gives none; problem: why there is no file,
    a sentence for staff and student; back: the prefix the LMS expects on returned files; clues:
    parts of its path that may name its student, the outermost first, where no LMS says who it is.
    """

    id: str
    students: tuple[Student, ...]
    file: Path | None
    submitted: str = ""
    late: str = ""
    problem: str = ""
    back: str = ""
    clues: tuple[str, ...] = ()


def shown(text: str, length: int = 60) -> str:
    """Make a name from outside safe to show on one line."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= length else line[: length - 1] + "…"
