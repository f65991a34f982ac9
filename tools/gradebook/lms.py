"""Points as Gradescope, Canvas and Moodle write and read them in CSV.

Canvas and Moodle import: best into their own export, given as the template, whose rows and columns
stay as they are. Gradescope's columns are those of its "Download Scores".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tools.errors import ClassError
from tools.files import packed
from tools.handins.handin import Handin, Student, squashed
from tools.handins.roster import Index, columns_of, student_of
from tools.table import csv_of, guarded, points, read_table, separator_of, unguarded, write_table


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
    """One student. `total` is None without points; `late` and `submitted` as in a Handin."""

    student: Student
    total: float | None
    points: Mapping[str, float] = field(default_factory=dict)
    status: Status = Status.GRADED
    late: str = ""
    submitted: str = ""
    submission: str = ""


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
    template: str = "",
) -> str:
    """The points as this LMS reads them. `questions`: the most points of each, in order."""
    if template:
        return _merged(Lms(kind), rows, title, template)
    header, *table = _WRITE[Lms(kind)](rows, title, max_points, questions)
    return write_table(header, table)


def unplaced(kind: str, rows: Sequence[Row], template: str) -> list[Row]:
    """The rows with points whose students are not in the LMS's own export."""
    header, *theirs = read_table(template, f"{kind} template")
    columns = columns_of(header)
    index = Index(student_of(columns, row) for row in theirs)
    return [row for row in rows if row.total is not None and not index.find(row.student)]


def _merged(kind: Lms, rows: Sequence[Row], title: str, template: str) -> str:
    """The LMS's own export with points in the one column; a cell stays where we have none."""
    where = f"{kind} template"
    if kind is Lms.GRADESCOPE:
        raise ClassError("Gradescope imports no CSV", where, "Leave the template out.")
    header, *theirs = read_table(template, where)
    columns = columns_of(header)
    column = _points_column(kind, header, title)
    students = [student_of(columns, row) for row in theirs]
    index = Index(students)
    totals = {index.find(row.student): row.total for row in rows if row.total is not None}
    # What students can choose must not run in a spreadsheet. The rest is staff's own, such as
    # comments: the LMS would take a guarded one for an edited one.
    chosen = {*columns.values(), *(at for at, name in enumerate(header) if name == "Online text")}
    for student, row in zip(students, theirs, strict=True):
        row[:] = [guarded(unguarded(c)) if at in chosen else c for at, c in enumerate(row)]
        if student in totals:
            row[column] = points(totals[student])
    return csv_of([header, *theirs], separator_of(template))


def _points_column(kind: Lms, header: Sequence[str], title: str) -> int:
    """Where the points are: Canvas adds its number to a title, as in "Lab 3 (123456)"."""
    if kind is not Lms.CANVAS:
        wanted = "total score" if kind is Lms.GRADESCOPE else "grade"
        found = [at for at, name in enumerate(header) if name.strip().casefold() == wanted]
        what_now = "Export it with the language of the LMS set to English."
    else:
        names = [re.sub(r"\s*\(\d+\)\s*$", "", name) for name in header]
        start = next((at for at, name in enumerate(names) if name == "Section"), 0) + 1
        wanted = title
        found = [
            at for at, name in enumerate(names) if at >= start and squashed(name) == squashed(title)
        ]
        what_now = "Create the assignment in Canvas, then export the gradebook again."
        if not title:
            found = [start] if start < len(header) else []
    if len(found) != 1:
        what = f'{"no column" if not found else "more than one column"} "{wanted}"'
        raise ClassError(f"{what} among: {', '.join(header)[:300]}", f"{kind} CSV", what_now)
    return found[0]


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
    for row in (row for row in rows if row.total is not None):
        who = row.student
        table.append([who.name, who.lms_id, who.sid, who.email, "", points(row.total)])
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


def split_name(name: str) -> tuple[str, str]:
    """First and last name, of "Last, First" or "First Last"."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()


PAGE = "feedback.html"


def feedback_zip(handins: Sequence[Handin], pages: Mapping[str, Path]) -> bytes:
    """The pages by the names that the LMS gave to what was handed in; empty where it gave none.

    Canvas takes it under "Upload Submissions", as comments; Moodle under "Upload multiple feedback
    files in a zip".
    """
    members = {f"{h.back}{PAGE}": pages[h.id].read_bytes() for h in handins if h.back}
    return packed(members) if members else b""
