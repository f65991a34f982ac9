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
from tools.gradebook.lms import Lms, Row, Status, Wanted, points_column, split_name, write_csv
from tools.gradebook.template import Template
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
    wanted = Wanted((title,), 10.5)
    where = (
        points_column(kind, header, rows, set(columns.values()), wanted, "")
        if (kind is not Lms.GRADESCOPE)
        else header.index("Total Score")
    )
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


def written(kind: str, rows=ROWS, template: str = "", **options) -> str:
    if template:
        return filled(kind, template, rows, **options).text
    return write_csv(kind, rows, "Lab 3: RNN", 10.5, QUESTIONS)


def filled(kind: str, template: str, rows=ROWS, column: str = "", **options):
    wanted = Wanted(("Lab 3: RNN", "rnn"), 10.5, column)
    return Template(kind, template, wanted).fill(rows, **options)


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
    assert [row.student for row in filled("canvas", CANVAS).lost] == [EVIL]
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
        ("canvas", CANVAS.replace("Lab 3: RNN", "Lab 4"), 'no column "Lab 3: RNN" among: .*create'),
        ("canvas", CANVAS.replace("Other", "lab 3 RNN"), 'more than one column "Lab 3: RNN"'),
        (
            "moodle",
            MOODLE.replace("Grade,", "Note,").replace("10.50", "A"),
            'no column "grade" .*--column',
        ),
        ("canvas", "\n", "canvas template: the table is empty"),
    ],
)
def test_a_template_that_does_not_fit(kind, template, message):
    with pytest.raises(ClassError, match=message):
        written(kind, template=template)


# Values that are not ours. The LMS's file before and after, by hand.

GRADEBOOK = """Student,ID,SIS User ID,SIS Login ID,Section,Lab 2 (7),Lab 3: RNN (991),Final Score
    Points Possible,,,,,10,10.50,(read only)
"Lee, Anna",1,,anna@uni.edu,A,8.00,,80.00
"Ode, Ben",2,,ben@uni.edu,A,8.00,EX,80.00
"Min, Cho",3,,cho@uni.edu,A,8.00,N/A,80.00
"Ray, Dan",4,,dan@uni.edu,A,8.00,7.50,80.00
"Poe, Eve",5,,eve@uni.edu,A,8.00,4.00,80.00
"Fox, Fay",6,,fay@uni.edu,A,8.00,9.00,80.00
"Gil, Gus",7,,gus@uni.edu,A,8.00,,80.00
"""
AFTERWARDS = """Student,ID,SIS User ID,SIS Login ID,Section,Lab 2 (7),Lab 3: RNN (991),Final Score
    Points Possible,,,,,10,10.50,(read only)
"Lee, Anna",1,,anna@uni.edu,A,8.00,6.25,80.00
"Ode, Ben",2,,ben@uni.edu,A,8.00,EX,80.00
"Min, Cho",3,,cho@uni.edu,A,8.00,N/A,80.00
"Ray, Dan",4,,dan@uni.edu,A,8.00,7.50,80.00
"Poe, Eve",5,,eve@uni.edu,A,8.00,5,80.00
"Fox, Fay",6,,fay@uni.edu,A,8.00,9.00,80.00
"Gil, Gus",7,,gus@uni.edu,A,8.00,EX,80.00
"""
TOTALS = {"Anna Lee": 6.25, "Ben Ode": 1.0, "Cho Min": 2.0, "Dan Ray": 7.5, "Eve Poe": 5.0}
TOTALS |= {"Fay Fox": 3.0}
CLASS = [Row(Student(name), total) for name, total in TOTALS.items()]
CLASS += [Row(Student("Gus Gil"), None, excused=True)]


def test_values_that_are_not_ours_stay_and_are_named():
    eve = "5|eve@uni.edu|Poe, Eve"
    found = filled("canvas", GRADEBOOK, CLASS, ours={eve: ["3.5", "4"]})
    assert found.text.replace("\r\n", "\n") == AFTERWARDS
    assert found.replaced == ["Poe, Eve: 4.00 → 5"]
    assert found.kept == [
        "Ode, Ben: EX stays; here 1 points",
        "Min, Cho: N/A stays; here 2 points",
        "Fox, Fay: 9.00 stays; here 3 points",
    ]
    # What is the same as ours, to the last zero of theirs, is known as ours from now on.
    assert found.ours["4|dan@uni.edu|Ray, Dan"] == "7.5" and found.ours[eve] == "5"


def test_overwriting_replaces_numbers_but_no_words():
    found = filled("canvas", GRADEBOOK, CLASS, overwrite=True)
    expected = AFTERWARDS.replace("9.00", "3")
    assert found.text.replace("\r\n", "\n") == expected
    assert found.replaced == ["Poe, Eve: 4.00 → 5", "Fox, Fay: 9.00 → 3"]


def test_an_excuse_of_ours_may_end():
    before = AFTERWARDS.replace("4.00", "5")
    back = [Row(Student("Gus Gil"), 2.0)]
    found = filled("canvas", before, back, ours={"7|gus@uni.edu|Gil, Gus": ["EX"]})
    assert found.replaced == ["Gil, Gus: EX → 2"]


def test_two_hand_ins_of_one_student_are_not_chosen_from():
    found = filled("canvas", GRADEBOOK, [*CLASS[:1], Row(Student("Anna Lee"), 3.0)])
    assert found.kept == ["Lee, Anna: two hand-ins, 6.25 points and 3 points; neither is written"]
    assert found.text.replace("\r\n", "\n") == GRADEBOOK


@pytest.mark.parametrize(
    ("kind", "template", "column", "expected"),
    [
        ("canvas", GRADEBOOK, "Lab 2 (7)", "Lab 2 (7)"),
        ("canvas", GRADEBOOK, "lab 2", "Lab 2 (7)"),
        ("canvas", GRADEBOOK.replace("Lab 3: RNN (991)", "rnn (991)"), "", "rnn (991)"),
        ("canvas", GRADEBOOK.replace("Student,ID", "LastName,ID").replace("Section,", ""), "Lab 2",
         "Lab 2 (7)"),
        ("moodle", MOODLE.replace(",Grade,", ",Bewertung,"), "", "Bewertung"),
        ("moodle", MOODLE, "Grade", "Grade"),
    ],
)  # fmt: skip
def test_the_column_may_have_any_title(kind, template, column, expected):
    assert Template(kind, template, Wanted(("Lab 3: RNN", "rnn"), 10.5, column)).column == expected


@pytest.mark.parametrize(
    "template",
    [
        # The gradebook's export; the last column is when it was made.
        "Prénom,Nom,Numéro d'identification,Adresse de courriel,Devoir: Lab 3: RNN (Brut),"
        "Total du cours (Brut),Dernier téléchargement\n"
        "María,García,007,maria@uni.edu,{},-,1700000000\n",
        # The worksheet in a language that nobody here has a word of.
        "Tunniste,Osallistujan nimi,Osoite,Arvosana,Enintään\n"
        "Osallistuja 4711,María García,maria@uni.edu,{},10.50\n",
        # Blind marking.
        "Identifier,Status,Grade,Maximum Grade\nParticipant 4711,Submitted,{},10.50\n",
    ],
    ids=["gradebook", "unknown titles", "blind"],
)
def test_moodles_other_exports(template):
    made = Template("moodle", template.format("-"), Wanted(["Lab 3: RNN"], 10.5))
    row = Row(Student("María García", "maria@uni.edu", "007", "4711"), 9.25)
    assert made.fill([row]).text.splitlines()[1] == template.format("9.25").splitlines()[1]
    assert not made.notes


def test_lab_1_is_not_lab_10():
    text = "Email address,Assignment: Lab 10 (Real),Assignment: Lab 1 (Real)\na@u.es,-,-\n"
    assert Template("moodle", text, Wanted(["Lab 1"], 5.0)).column == "Assignment: Lab 1 (Real)"


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ClassError, match=r'no column "Lab 9" among: .* titles with --column'):
        Template("canvas", GRADEBOOK, Wanted(("Lab 3: RNN",), 10.5, "Lab 9"))


@pytest.mark.parametrize(("kind", "template"), [("canvas", GRADEBOOK), ("moodle", MOODLE)])
def test_a_column_worth_other_points_is_said(kind, template):
    assert Template(kind, template, Wanted(("Lab 3: RNN",), 10.5)).notes == []
    (note,) = Template(kind, template, Wanted(("Lab 3: RNN",), 100.0)).notes
    assert "is worth 10.50 points, this assignment 100. Is it the right column" in note


GERMAN = (
    'ID,"Vollständiger Name",Email,Status,Bewertung,Bestwertung,"Feedback als Kommentar"\r\n'
    'Teilnehmer/in4711,"Anna Lee",anna@uni.edu,abgegeben,,"100,00",\r\n'
    'Teilnehmer/in4712,"Ben Ode",ben@uni.edu,abgegeben,"50,00","100,00",Gut\r\n'
)


def test_moodle_in_german_with_decimal_commas_and_comments():
    rows = [
        Row(Student(email="anna@uni.edu"), 62.5, comment="Adjusted by staff: total: 60 → 62.5."),
        Row(Student(email="ben@uni.edu"), 50.0, comment="=late"),
    ]
    found = filled("moodle", GERMAN, rows)
    expected = GERMAN.replace(
        'abgegeben,,"100,00",', 'abgegeben,"62,5","100,00",Adjusted by staff: total: 60 → 62.5.'
    )
    assert cells(found.text) == cells(expected)
    assert [line.partition(": ")[2] for line in found.kept] == [
        "the comment there stays; here: '=late"
    ]
    # Our own comment is replaced by a newer one.
    newer = [Row(Student(email="anna@uni.edu"), 62.5, comment="Well done.")]
    again = filled("moodle", found.text, newer, ours={k: [v] for k, v in found.ours.items()})
    assert cells(again.text) == cells(
        expected.replace("Adjusted by staff: total: 60 → 62.5.", "Well done.")
    )


# Round trips. Names on one line, as an LMS has them; what it has no column for is lost.

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
texts = st.lists(words.filter(lambda word: "," not in word), max_size=3).map(" ".join)
# What a spreadsheet puts before an id is stripped from it, so none of these begins with such.
mails = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,8}", fullmatch=True)
numbers = st.text(string.digits, min_size=1, max_size=6)
students = st.builds(
    Student, texts.filter(bool), mails.map(lambda w: w + "@uni.edu"), numbers, numbers
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
