"""Rosters as each LMS exports them, and which hand-in is whose."""

import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import ClassError
from tools.handins import people
from tools.handins.handin import Handin, Student
from tools.handins.latest import one_each
from tools.handins.roster import read_roster, roster_of
from tools.identity.person_ids import id_in
from tools.identity.person_names import alike


def match(handins, roster):
    """Return hand-ins, who is missing, and strangers."""
    found = people.match(handins, roster, "rnn")
    return found.handins, found.missing, found.strangers


MARIA = Student("María García", "maria@uni.edu", "007", "4711")
JUERGEN = Student("Jürgen O'Neil", "juergen@uni.edu", "200", "4712")
SARA = Student("שרה כהן", "sara@uni.edu", "201", "4713")
ROSTER = [MARIA, JUERGEN, SARA]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "First Name,Last Name,SID,Email,Sections\nMaría,García,007,maria@uni.edu,A\n",
            Student("María García", "maria@uni.edu", "007", section="A"),
            id="Gradescope",
        ),
        pytest.param(
            "Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (55)\n,,,,,Manual Posting\n"
            '    Points Possible,,,,,20\n"García, María",4711,007,maria@uni.edu,A,\n'
            '"Student, Test",99,,ab12,A,\n',
            Student("García, María", "maria@uni.edu", "007", "4711", section="A"),
            id="Canvas",
        ),
        pytest.param(
            "Student,ID,SIS Login ID,Section\nMaría García,4711,mgarcia,A\n",
            Student("María García", "", "mgarcia", "4711", section="A"),
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
        (b"a,b\n1,2\n3,4\n", r'no column holds names.*Found: 2 rows with .*"a" \(1, 3\), "b" \(2'),
        (b"PK\x03\x04", "this is an Excel workbook or another zip, not a CSV"),
        (b"name,email\n", "it lists no students"),
        (b'name,sid\n\n"Lee,1\nBen,2\n', "the quote that opens in line 3 is never closed"),
        (b'name\n"Ann "A" Lee"\n"Ben\nCho\n', "the quote that opens in line 3 is never closed"),
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


LEE = Student("Anna Lee", "alee@uni.edu", "s1001")
ODE = Student("Ben Ode", "bode@uni.edu", "s1002")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung\n'
            'Teilnehmer/in4711,"Anna Lee",alee@uni.edu,"Zur Bewertung abgegeben",,"100,00"\n'
            'Teilnehmer/in4712,"Ben Ode",bode@uni.edu,"Keine Abgabe",,"100,00"\n',
            [("Anna Lee", "alee@uni.edu", "", "4711"), ("Ben Ode", "bode@uni.edu", "", "4712")],
            id="Moodle in German",
        ),
        pytest.param(
            "Tunniste,Osallistujan nimi,Osoite,Tila\nOsallistuja 4711,Anna Lee,alee@uni.edu,ok\n"
            "Osallistuja 4712,Ben Ode,bode@uni.edu,ok\n",
            [("Anna Lee", "alee@uni.edu", "", "4711"), ("Ben Ode", "bode@uni.edu", "", "4712")],
            id="titles in an unknown language",
        ),
        pytest.param(
            "Anna Lee,alee@uni.edu,1001\nBen Ode,bode@uni.edu,1002\n",
            [("Anna Lee", "alee@uni.edu", "1001", ""), ("Ben Ode", "bode@uni.edu", "1002", "")],
            id="no header",
        ),
        pytest.param(
            "sep=;\r\nName;E-Mail;Matrikelnummer;Punkte\r\nLee, Anna;alee@uni.edu;1001;12,5\r\n",
            [("Lee, Anna", "alee@uni.edu", "1001", "")],
            id="sep and decimal commas",
        ),
        pytest.param(
            "Deep Learning, autumn\nexported 2026-03-01\n\nNachname;Vorname;Matrikelnr.;Note\n"
            "Lee;Anna;1001;1,3\nOde;Ben;1002;2,0\n",
            [("Anna Lee", "", "1001", ""), ("Ben Ode", "", "1002", "")],
            id="titles above the header",
        ),
        pytest.param(
            "Full Name,Email,SID,Role\nAnna Lee,alee@uni.edu,1001,Student\n"
            "Prof Ode,ode@uni.edu,,Instructor\nTa Min,tmin@uni.edu,,TA\n",
            [("Anna Lee", "alee@uni.edu", "1001", "")],
            id="Gradescope with staff",
        ),
        pytest.param(
            "Name;Vorname;Benutzername;Matrikelnummer\nLee;Anna;alee;1001\n",
            [("Anna Lee", "", "1001", "")],
            id="ILIAS",
        ),
        pytest.param(
            "OrgDefinedId,Last Name,First Name,Lab <Numeric MaxPoints:100>\n#1001,Lee,Anna,\n",
            [("Anna Lee", "", "#1001", "")],
            id="Brightspace",
        ),
        pytest.param(
            "Anna Lee\nBen Ode\n",
            [("Anna Lee", "", "", ""), ("Ben Ode", "", "", "")],
            id="a list of names",
        ),
        pytest.param(
            "LastName,FirstName,ID,SIS Login ID,Section,Lab (55)\n    Points Possible,,,,,100\n"
            "Lee,Anna,4700,u000,DL B,\n",
            [("Anna Lee", "", "u000", "4700")],
            id="Canvas with two names",
        ),
        pytest.param(
            "Étudiant,ID,Identifiant SIS,Section\n    Points possibles,,,\nLee Anna,4700,,A\n",
            [("Lee Anna", "", "", "4700")],
            id="Canvas in French",
        ),
        pytest.param(
            'name,email,sid\nAnna Lee,n/a,2.024E+11\nBen Ode,-,2.024E+11\nCho Min,none,="007"\n',
            [("Anna Lee", "", "", ""), ("Ben Ode", "", "", ""), ("Cho Min", "", "007", "")],
            id="placeholders",
        ),
        pytest.param(
            'identifier,github_username,github_id,name\n"Anna Lee",alee,99,\n"Ben Ode",,,\n',
            [("Anna Lee", "", "alee", ""), ("Ben Ode", "", "", "")],
            id="GitHub Classroom, whose titles promise other things",
        ),
        pytest.param(
            "Last Name,First Name,Email Address,RNN\nDate,,,2026\nPoints,,,100\nLee,Anna,a@u.es,\n",
            [("Anna Lee", "a@u.es", "", "")],
            id="Google Classroom",
        ),
        pytest.param(
            "Identifier,Status,Grade\nParticipant 4711,Submitted,\nParticipant 4712,Submitted,\n",
            [("", "", "", "4711"), ("", "", "", "4712")],
            id="Moodle's blind marking",
        ),
        pytest.param(
            "Primer apellido|Segundo apellido|Nombre|Correo\nGarcía|Márquez|Luis|l@u.es\n",
            [("Luis García Márquez", "l@u.es", "", "")],
            id="two family names, and bars",
        ),
    ],
)
def test_rosters_of_the_world(text, expected):
    found = roster_of(text)
    assert [(each.name, each.email, each.sid, each.lms_id) for each in found] == expected


def test_a_student_in_two_rows_is_one_with_both_groups_and_sections():
    text = "name,email,sid,group,section\nAnna Lee,alee@uni.edu,1,Team 1,A\n"
    text += "Anna Lee,alee@uni.edu,1,Lab 7,B\nBen Ode,bode@uni.edu,2,Team 1,A\n"
    anna, ben = roster_of(text)
    assert (anna.groups, anna.section, ben.groups) == ("Team 1, Lab 7", "A, B", "Team 1")


def test_rows_of_one_name_and_two_numbers_are_two_students():
    assert len(roster_of("name,sid\nAnna Lee,1\nAnna Lee,2\n")) == 2


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-16", ["Ann Lee", "Zoë Ål"]),
        ("utf-16-le", ["Ann Lee", "Zoë Ål"]),
        ("cp1252", ["Jürgen Weiß", "Siân Brontë"]),
        ("cp1250", ["Wałęsa, Łukasz", "Dvořák, Jiří"]),
        ("cp1251", ["Иванов Дмитрий", "Кузнецов Иван"]),
        ("cp932", ["山田 太郎", "佐藤 表子", "表 能"]),
        ("gbk", ["李小龙", "王芳"]),
    ],
)
def test_a_roster_in_another_encoding(tmp_path, encoding, names):
    path = tmp_path / "roster.csv"
    rows = "".join(f"{name}\t{at}00\r\n" for at, name in enumerate(names, start=1))
    path.write_bytes(f"name\tsid\r\n{rows}".encode(encoding))
    assert [each.name for each in read_roster(path)] == names


# --- who is who ---------------------------------------------------------------------------------


def settled(handins, roster, assignment="rnn"):
    return people.settled(people.match(handins, roster, assignment))


def test_an_id_that_stands_for_two_names_identifies_nobody():
    roster = [Student("Anna Lee", "lab@uni.edu", "7"), Student("Ben Ode", "lab@uni.edu", "8")]
    handins = [
        Handin("a", (Student("Anna Lee", "lab@uni.edu", "55"),), None),
        Handin("b", (Student("Ben Ode", "lab@uni.edu", "55"),), None),
    ]
    found = settled(handins, roster)
    assert [handin.students[0].name for handin in found.handins] == ["Anna Lee", "Ben Ode"]
    assert not found.missing and not found.strangers
    text = " ".join(found.notes)
    assert "roster: the e-mail address lab@uni.edu stands for Anna Lee, Ben Ode. It ident" in text
    assert "hand-ins: the student number 55 stands for Anna Lee, Ben Ode." in text


def test_who_has_a_number_is_still_known_by_the_account():
    text = "Last Name,First Name,Username,Student ID\nLee,Anna,alee,0001\nOde,Ben,bode,0002\n"
    handin = Handin("x", (Student("bode"),), None, clues=("bode",))
    (found,) = settled([handin], roster_of(text)).handins
    assert found.students[0].sid == "0002" and found.students[0].name == "Ben Ode"


def test_an_address_of_another_than_the_name_says_does_not_count():
    found = settled([Handin("a", (Student("Ben Ode", "alee@uni.edu"),), None)], [LEE, ODE])
    assert found.handins[0].students[0].sid == "s1002"


LONG = Student("Long Number", sid="1.234.567")  # as a spreadsheet groups digits


@pytest.mark.parametrize("sid", ["7", "#007", " 0007", "00 7", "007.0", '="007"'])
def test_a_number_is_repaired_where_that_is_unique(sid):
    (found,) = settled([Handin("a", (Student(sid=sid),), None)], ROSTER).handins
    assert found.students[0].name == MARIA.name
    (found,) = settled([Handin("a", (Student(sid="1234567"),), None)], [LONG]).handins
    assert found.students[0].name == LONG.name
    twins = [MARIA, Student("Other Person", sid="07")]
    (found,) = settled([Handin("a", (Student(sid="0007"),), None)], twins).strangers
    assert found.id == "a"


def test_one_name_and_two_numbers_are_two_students():
    """One is in the roster by number; the other only shares the name."""
    handins = [Handin(sid, (Student("Anna Lee", sid=sid),), None) for sid in ("s1001", "s5555")]
    found = settled(handins, [LEE, ODE])
    assert len(found.handins) == 2 and [each.id for each in found.strangers] == ["s5555"]
    assert "s5555: the name is that of Anna Lee, but another hand-in has it too" in found.notes[0]


@pytest.mark.parametrize(
    ("clues", "name"),
    [
        (("submitted", "s1001", "rnn"), "Anna Lee"),
        (("rnn", "Lee, Anna(alee)", "Submission attachment(s)", "rnn"), "Anna Lee"),
        (("Lee_Anna_alee_12345", "20260301_rnn"), "Anna Lee"),
        (("Ode_Ben_rnn",), "Ben Ode"),
        (("rnn_ben.ode",), "Ben Ode"),
        (("BODE@uni.edu final",), "Ben Ode"),
        (("ode_final_2",), "Ben Ode"),
        (("Mueller_Juergen_rnn",), "Jürgen Müller"),
        (("Lukasz Walesa",), "Łukasz Wałęsa"),
        (("龙_李小_rnn",), "李小 龙"),
        (("Maria Berg",), "María van der Berg"),
        (("group 3", "rnn"), None),
        (("rnn",), None),
        (("Anna Lee and Ben Ode",), None),
        (("Ben Ode", "Anna Lee.rnn"), "Ben Ode"),
    ],
)
def test_every_part_of_a_path_may_name_the_student(clues, name):
    more = ["Jürgen Müller", "Łukasz Wałęsa", "李小 龙", "María van der Berg", "Rnn Tiny"]
    roster = [LEE, ODE, *(Student(each, sid=f"t{at}") for at, each in enumerate(more))]
    found = settled([Handin("x", (Student(clues[-1]),), None, clues=clues)], roster)
    assert [s.name for s in found.handins[0].students] == [name or clues[-1]]
    assert bool(found.strangers) == (name is None)


def test_a_guess_is_said():
    (note,) = settled([Handin("x", (), None, clues=("ode",))], [LEE, ODE]).notes
    assert note == "x: taken for the hand-in of Ben Ode, the only one with that name."
    twins = [LEE, Student("Anna Lee", sid="2")]
    (note,) = settled([Handin("x", (), None, clues=("Anna Lee",))], twins).notes
    assert note == "x: 2 students could be meant: Anna Lee."


def test_nobody_matches():
    handins = [Handin(str(n), (Student(f"Stranger {n}"),), None) for n in range(4)]
    said = people.nobody_matches(handins, [LEE, ODE], "roster.csv")
    assert "none of 4 hand-ins (Stranger 0, Stranger 1, Stranger 2, …)" in said
    assert "2 students in roster.csv (Anna Lee, Ben Ode). Is it the roster of this class?" in said


ids = st.sampled_from(["", "N/A", "-", "none", "2.024E+11", "7", "007", " 7", "8", "s9", "S9"])
called = st.sampled_from(["", "Anna Lee", "Lee, Anna", "Ben Ode", "A. Lee", "小龙 李", "Zoë"])
students = st.builds(Student, called, ids.map(lambda i: i and f"{i}@u.edu"), ids, ids)


@settings(max_examples=60, deadline=None)
@given(st.lists(students, max_size=6), st.lists(st.lists(students, max_size=2), max_size=8))
def test_no_hand_in_disappears(roster, groups):
    """Hand-ins in = rows + listed as superseded, each by a hand-in of somebody of that name."""
    handins = [Handin(f"h{at}", tuple(who), None) for at, who in enumerate(groups)]
    for found in (settled(handins, roster), people.settled(people.Matched(tuple(handins), [], []))):
        kept = {handin.id for handin in found.handins}
        assert len(kept) == len(found.handins)
        for gone in {handin.id for handin in handins} - kept:
            assert any(f" handed in {gone} and " in note for note in found.notes)
        assert {handin.id for handin in found.strangers} <= kept


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(names, ids), min_size=1, max_size=8, unique_by=lambda each: each[0]))
def test_two_names_never_share_a_row(pairs):
    handins = [Handin(f"h{n}", (Student(who, sid=i),), None) for n, (who, i) in enumerate(pairs)]
    kept, _ = one_each(handins)
    # Names without letters are nobody's, and may be anybody's.
    own = [alike(one, other) for (one, _), (other, _) in itertools.combinations(pairs, 2)]
    assert any(own) or len(kept) == len(handins)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("anna@uni.edu", "anna@uni.edu"),
        ("na@uni.edu", "na@uni.edu"),  # Nora Adams
        ("N/A@uni.edu", ""),
        ("unknown@uni.edu", ""),
        ("no-email@uni.edu", ""),
    ],
)
def test_an_address_of_nobody_is_no_id(cell, read):
    assert id_in(cell) == read
