"""What staff decide about single students, and what being late costs: from a CSV to totals."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.course.rules import LateRule
from tools.decisions.adjustments import Most, People, read_adjustments
from tools.decisions.totals import days_late, final, untimed
from tools.errors import ClassError
from tools.handins.handin import Handin, Student

ANNA = Student("Anna Lee", "anna@uni.edu", "1001", "4711")
BEN, CHO = Student("Ben Ode", "ben@uni.edu", "1002"), Student("Cho Min", "cho@uni.edu", "1003")
NAMESAKE = Student("Anna Lee", "lee2@uni.edu", "1009")
DAN = Student("Dan Ray", "dan@uni.edu", "1004")
FILE = Path("a.ipynb")
HANDINS = [
    Handin("anna_4711", (ANNA,), FILE),
    Handin("team_3", (BEN, CHO), FILE),
    Handin("lee2", (NAMESAKE,), FILE),
]
PEOPLE = People(HANDINS, [DAN])
MOST = Most({"q1": 10.0, "q2": 20.0}, 30.0)
GRADED = {"q1": 4.0, "q2": 20.0}
HEADER = "student,question,points,comment\n"


def read(text: str) -> dict:
    return read_adjustments(HEADER + text, "adjustments.csv", PEOPLE, MOST)


def decided(text: str, graded=None, **about):
    """What counts for Anna."""
    mine = read(text)["anna_4711", ANNA]
    return final(GRADED if graded is None else graded, ("q1", "q2"), mine, MOST, **about)


@pytest.mark.parametrize("who", ["anna_4711", "1001", "ANNA@uni.edu", "4711"])
def test_a_student_has_many_names(who):
    assert set(read(f"{who},q1,7,")) == {("anna_4711", ANNA)}


def test_a_group_and_one_who_handed_in_nothing():
    found = read("team_3,q1,7,\nBen Ode,total,add 1,\nDan Ray,total,excused,ill\n")
    assert set(found) == {("team_3", BEN), ("team_3", CHO), ("", DAN)}
    assert len(found["team_3", BEN]) == 2


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("Anna Lee,q1,7,", '"Anna Lee" stands for several: anna_4711, lee2. Give one\'s id'),
        ("Nobody,q1,7,", '"Nobody" is nobody here. Give an id'),
        (",q1,7,", '"" is nobody here'),
        ("1001,q3,7,", 'there is no question "q3". Did you mean'),
        ("1001,q1,11,", "11 points, but q1 has at most 10. Allow more under [extra_credit]"),
        ("1001,total,31,", "31 points, but total has at most 30"),
        ("1001,total,+2,", '"+2" may be meant in two ways. Write "add 2"'),
        ("1001,q1,-2,", 'Write "add -2"'),
        ("1001,q1,excused,", 'only the total can be "excused". Give q1 points instead'),
        ("1001,q1,2 late days,", 'only the total can be "2 late days"'),
        ("1001,q1,many,", '"many" is no adjustment. Write 7.5 (these points)'),
        ("1001,q1,,", '"" is no adjustment'),
        ("1002,q1,7,\n1002,q1,8,", "a line above gives q1 already"),
    ],
)
def test_a_bad_line_is_named(line, error):
    with pytest.raises(ClassError) as raised:
        read("1003,total,add 1,\n" + line + "\n")
    last = 2 + len(line.splitlines())
    assert str(raised.value).startswith(f"adjustments.csv, line {last}: ")
    assert error in str(raised.value)


def test_all_bad_lines_are_told_and_a_missing_column_too():
    with pytest.raises(ClassError) as raised:
        read("x,q1,1,\n" * 14)
    assert len(str(raised.value).splitlines()) == 11
    assert str(raised.value).endswith("and 4 more lines like these.")
    with pytest.raises(ClassError, match=r"line 1: there is no column comment. Write the columns"):
        read_adjustments("student,question,points\n", "adjustments.csv", PEOPLE, MOST)


def test_a_number_without_its_zeros_is_still_the_student():
    student = Student("Zoe Low", sid="0042")
    people = People([Handin("z", (student,), None), Handin("y", (Student("Y", sid="00"),), None)])
    for given in ("42", "42.0", '="0042"'):
        assert people.find(given) == [("z", student)]
    with pytest.raises(ValueError, match='"N/A" is nobody here'):
        people.find("N/A")


def test_as_spreadsheets_save_it():
    text = "\ufeffStudent;Question;Points;Comment\r\n1001;q1;7,5;ok\r\n;;;\r\n1001;;add 0,5;\r\n"
    found = read_adjustments(text, "adjustments.csv", PEOPLE, MOST)
    one, two = found["anna_4711", ANNA]
    assert (one.question, one.points, one.comment) == ("q1", 7.5, "ok")
    assert (two.question, two.change) == ("total", 0.5)


@pytest.mark.parametrize(
    ("text", "points", "total", "changes"),
    [
        ("1001,q1,10,", {"q1": 10, "q2": 20}, 30, ("q1: 4 → 10",)),
        ("1001,q1,add 3,", {"q1": 7, "q2": 20}, 27, ("q1: 4 → 7",)),
        # The maximum binds, and nobody has less than nothing.
        ("1001,q1,add 30,", {"q1": 10, "q2": 20}, 30, ("q1: 4 → 10",)),
        ("1001,q1,add -30,", {"q1": 0, "q2": 20}, 20, ("q1: 4 → 0",)),
        ("1001,total,add 2.5,", GRADED, 26.5, ("total: 24 → 26.5",)),
        ("1001,total,add 1,\n1001,total,add 1,", GRADED, 26, ("total: 24 → 26",)),
        ("1001,total,12,", GRADED, 12, ("total: 24 → 12",)),
        ("1001,total,excused,", GRADED, None, ()),
    ],
)
def test_what_counts(text, points, total, changes):
    found = decided(text)
    assert (found.points, found.total, found.changes) == (points, total, changes)
    assert found.excused is ("excused" in text)


def test_staff_can_settle_what_the_grader_could_not():
    broken = {"q1": 4.0}  # the grader broke on q2
    assert final(broken, ("q1", "q2"), (), MOST).total is None
    assert decided("1001,q2,15,", broken).total == 19
    # A change of nothing is no points.
    assert decided("1001,q2,add 5,", broken).points == broken
    added = decided("1001,total,add 5,\n1001,q2,add 5,", broken)
    assert (added.total, added.changes, added.waiting) == (None, (), ("q2", "total"))
    on_paper = read("Dan Ray,total,25,on paper")["", DAN]
    assert final({}, None, on_paper, MOST).total == 25


def test_where_the_download_tells_no_times_that_is_said():
    rule = LateRule(10, due={"tiny": datetime(2026, 3, 1, tzinfo=UTC)})
    file = Path("a.ipynb")
    one, two = Handin("one", (), file), Handin("two", (), file, submitted="2026-03-01T12:00:00")
    assert "does not say when one handed in, so being late costs" in untimed(
        [one, two], rule, "tiny"
    )
    assert "does not say when anybody handed in" in untimed([one], rule, "tiny")
    late = Handin("late", (), file, late="LATE")
    for handins, asked in [([two], "tiny"), ([one, late], "tiny"), ([one], "other")]:
        assert not untimed(handins, rule, asked)


RULE = LateRule(10, free_days=1, grace_minutes=15, last_day=4)


@pytest.mark.parametrize(
    ("late", "days", "total"),
    [
        ("", 0, 24),
        ("00:15:00", 0, 24),
        ("00:15:01", 1, 24),
        ("24:00:00", 1, 24),
        ("24:00:01", 2, 21.6),
        ("96:00:00", 4, 16.8),
        ("96:00:01", 5, 0),
        ("LATE", None, 24),
    ],
)
def test_late_days(late, days, total):
    handin = Handin("anna_4711", (ANNA,), FILE, "2026-03-03T12:00:00+00:00", late)
    assert days_late(handin, RULE, "tiny") == days
    found = final(GRADED, ("q1", "q2"), (), MOST, days, RULE)
    assert found.total == total and found.total + found.penalty == 24
    # Without a rule, nothing is late.
    assert days_late(handin, None, "tiny") == 0


def test_a_due_date_tells_what_the_lms_does_not():
    rule = LateRule(10, due={"tiny": datetime(2026, 3, 1, 12, tzinfo=UTC)})
    for submitted, days in [("2026-03-02T13:00:00+01:00", 1), ("2026-03-01T11:00:00", 0)]:
        handin = Handin("a", (ANNA,), FILE, submitted, "LATE")
        assert days_late(handin, rule, "tiny") == days
        assert days_late(handin, rule, "another") is None


def test_staffs_late_days_stand_in_for_the_lmss():
    assert decided("1001,total,0 late days,extension", late=3, rule=RULE).total == 24
    assert decided("1001,total,2 late days,", late=None, rule=RULE).total == 21.6
    # Points that staff give cost nothing.
    found = decided("1001,total,add 1,\n1001,q1,9,", late=2, rule=RULE)
    assert (found.total, found.penalty) == (29 * 0.9 + 1, 2.9)
    assert decided("1001,total,20,", late=3, rule=RULE).total == 20


def test_a_student_reads_what_happened():
    found = decided("1001,q1,9,the test was wrong\n1001,total,add 1,bonus", late=2, rule=RULE)
    assert found.comment == (
        "Adjusted by staff: q1: 4 → 9; total: 26.1 → 27.1. Late by 2 days: -2.9 points. "
        "the test was wrong bonus"
    )
    assert decided("1001,total,excused,ill").comment == "Excused. ill"
