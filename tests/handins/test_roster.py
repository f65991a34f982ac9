"""Rosters as each LMS exports them, and which hand-in is whose."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import ClassError
from tools.handins.handin import Handin, Student, one_each
from tools.handins.roster import match, read_roster, roster_of

MARIA = Student("María García", "maria@uni.edu", "007", "4711")
JUERGEN = Student("Jürgen O'Neil", "juergen@uni.edu", "200", "4712")
SARA = Student("שרה כהן", "sara@uni.edu", "201", "4713")
ROSTER = [MARIA, JUERGEN, SARA]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "First Name,Last Name,SID,Email,Sections\nMaría,García,007,maria@uni.edu,A\n",
            Student("María García", "maria@uni.edu", "007"),
            id="Gradescope",
        ),
        pytest.param(
            "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (55)\n,,,,,Manual Posting\n"
            '    Points Possible,,,,,20\n"García, María",4711,007,maria@uni.edu,A,\n'
            '"Student, Test",99,,ab12,A,\n',
            Student("García, María", "maria@uni.edu", "007", "4711"),
            id="Canvas",
        ),
        pytest.param(
            "Student,ID,SIS Login ID,Section\nMaría García,4711,mgarcia,A\n",
            Student("María García", "", "mgarcia", "4711"),
            id="Canvas without numbers",
        ),
        pytest.param(
            'Identifier,"Full name","Email address","ID number",Status,Grade\n'
            '"Participant 4711","María García",maria@uni.edu,007,"No submission",\n',
            Student("María García", "maria@uni.edu", "007", "4711"),
            id="Moodle",
        ),
        pytest.param(
            "\ufeffName;E-Mail;ID\r\n\r\nMaría García;maria@uni.edu;007\r\n;;\r\n",
            Student("María García", "maria@uni.edu", "007"),
            id="by hand, from Excel",
        ),
        pytest.param(
            'name,email\n"Garc""ía,\nMaría",\n', Student('Garc"ía,\nMaría'), id="quotes and lines"
        ),
    ],
)
def test_a_roster(text, expected, tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert read_roster(path) == [expected]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "the table is empty"),
        (b"a,b\n1,2\n", r"no column names students \(there are: a, b\). Add a first line"),
        (b"name,email\n", "it lists no students"),
        ("name\nMüller\n".encode("latin-1"), 'not in UTF-8. Save it as "CSV UTF-8"'),
        (b'name\n"a' + b"x" * 2**24 + b'"\n', "this is not a CSV file"),
    ],
)
def test_a_roster_that_cannot_be_read(tmp_path, contents, message):
    path = tmp_path / "roster.csv"
    path.write_bytes(contents)
    with pytest.raises(ClassError, match=f"roster.csv: .*{message}"):
        read_roster(path)


def test_a_roster_that_is_not_there():
    with pytest.raises(ClassError, match="No such file"):
        read_roster(Path("/nowhere/roster.csv"))


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        (Student(email="MARIA@uni.edu"), MARIA),
        (Student("M. G.", sid="007"), MARIA),
        (Student("garcíamaría", lms_id="4711"), MARIA),
        (Student("garciamaria", lms_id="4711"), MARIA),
        (Student("Maria Garcia"), MARIA),
        (Student("garcíamaría", lms_id="99"), MARIA),  # the name decides, not the number
        # Decomposed, as macOS writes names of files.
        (Student(unicodedata.normalize("NFD", "María García")), MARIA),
        (Student("oneiljürgen"), JUERGEN),
        (Student("Participant", lms_id="4712"), JUERGEN),  # marked blind
        (Student("שרה כהן"), SARA),
        (Student("Team 3", lms_id="4711"), None),  # a group's number, not a participant's
        (Student("200"), JUERGEN),
        (Student("rnn_201_final"), None),  # too short for a student number
        (Student("sara"), SARA),  # before the @ of the address
        (Student("juergen_rnn_final"), JUERGEN),
        (Student("juergen_sara"), None),
        (Student("Nobody", "nobody@uni.edu"), None),
    ],
)
def test_whose_a_hand_in_is(student, expected):
    (completed,), missing, strangers = match([Handin("x", (student,), None)], ROSTER)
    if expected is None:
        assert completed.students == (student,) and strangers == [completed] and missing == ROSTER
    else:
        assert completed.students == (expected,) and not strangers
        assert missing == [each for each in ROSTER if each != expected]


def test_two_students_of_one_name_are_told_apart_or_not_at_all():
    twins = [Student("Ann Lee", f"ann{n}@uni.edu", f"{n}00") for n in (1, 2)]
    named, numbered = Handin("a", (twins[0],), None), Handin("b", (Student("Ann Lee"),), None)
    found, missing, strangers = match([named, numbered], twins)
    assert found[0].students == (twins[0],) and strangers == [numbered] and missing == [twins[1]]


def test_a_group_with_a_stranger():
    group = Handin("g", (Student(sid="007"), Student("Nobody")), None)
    (found,), missing, strangers = match([group], ROSTER)
    assert found.students == (MARIA, Student("Nobody")) and strangers == [found]
    assert missing == [JUERGEN, SARA]


def test_a_group_hands_in_under_its_name():
    """As in Moodle's download, where the number is the group's and says nothing of its members."""
    text = (
        'Identifier,"Full name","Email address",Status,Group,Grade\n'
        '"Participant 4711","María García",maria@uni.edu,,"Team 3",\n'
        '"Participant 4712","Jürgen O\'Neil",juergen@uni.edu,,"Choir, Team 3",\n'
        '"Participant 4713","שרה כהן",sara@uni.edu,,"Default group",\n'
        '"Participant 17","Ann Lee",ann@uni.edu,,,\n'
    )
    roster = roster_of(text)
    names = ("Team 3", "Default group", "Ann Lee", "Team 4")
    handins = [Handin(name, (Student(name, lms_id="17"),), None) for name in names]
    found, missing, strangers = match(handins, roster)
    students = [[student.email for student in handin.students] for handin in found[:3]]
    assert students == [["maria@uni.edu", "juergen@uni.edu"], ["sara@uni.edu"], ["ann@uni.edu"]]
    assert missing == [] and [each.id for each in strangers] == ["Team 4"]


def test_a_hand_in_without_students_is_a_strangers():
    assert match([Handin("x", (), None)], ROSTER)[2] == [Handin("x", (), None)]


def test_two_files_of_one_student_are_seen_with_the_roster(tmp_path):
    handins = []
    for age, name in enumerate(["007", "María García"]):
        path = tmp_path / name
        path.write_text("")
        handins.append(Handin(f"h{age}", (Student(name),), path))
    found, *_ = match(handins, ROSTER)
    kept, notes = one_each(found)
    assert len(kept) == 1 and len(notes) == 1 and "the latter counts" in notes[0]


names = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), min_size=1).map(
    lambda text: " ".join(text.split())
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(names, st.integers(1, 10**6)), min_size=1, unique_by=lambda t: t[1]))
def test_every_student_of_a_roster_is_found_by_number(pairs):
    roster = [Student(name, sid=f"s{number}") for name, number in pairs]
    handins = [Handin(s.sid, (Student(sid=s.sid),), None) for s in roster]
    found, missing, strangers = match(handins, roster)
    assert [h.students[0] for h in found] == roster and not missing and not strangers


def test_columns_may_be_short_or_guarded():
    text = "name,email,sid\n'=cmd(),x@y.z\n"
    assert roster_of(text) == [Student("=cmd()", "x@y.z")]
