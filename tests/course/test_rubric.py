"""Rubrics in assignment.toml, and how they are refused."""

import pytest
from test_rules import ASSIGNMENT

from tools.course.settings import parse_assignment
from tools.errors import AuthorError


def test_a_rubric_keeps_its_order():
    text = '[rubrics.q4_explain]\n"Why" = 2\n"How far" = 1.5\n'
    assignment = parse_assignment(ASSIGNMENT + text, "tiny")
    assert assignment.rubrics == {"q4_explain": (("Why", 2.0), ("How far", 1.5))}
    assert parse_assignment(ASSIGNMENT, "tiny").rubrics == {}


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (
            '[rubrics.q4_explain]\n"Why" = 0',
            ', line 2: the criterion "Why" has no number of points',
        ),
        (
            '[rubrics.q4_explain]\n"Why" = true',
            'the criterion "Why" has no number of points above 0',
        ),
        ("[rubrics.q4_explain]", ", line 1: [rubrics.q4_explain] has no criteria"),
        ("[rubrics]\nq4_explain = 3", ", line 2: [rubrics.q4_explain] has no criteria"),
    ],
)
def test_a_wrong_rubric_is_refused(table, error):
    with pytest.raises(AuthorError) as refused:
        parse_assignment(f"{ASSIGNMENT}{table}\n", "tiny")
    line = ASSIGNMENT.count("\n")
    for number in (1, 2):
        error = error.replace(f", line {number}:", f", line {line + number}:")
    assert error in str(refused.value)
