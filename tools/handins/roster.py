"""Who is in the class: read a roster, whichever LMS, spreadsheet or language it comes from."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.errors import ClassError
from tools.handins.handin import Student
from tools.handins.roster_index import Index
from tools.identity.columns import PEOPLE, columns_of, described, id_cell, table_below
from tools.identity.person_ids import keys_of, unusable
from tools.identity.person_names import alike, orders, squashed, words_of
from tools.table import read_table, text_of, unguarded

__all__ = ["PEOPLE", "Index", "columns_of", "read_roster", "roster_of", "student_of"]

# Rows of Canvas' gradebook that are not students. In other languages, its spaces tell.
_NO_STUDENTS = re.compile(r"\s*(points possible|student, test|test student)\s*", re.IGNORECASE)
_INDENTED = "    "
# Rows without ids at the top of Google Classroom's export.
_HEADINGS = {"date", "points"}
# Gradescope's roster lists these too.
_STAFF = {"instructor", "ta", "reader", "teacher", "grader", "observer", "designer"}


def read_roster(path: Path) -> list[Student]:
    """Read the students from a CSV: an LMS export, or columns such as name, email, sid."""
    return roster_of(text_of(path), path)


def placeholders(path: Path) -> list[str]:
    """Return a note on each value in a roster that stands in place of an id."""
    header, rows = table_below(read_table(text_of(path), path))
    columns = columns_of(header, rows)
    ids = [(kind, columns[kind]) for kind in ("email", "sid") if kind in columns]
    return unusable(((kind, row[at]) for row in rows for kind, at in ids), path.name)


def roster_of(text: str, where: object = "roster") -> list[Student]:
    """Return the students in the text of a CSV, each once."""
    header, rows = table_below(read_table(text, where))
    columns = columns_of(header, rows)
    # Without names, Moodle's numbers: its worksheet for blind marking.
    if not columns.keys() & {*PEOPLE, "lms_id"}:
        raise ClassError(
            "no column holds names, e-mail addresses or student numbers. Found: "
            f"{described(header, rows)}",
            where,
            "Is it the list of the class?",
        )
    students = []
    for row in rows:
        student = student_of(columns, row)
        name = columns.get("name", columns.get("last", 0))
        # Canvas's row of most points, in any language, and its row of postings have no ids.
        nobodys = row[name].startswith(_INDENTED) or student.name.casefold() in _HEADINGS
        if student == Student() or (nobodys and not keys_of(student)):
            continue
        staff = "role" in columns and squashed(row[columns["role"]]) in _STAFF
        if not staff and not _NO_STUDENTS.fullmatch(student.name):
            students.append(student)
    if not students:
        raise ClassError(
            f"it lists no students: {described(header, rows)}", where, "Export it again."
        )
    return merged(students)


def student_of(columns: dict[str, int], row: Sequence[str]) -> Student:
    """Return the student in one row. Placeholders are no ids."""

    def text(column: str) -> str:
        return unguarded(row[columns[column]].strip()) if column in columns else ""

    name = text("name")
    if "first" in columns or "last" in columns:
        # Some call the last name "name"; others have both the name and its parts.
        own = " ".join(filter(None, (text("last"), text("last2"))))
        own = own or (name if "last" not in columns else "")
        parts = " ".join(filter(None, (text("first"), own)))
        whole = set(words_of(text("first"))) <= set(words_of(name))
        name = name if name and whole else parts
    number = re.search(r"\d+\s*$", text("lms_id"))
    email, login, sid = (id_cell(row, columns.get(kind)) for kind in ("email", "login", "sid"))
    if not email and "@" in login:
        email = login
    number = number[0].strip() if number else ""
    account = login if sid and login != email else ""
    return Student(name, email, sid or login, number, text("groups"), text("section"), account)


def merged(students: Sequence[Student]) -> list[Student]:
    """Return each student once: exports have a row for each group or section of a student."""
    found: list[Student] = []
    places: dict[object, list[int]] = {}
    for student in students:
        keys: list[object] = [*keys_of(student)]
        keys = keys or [frozenset(orders(student.name))]
        near = [at for key in keys for at in places.get(key, ())]
        at = next((at for at in near if _same(found[at], student)), None)
        if at is None:
            at = len(found)
            found.append(student)
        else:
            found[at] = _joined(found[at], student)
        for key in keys:
            places.setdefault(key, []).append(at)
    return found


def _same(one: Student, other: Student) -> bool:
    """Return whether two rows are one student's: names alike, and no id differs."""
    theirs = dict(keys_of(other))
    return alike(one.name, other.name) and all(
        theirs.get(kind, value) == value for kind, value in keys_of(one)
    )


def _joined(one: Student, other: Student) -> Student:
    filled = {key: getattr(one, key) or value for key, value in vars(other).items()}
    for kind in ("groups", "section"):
        values = [*getattr(one, kind).split(","), *getattr(other, kind).split(",")]
        filled[kind] = ", ".join(dict.fromkeys(filter(None, map(str.strip, values))))
    return replace(one, **filled)
