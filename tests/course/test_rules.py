"""The rules for marks in course.toml and assignment.toml: what they may say."""

from datetime import timedelta

import pytest
from conftest import HERE

from tools.commands import cli
from tools.course.rules import LateRule
from tools.course.settings import parse_assignment, parse_course
from tools.errors import AuthorError

COURSE = (HERE / "tiny/assignments/course.toml").read_text(encoding="utf-8")
ASSIGNMENT = (HERE / "tiny/assignments/tiny/assignment.toml").read_text(encoding="utf-8")


def test_without_a_rule_nothing_is_late_and_nothing_extra():
    assert parse_course(COURSE).late is None
    assert parse_assignment(ASSIGNMENT, "tiny").extra_credit == {}


def test_a_rule():
    text = (
        "[late]\npercent_per_day = 12.5\nfree_days = 2\n[late.due]\ntiny = 2026-03-01T23:59:00Z\n"
    )
    rule = parse_course(COURSE + text).late
    assert (rule.percent_per_day, rule.free_days, rule.grace_minutes) == (12.5, 2, 0)
    assert rule.due["tiny"].utcoffset() == timedelta(0)
    assert parse_course(COURSE + "[late]\npercent_per_day = 10\n").late == LateRule(10)
    text = ASSIGNMENT + "[extra_credit]\nq4_explain = 2.5\ntotal = 5\n"
    assert parse_assignment(text, "tiny").extra_credit == {"q4_explain": 2.5, "total": 5.0}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[late]\nfree_days = 1\n", "[late] does not say what a day costs. Write percent_per_day"),
        ("[late]\npercent = 1\n", 'the key "percent" below [late] is unknown. Did you mean'),
        ("[late]\npercent_per_day = 101\n", '"percent_per_day" is not a number from 0 to 100'),
        ("[late]\npercent_per_day = nan\n", '"percent_per_day" is not a number from 0 to 100'),
        (
            "[late]\npercent_per_day = 1\nfree_days = 1.5\n",
            '"free_days" is not a whole number of at least 0',
        ),
        ("[late]\npercent_per_day = 1\ndue = 3\n", '"due" is not a moment with its distance'),
        (
            "[late]\npercent_per_day = 1\n[late.due]\ntiny = 2026-03-01T23:59:00\n",
            '"tiny" is not a moment with its distance from UTC. Write tiny = 2026-03-01T23:59:00+',
        ),
    ],
)
def test_a_late_rule_that_means_nothing(text, error):
    with pytest.raises(AuthorError) as raised:
        parse_course(COURSE + text)
    assert "assignments/course.toml, line " in str(raised.value) and error in str(raised.value)


@pytest.mark.parametrize("value", ["0", "-1", "inf", '"5"', "true"])
def test_extra_credit_is_a_number(value):
    with pytest.raises(
        AuthorError, match=r'"total" below .extra_credit. is not a number of points'
    ):
        parse_assignment(f"{ASSIGNMENT}[extra_credit]\ntotal = {value}\n", "tiny")


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("[extra_credit]\nq9 = 5\n", '[extra_credit]: there is no question "q9".'),
        (
            '[rubrics.q1_double]\n"Why" = 5\n',
            '[rubrics]: there is no question "q1_double" that is marked by hand.',
        ),
    ],
)
def test_points_for_a_question_that_is_not_there(built, tmp_path, table, error, capsys):
    """The settings name questions; which there are, only the tests say."""
    (tmp_path / "assignments/tiny").mkdir(parents=True)
    for folder in ("autograder", "student_release", "solutions"):
        (tmp_path / folder).symlink_to(built.root / folder)
    (tmp_path / "assignments/course.toml").write_text(COURSE, encoding="utf-8")
    file = tmp_path / "assignments/tiny/assignment.toml"
    file.write_text(ASSIGNMENT + table, encoding="utf-8")
    with pytest.raises(SystemExit):
        cli.main(["grade", str(built.root / "solutions/tiny.ipynb"), "--assignment", "tiny",
                  "--out", str(tmp_path / "out"), "--root", str(tmp_path)])  # fmt: skip
    assert f"assignment.toml, {error}" in capsys.readouterr().err
