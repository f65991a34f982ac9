"""equivalent.toml: every mistake an author can make in it, and what a reader gets."""

import pytest

from autograder.assignment.answers import Answer
from tools.errors import AuthorError
from tools.mutants.equivalents import listed_edits, read_equivalents

FILE = "assignments/tiny/equivalent.toml"
ANSWERS = [Answer("q1_double", ("double",), "def double(x):\n    return 2 * x\n")]
VALUES = {
    "question": "'q1_double'",
    "line": "'return 2 * x'",
    "becomes": "['return x * 2']",
    "reason": "'Multiplication commutes.'",
}


def toml(**values: str | None) -> str:
    lines = [f"{key} = {value}" for key, value in (VALUES | values).items() if value is not None]
    return "\n".join(["[[equivalent]]", *lines]) + "\n"


MISTAKES = {
    "no TOML": ("[[equivalent]\n", f"{FILE}: this is not TOML: "),
    "no list": (
        "[equivalents]\n",
        f'{FILE}: "equivalents" is outside a list. Put it below ',
    ),
    "unknown key": (
        toml(reson="'x'"),
        f'{FILE}: equivalent 1: the key "reson" is unknown. Did you mean "reason"?',
    ),
    "no reason": (
        toml(reason=None),
        f'{FILE}: equivalent 1: "reason" is missing or empty. Write a line reason = "…".',
    ),
    "no list of lines": (
        toml(becomes="'return x'"),
        f'{FILE}: equivalent 1: "becomes" is missing or empty. Write a line becomes = ["…"].',
    ),
    "unknown question": (
        toml(question="'q1_duoble'"),
        f'{FILE}: equivalent 1: there is no question "q1_duoble" with tests. Did you mean ',
    ),
    "no such edit": (
        toml(becomes="['return 7']"),
        f"{FILE}: equivalent 1: no edit of q1_double makes `return 7` of `return 2 * x`. Copy both",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(tmp_path, name):
    text, said = MISTAKES[name]
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError) as error:
        read_equivalents(tmp_path, "tiny", ANSWERS)
    assert str(error.value).startswith(said)


def test_reasons_by_edit(tmp_path):
    assert read_equivalents(tmp_path, "tiny", ANSWERS) == []
    (tmp_path / FILE).parent.mkdir(parents=True)
    lines = "['return 2', 'return x']"
    (tmp_path / FILE).write_text(toml(becomes=lines), encoding="utf-8")
    assert listed_edits(read_equivalents(tmp_path, "tiny", ANSWERS)) == {
        ("q1_double", "return 2 * x", "return 2"): "Multiplication commutes.",
        ("q1_double", "return 2 * x", "return x"): "Multiplication commutes.",
    }
