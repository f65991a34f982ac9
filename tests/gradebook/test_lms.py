"""CSV files for Gradescope, Canvas and Moodle: written, and read as that LMS reads them."""

import csv
import io
import re
import string
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import ClassError
from tools.gradebook import lms
from tools.gradebook.lms import Lms, Row, Status, split_name, unplaced, write_csv
from tools.handins.handin import Student
from tools.handins.roster import columns_of, student_of
from tools.table import guarded, points, read_table, unguarded

MARIA = Student("María García", "maria@uni.edu", "007", "4711")
EVIL = Student('=HYPERLINK("x"), "Bobby"\nTables', "+evil@uni.edu", "-7x", "4712")
NOBODY = Student("No Body", "no@uni.edu", "9", "4713")
QUESTIONS = {"q1_vocabulary": 4.0, "q2_step": 6.5}
SUBMITTED = "2026-03-01T12:00:00-07:00"
ROWS = [
    Row(MARIA, 9.25, {"q1_vocabulary": 4.0, "q2_step": 5.25}, submitted=SUBMITTED, submission="1"),
    Row(EVIL, 0.0, {"q1_vocabulary": 0.0, "q2_step": 0.0}, late="01:02:03"),
    Row(NOBODY, None, status=Status.MISSING),
]
# As these LMS export them.
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Lab 3: RNN (991),Other (992),Final Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,10.5,3.0,(read only)\r\n"
    '"García, María",4711,007,maria@uni.edu,A,- pale,,2.0,9\r\n'
    '"=1+1, Ann",4799,77,ann@uni.edu,A,,7.0,2.0,9\r\n'
)
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Online text","Last modified (grade)","Feedback comments"\n'
    '"Participant 4711","María García",maria@uni.edu,"Submitted for grading",,10.50,Yes,'
    '"Sunday, 1 March 2026, 12:00 PM","=1+1\nand more",-,"- see\nme"\n'
    '"Participant 4713","No Body",no@uni.edu,"No submission",3.00,10.50,Yes,-,,-,\n'
)


def read_csv(kind: str, text: str, title: str = "") -> list[Row]:
    """Read as the LMS itself does: of Canvas's assignments, the one with this title."""
    kind = Lms(kind)
    header, *rows = read_table(text)
    columns = columns_of(header)
    where = lms._points_column(kind, header, title)
    found = []
    for row in rows:
        number = row[where].replace(",", ".")
        total = float(number) if re.fullmatch(r"-?\d+(\.\d+)?", number) else None
        student = student_of(columns, row)
        if kind is Lms.GRADESCOPE:
            found.append(_gradescope_row(header, row, student, total))
        elif kind is Lms.MOODLE or student.name != "Points Possible":
            missing = kind is Lms.MOODLE and "No submission" in row
            without = Status.MISSING if missing else Status.UNGRADED
            found.append(Row(student, total, status=without if total is None else Status.GRADED))
    return found


def _gradescope_row(header, row, student: Student, total: float | None) -> Row:
    cells = dict(zip(header, map(unguarded, row), strict=True))
    matches = {name: re.fullmatch(r"\d+: (.*) \([\d.]+ pts\)", name, re.DOTALL) for name in header}
    earned = {m[1]: float(cells[name]) for name, m in matches.items() if m and cells[name]}
    status = next((s for s in Status if s == cells.get("Status", "").lower()), Status.UNGRADED)
    late = cells.get("Lateness (H:M:S)", "")
    submitted = cells.get("Submission Time", "")
    try:
        submitted = datetime.strptime(submitted, lms._TIME).isoformat()
    except ValueError:
        submitted = submitted.strip().replace(" ", "T", 1)
    about = ("" if late == lms._NO_LATENESS else late, submitted, cells.get("Submission ID", ""))
    return Row(student, total, earned, status, *about)


def written(kind: str, rows=ROWS, **options) -> str:
    return write_csv(kind, rows, "Lab 3: RNN", 10.5, QUESTIONS, **options)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_gradescope():
    header, maria, evil, nobody = cells(written("gradescope"))
    assert header[:5] == ["First Name", "Last Name", "SID", "Email", "Sections"]
    assert header[-2:] == ["1: q1_vocabulary (4.0 pts)", "2: q2_step (6.5 pts)"]
    assert maria[:4] == ["María", "García", "007", "maria@uni.edu"]
    assert maria[5:11] == ["9.25", "10.5", "Graded", "1", "2026-03-01 12:00:00 -0700", "00:00:00"]
    assert evil[10] == "01:02:03" and nobody[5:8] == ["", "", "Missing"]
    assert [row.total for row in read_csv("gradescope", written("gradescope"))] == [9.25, 0.0, None]
    student = Student("María García", "maria@uni.edu", "007")
    expected = Row(student, 9.25, ROWS[0].points, submitted=SUBMITTED, submission="1")
    assert read_csv("gradescope", written("gradescope"))[0] == expected


def test_canvas():
    header, possible, *rows = cells(written("canvas"))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 3: RNN"]
    assert possible == ["    Points Possible", "", "", "", "", "10.5"]
    assert rows[0] == ["María García", "4711", "007", "maria@uni.edu", "", "9.25"]
    assert len(rows) == 2, "a row without points would delete those that Canvas has"


def test_moodle():
    header, maria, _, nobody = cells(written("moodle"))
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(header), "Moodle asks for these"
    assert "Feedback comments" not in header, "Moodle would delete comments"
    assert maria[:6] == [
        *["Participant 4711", "María García", "maria@uni.edu", "007", "Submitted for grading"],
        "9.25",
    ]
    assert nobody[4:6] == ["No submission", ""]


@pytest.mark.parametrize("kind", Lms)
def test_no_cell_is_a_formula_and_each_row_is_a_line(kind):
    text = written(kind)
    for row in cells(text)[1:]:
        assert all(not cell.strip().startswith(tuple("=+@-")) or cell == "-" for cell in row)
    assert len(text.splitlines()) == len(cells(text))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        (" =1", "' =1"),
        ("'=1", "''=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-", "-"),
        ("-1.5", "-1.5"),
        ("'t Hooft", "'t Hooft"),
        ("a=b", "a=b"),
    ],
)
def test_guarded_cells(cell, expected):
    assert guarded(cell) == expected and unguarded(expected) == cell


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("'=+-@\t 1a\r\n")) | st.text())
def test_guarding_is_undone(cell):
    assert unguarded(guarded(cell)) == cell


# Into the LMS's own export.


def test_points_are_merged_into_canvas_own_gradebook():
    before, after = cells(CANVAS), cells(written("canvas", template=CANVAS))
    assert after[:3] == before[:3]
    assert after[3] == [*before[3][:6], "9.25", *before[3][7:]], "staff's notes stay as they are"
    assert after[4] == ["'=1+1, Ann", *before[4][1:]], "points of others stay"
    assert [row.student for row in unplaced("canvas", ROWS, CANVAS)] == [EVIL]
    ours, ann = read_csv("canvas", written("canvas", template=CANVAS), "Lab 3: RNN")[-2:]
    assert (ours.total, ann.total) == (9.25, 7.0) and ann.student.name == "=1+1, Ann"


def test_points_are_merged_into_moodles_own_worksheet():
    before, after = cells(MOODLE), cells(written("moodle", template=MOODLE))
    assert after[1] == [*before[1][:4], "9.25", *before[1][5:8], "'=1+1\nand more", *before[1][9:]]
    assert after[2] == before[2], "a grade that is there stays where there are no points"


def test_a_template_may_begin_with_a_mark_of_its_encoding():
    assert written("canvas", template="\ufeff" + CANVAS) == written("canvas", template=CANVAS)


def test_a_template_keeps_its_separator():
    template = CANVAS.replace(",", ";").replace("García;", "García,").replace("=1+1;", "=1+1,")
    assert written("canvas", template=template).splitlines()[3].endswith(";9.25;2.0;9")


@pytest.mark.parametrize(
    ("kind", "template", "message"),
    [
        ("gradescope", CANVAS, "Gradescope imports no CSV"),
        ("canvas", CANVAS.replace("Lab 3: RNN", "Lab 4"), 'no column "Lab 3: RNN" among: .*Create'),
        ("canvas", CANVAS.replace("Other", "lab 3 RNN"), 'more than one column "Lab 3: RNN"'),
        ("moodle", MOODLE.replace("Grade,", "Bewertung,"), 'no column "grade" .*English'),
        ("canvas", "\n", "canvas template: the table is empty"),
    ],
)
def test_a_template_that_does_not_fit(kind, template, message):
    with pytest.raises(ClassError, match=message):
        written(kind, template=template)


# Round trips. Names on one line, as an LMS has them; what it has no column for is lost.

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
texts = st.lists(words.filter(lambda word: "," not in word), max_size=3).map(" ".join)
numbers = st.text(string.digits, min_size=1, max_size=6)
students = st.builds(
    Student, texts.filter(bool), words.map(lambda w: w + "@uni.edu"), numbers, numbers
)
grades = st.integers(0, 1050).map(lambda n: n / 100)
rows = st.builds(
    Row,
    students,
    st.none() | grades,
    st.fixed_dictionaries(dict.fromkeys(QUESTIONS, grades)),
    st.sampled_from([Status.GRADED, Status.UNGRADED]),
    st.sampled_from(["", "01:02:03", "LATE"]),
    st.sampled_from(["", SUBMITTED, "2026-03-01T12:00:00+00:00"]),
    numbers,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(rows))
def test_gradescope_and_back(rows):
    expected = [
        (r.student.name, r.student.email, r.student.sid, *list(vars(r).values())[1:]) for r in rows
    ]
    back = read_csv("gradescope", written("gradescope", rows))
    found = [
        (r.student.name, r.student.email, r.student.sid, *list(vars(r).values())[1:]) for r in back
    ]
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(rows), st.sampled_from([Lms.CANVAS, Lms.MOODLE]))
def test_canvas_and_moodle_and_back(kind_rows, kind):
    kept = [row for row in kind_rows if row.total is not None or kind is Lms.MOODLE]
    back = read_csv(kind, written(kind, kind_rows), "Lab 3: RNN")
    assert [(r.student, r.total) for r in back] == [(r.student, r.total) for r in kept]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("María García López", ("María García", "López")),
        ("García López, María", ("María", "García López")),
        ("Prince", ("", "Prince")),
        ("", ("", "")),
    ],
)
def test_first_and_last_name(name, expected):
    assert split_name(name) == expected


def test_points_are_short():
    assert [points(x) for x in (0, 10, 2.5, 1 / 3, 1e-9)] == ["0", "10", "2.5", "0.3333", "0"]
