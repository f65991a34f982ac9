"""Rubrics in assignment.toml, and how they are refused."""

import pytest

from tools.course.rubric import parse_rubrics, read_rubrics
from tools.errors import AuthorError

FILE = "assignments/tiny/assignment.toml"


def test_a_rubric_keeps_its_order():
    text = '[rubrics.q4_explain]\n"Why" = 2\n"How far" = 1.5\n'
    assert parse_rubrics(text, FILE) == {"q4_explain": (("Why", 2.0), ("How far", 1.5))}
    assert parse_rubrics("title = 'x'", FILE) == {}


def test_no_assignment_no_rubric(tmp_path):
    assert read_rubrics(tmp_path, "tiny") == {}


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ('"Why" = 0', 'line 2: the criterion "Why" has no number of points above 0'),
        ('"Why" = true', 'the criterion "Why" has no number of points above 0'),
        ("", "line 1: [rubrics.q4_explain] has no criteria"),
    ],
)
def test_a_wrong_rubric_is_refused(table, error):
    with pytest.raises(AuthorError) as refused:
        parse_rubrics(f"[rubrics.q4_explain]\n{table}\n", FILE)
    assert error in str(refused.value)
