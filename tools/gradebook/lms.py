"""Points as Gradescope, Canvas and Moodle write and read them in CSV.

Canvas and Moodle import: best into their own export, see `template`. Gradescope's columns are those
of its "Download Scores".
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tools.errors import ClassError
from tools.files import packed
from tools.handins.handin import Handin, Student, shown, squashed
from tools.table import points, write_table


class Lms(StrEnum):
    """A learning management system that reads a CSV."""

    GRADESCOPE = "gradescope"
    CANVAS = "canvas"
    MOODLE = "moodle"


class Status(StrEnum):
    """What became of a student's hand-in. UNGRADED: there is one, but no points yet."""

    GRADED = "graded"
    UNGRADED = "ungraded"
    MISSING = "missing"


@dataclass(frozen=True)
class Row:
    """One student. `total` is None without points; `late` and `submitted` as in a Handin.

    comment: a text from staff to the student.
    """

    student: Student
    total: float | None
    points: Mapping[str, float] = field(default_factory=dict)
    status: Status = Status.GRADED
    late: str = ""
    submitted: str = ""
    submission: str = ""
    excused: bool = False
    comment: str = ""


_GRADESCOPE = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points"]
_GRADESCOPE += ["Status", "Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count"]
_GRADESCOPE += ["Submission Count"]
_CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
# No "Feedback comments": Moodle would delete comments where ours are empty.
_MOODLE = ["Identifier", "Full name", "Email address", "ID number", "Status", "Grade"]
_MOODLE += ["Maximum grade", "Grade can be changed", "Last modified (submission)"]
_MOODLE += ["Last modified (grade)"]
_MOODLE_STATUS = {Status.MISSING: "No submission"}
_NO_LATENESS = "00:00:00"
_TIME = "%Y-%m-%d %H:%M:%S %z"


def write_csv(
    kind: str,
    rows: Sequence[Row],
    title: str,
    max_points: float,
    questions: Mapping[str, float],
) -> str:
    """The points as this LMS reads them. `questions`: the most points of each, in order."""
    header, *table = _WRITE[Lms(kind)](rows, title, max_points, questions)
    return write_table(header, table)


def _gradescope(rows, title, max_points, questions) -> list[list[str]]:
    names = [f"{n}: {q} ({most:.1f} pts)" for n, (q, most) in enumerate(questions.items(), start=1)]
    table = [_GRADESCOPE + names]
    for row in rows:
        first, last = split_name(row.student.name)
        here = row.status is not Status.MISSING
        table.append(
            [first, last, row.student.sid, row.student.email, ""]
            + [_points(row.total), points(max_points) if here else "", row.status.title()]
            + [row.submission, _gradescope_time(row.submitted)]
            + [row.late or (_NO_LATENESS if here else ""), "0", "1" if here else "0"]
            + [_points(row.points.get(question)) for question in questions]
        )
    return table


def _gradescope_time(submitted: str) -> str:
    try:
        return datetime.fromisoformat(submitted).strftime(_TIME).strip()
    except ValueError:
        return submitted


def _canvas(rows, title, max_points, questions) -> list[list[str]]:
    table = [[*_CANVAS, title], ["    Points Possible", "", "", "", "", points(max_points)]]
    # A row without points would delete those that Canvas has.
    for row in (row for row in rows if row.total is not None or row.excused):
        who, cell = row.student, "EX" if row.excused else _points(row.total)
        table.append([who.name, who.lms_id, who.sid, who.login or who.email, "", cell])
    return table


def _moodle(rows, title, max_points, questions) -> list[list[str]]:
    table = [_MOODLE]
    for row in rows:
        who = row.student
        number = f"Participant {who.lms_id}" if who.lms_id else ""
        status = _MOODLE_STATUS.get(row.status, "Submitted for grading")
        about = [number, who.name, who.email, who.sid, status]
        table.append([*about, _points(row.total), points(max_points), "Yes", "-", "-"])
    return table


_WRITE: dict[Lms, Callable[..., list[list[str]]]] = {
    Lms.GRADESCOPE: _gradescope,
    Lms.CANVAS: _canvas,
    Lms.MOODLE: _moodle,
}


def _points(value: float | None) -> str:
    return "" if value is None else points(value)


def name_of(row: Row) -> str:
    """Return what staff know a row's student by."""
    return row.student.name or row.student.email or row.student.sid or row.submission


def split_name(name: str) -> tuple[str, str]:
    """First and last name, of "Last, First" or "First Last"."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()


@dataclass(frozen=True)
class Wanted:
    """Which column of an export is meant: the one called `column`, else like the assignment."""

    titles: Sequence[str]
    max_points: float
    column: str = ""


EMPTY = ("", "-")  # Moodle writes "-" for nothing
NUMBER = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)?\s*")
_MOMENT = "1700000000"  # how Moodle's gradebook writes when it was exported, in each row
_CANVAS_NUMBER = re.compile(r"\s*\(\d+\)\s*$")


def points_column(
    kind: Lms,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    taken: Collection[int],
    wanted: Wanted,
    where: object,
) -> int:
    """Find the column for points in an LMS's export; `taken`: those that name students."""
    free = [at for at in range(len(header)) if at not in taken]
    if wanted.column:
        found = [at for at in free if header[at].strip() == wanted.column.strip()]
        found = found or [at for at in free if _is_called(header[at], wanted.column)]
        title, what_now = wanted.column, "Give one of these titles with --column."
    elif kind is Lms.CANVAS:
        start = header.index("Section") if "Section" in header else 0
        title = wanted.titles[0]
        what_now = (
            "Give its title with --column; or create the assignment in Canvas, then export the "
            "gradebook again."
        )
        for each in wanted.titles:
            found = [at for at in free if at > start and _is_called(header[at], each)]
            if found:
                break
    else:
        found = [at for at in free if header[at].strip().casefold() == "grade"]
        for each in () if found else wanted.titles:
            # The gradebook's export instead of the worksheet: "Assignment: Lab 3 (Real)".
            found = found or [at for at in free if _is_named_in(header[at], each)]
        found = found or [at for at in free if is_before_the_most(at, rows)]
        title, what_now = "grade", "Give the title of the column for points with --column."
    if len(found) == 1:
        return found[0]
    what = f'{"no column" if not found else "more than one column"} "{shown(title)}"'
    raise ClassError(f"{what} among: {', '.join(header)[:300]}", where, what_now)


def _is_called(name: str, title: str) -> bool:
    """Return whether a column has a title; Canvas adds its number: "Lab 3 (123456)"."""
    return squashed(title) in (squashed(name), squashed(_CANVAS_NUMBER.sub("", name)))


def _is_named_in(name: str, title: str) -> bool:
    """Return whether a column's name has this title in it: "Lab 1" is not in "Lab 10 (Real)"."""
    word = re.escape(squashed(title))
    return bool(word) and re.search(rf"(?<!\d){word}(?!\d)", squashed(name)) is not None


def is_before_the_most(at: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the next column is Moodle's maximum grade: the same number in each row."""
    if not rows or at + 1 >= len(rows[0]):
        return False
    most = {row[at + 1].strip() for row in rows}
    cells = (row[at].strip() for row in rows)
    return (
        len(most) == 1
        and all(NUMBER.fullmatch(each) and len(each) < len(_MOMENT) for each in most)
        and all(cell in EMPTY or NUMBER.fullmatch(cell) for cell in cells)
    )


PAGE = "feedback.html"


def feedback_zip(handins: Sequence[Handin], pages: Mapping[str, Path]) -> bytes:
    """The pages by the names that the LMS gave to what was handed in; empty where it gave none.

    Canvas takes it under "Upload Submissions", as comments; Moodle under "Upload multiple feedback
    files in a zip".
    """
    members = {f"{h.back}{PAGE}": pages[h.id].read_bytes() for h in handins if h.back}
    return packed(members) if members else b""
