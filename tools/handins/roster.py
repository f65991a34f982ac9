"""Who is in the class: read a roster, and find the students of the hand-ins in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tools.errors import ClassError
from tools.handins.handin import Handin, Student, squashed
from tools.table import read_table, text_of, unguarded

# What columns are called in the exports of Gradescope, Canvas and Moodle, and by hand.
_HEADERS = {
    "first": ("first name", "firstname", "given name"),
    "last": ("last name", "lastname", "surname", "family name"),
    "name": ("name", "full name", "student", "student name"),
    "email": ("email", "email address", "e-mail", "mail"),
    "sid": ("sid", "sis user id", "student id", "id number", "student number"),
    "login": ("sis login id", "login id", "login", "username"),
    "lms_id": ("identifier", "canvas id", "participant"),
    "groups": ("group", "groups", "team"),
}
# Rows of Canvas' gradebook that are not students.
_NO_STUDENTS = re.compile(r"\s*(points possible|student, test|test student)\s*", re.IGNORECASE)


def read_roster(path: Path) -> list[Student]:
    """Read the students from a CSV with a header: an LMS export, or columns name, email, sid."""
    return roster_of(text_of(path), path)


def roster_of(text: str, where: object = "roster") -> list[Student]:
    """Return the students in the text of a CSV, each once."""
    header, *rows = read_table(text, where)
    columns = columns_of(header)
    if not columns.keys() & {"name", "first", "last", "email", "sid"}:
        known = "name, email, sid"
        what = f"no column names students (there are: {', '.join(header)[:200]})"
        raise ClassError(what, where, f"Add a first line with the columns {known}.")
    students = [student_of(columns, row) for row in rows]
    students = [each for each in dict.fromkeys(students) if each != Student()]
    students = [each for each in students if not _NO_STUDENTS.fullmatch(each.name)]
    if not students:
        raise ClassError("it lists no students", where, "Export it again.")
    return students


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Find the known columns in a header."""
    names = [" ".join(name.strip().casefold().split()) for name in header]
    found = {}
    for column, spellings in _HEADERS.items():
        places = [names.index(name) for name in spellings if name in names]
        if places:
            found[column] = places[0]
    if "id" in names:
        # In Canvas' gradebook, its own number; elsewhere the university's.
        found.setdefault("lms_id" if "student" in names else "sid", names.index("id"))
    return found


def student_of(columns: dict[str, int], row: Sequence[str]) -> Student:
    """Return the student in one row."""

    def text(column: str) -> str:
        return unguarded(row[columns[column]].strip()) if column in columns else ""

    name = text("name") or " ".join(filter(None, (text("first"), text("last"))))
    # Moodle writes "Participant 4711", in the language of the site.
    number = re.search(r"\d+\s*$", text("lms_id"))
    email, login, sid = text("email"), text("login"), text("sid")
    if not email and "@" in login:
        email = login
    return Student(name, email, sid or login, number[0].strip() if number else "", text("groups"))


def match(
    handins: Sequence[Handin], roster: Sequence[Student]
) -> tuple[tuple[Handin, ...], list[Student], list[Handin]]:
    """Return the hand-ins with completed students, who handed in nothing, and strangers.

    A hand-in under a group's name belongs to its members. A hand-in is a stranger's when one of
    its students is not in the roster. Two by one student are both kept: see `one_each`.
    """
    index = Index(roster)
    completed, strangers, seen = [], [], set()
    for handin in handins:
        handin = replace(handin, students=_members(handin.students, index))
        found = [index.find(student) for student in handin.students]
        seen.update(filter(None, found))
        pairs = zip(handin.students, found, strict=True)
        students = tuple(_completed(student, listed) for student, listed in pairs)
        completed.append(replace(handin, students=students))
        if not found or None in found:
            strangers.append(completed[-1])
    return tuple(completed), [each for each in roster if each not in seen], strangers


def _members(students: tuple[Student, ...], index: "Index") -> tuple[Student, ...]:
    """Return the members of the group named in place of a student; otherwise the students."""
    if len(students) != 1 or index.find(students[0]):
        return students
    return index.members(students[0].name) or students


def _completed(student: Student, listed: Student | None) -> Student:
    """Complete a student from the roster, whose values take precedence."""
    if listed is None:
        return student
    return Student(**{key: getattr(listed, key) or value for key, value in vars(student).items()})


class Index:
    """A roster that finds students by whatever is known about them."""

    def __init__(self, roster: Iterable[Student]) -> None:
        roster = list(roster)
        self._students: dict[tuple[str, str], set[Student]] = defaultdict(set)
        for student in roster:
            for key in _keys(student):
                self._students[key].add(student)
        self._groups: dict[str, list[Student]] = defaultdict(list)
        for student in roster:
            for name in dict.fromkeys(map(squashed, student.groups.split(","))):
                self._groups[name].append(student)
        self._groups.pop("", None)

    def members(self, group: str) -> tuple[Student, ...]:
        """Return the members of the group with this name."""
        return tuple(self._groups.get(squashed(group), ()))

    def find(self, student: Student) -> Student | None:
        """Find the one student who matches the most reliable thing known about this one."""
        for keys in _searches(student):
            found = set().union(*(self._students.get(key, ()) for key in keys))
            if keys and keys[0][0] == "lms_id":
                # Moodle numbers groups as well as participants: their names tell them apart.
                found = {each for each in found if _same_name(each.name, student.name)}
            if len(found) == 1:
                return found.pop()
        return None


def _searches(student: Student) -> Iterable[list[tuple[str, str]]]:
    """Yield keys to look up, most reliable first; those of one step are equally reliable."""
    yield [("email", student.email.casefold())] if student.email else []
    yield [("sid", student.sid)] if student.sid else []
    yield [("lms_id", student.lms_id)] if student.lms_id else []
    yield [("name", name) for name in _orders(student.name)]
    if not (student.email or student.sid or student.lms_id):
        # The name of a file or a folder: a number or an address, perhaps among other words.
        yield [("email", student.name.casefold()), ("sid", student.name), ("login", student.name)]
        words = [word for word in re.split(r"[\W_]+", student.name) if len(word) > 3]
        yield [(kind, word.casefold()) for word in words for kind in ("sid", "login")]


def _keys(student: Student) -> Iterable[tuple[str, str]]:
    for kind, value in [("email", student.email.casefold()), ("lms_id", student.lms_id)]:
        if value:
            yield kind, value
    for value in {student.sid, student.sid.casefold()} - {""}:
        yield "sid", value
    if "@" in student.email:
        yield "login", student.email.partition("@")[0].casefold()
    for name in _orders(student.name):
        yield "name", name


def _orders(name: str) -> set[str]:
    """Return a name without spaces, starting at each word: "garciamaria" and "mariagarcia"."""
    words = [squashed(word) for word in re.split(r"[\s,_.]+", name)]
    return {"".join(words[at:] + words[:at]) for at in range(len(words))} - {""}


def _same_name(one: str, other: str) -> bool:
    """Return whether two names may be one person's; none and "Participant" match anybody."""
    words = [
        {squashed(word) for word in re.split(r"[\s,_.]+", name)} - {""} for name in (one, other)
    ]
    if not all(words) or "participant" in words[0] | words[1]:
        return True
    return bool(words[0] & words[1] or _orders(one) & _orders(other))
