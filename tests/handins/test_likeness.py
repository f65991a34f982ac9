"""Likeness: what counts as the same answer, and which hand-ins are named together."""

import time

import pytest

from autograder.submission.reading import Cell, Submission
from tools.likeness.likeness import Fingerprint, fingerprint, read_fingerprint

NAMES = {"q1_sum": ["total"]}
ANSWER = '''
def total(values):
    """Add up."""
    result = 0
    for value in values:
        result += value
    return result
'''


def taken(*sources: str, untouched: Fingerprint | None = None) -> Fingerprint:
    cells = tuple(Cell(source) for source in sources)
    return fingerprint(Submission("a.ipynb", cells), b"contents", NAMES, untouched)


def answer(*sources: str) -> str:
    return taken(*sources).answers["q1_sum"]


@pytest.mark.parametrize(
    "same",
    [
        ANSWER.replace('    """Add up."""\n', ""),
        ANSWER.replace("result = 0", "result = 0  # nothing yet\n"),
        ANSWER.replace("result", "s").replace("value", "x").replace("xs", "numbers"),
        ANSWER.replace("(values)", "(values: list[float]) -> float"),
        ANSWER.replace("result = 0", "result: int = 0"),
        "%matplotlib inline\n!ls\n" + ANSWER,
        "import numpy as np\n\n" + ANSWER + "\nprint(total([1, 2]))",
    ],
    ids=["docstring", "comment", "names", "annotations", "annotated", "magics", "around it"],
)
def test_the_same_answer_in_other_words(same):
    assert answer(same) == answer(ANSWER)


@pytest.mark.parametrize(
    "other",
    [
        ANSWER.replace("= 0", "= 1"),
        ANSWER.replace("+=", "-="),
        ANSWER.replace("in values", "in sorted(values)"),
        ANSWER.replace("in values", "in sorted(values, key=abs)"),
        ANSWER.replace("return result", "return values"),
    ],
)
def test_another_answer(other):
    assert answer(other) != answer(ANSWER)


def test_keywords_belong_to_the_function_that_is_called():
    one = "def total(values, axis):\n    return np.sum(values, axis=axis)"
    renamed = "def total(v, a):\n    return np.sum(v, axis=a)"
    other = "def total(v, a):\n    return np.sum(v, dtype=a)"
    assert answer(one) == answer(renamed) != answer(other)


def test_the_last_definition_counts():
    assert answer("def total(values):\n    return 0", ANSWER) == answer(ANSWER)


def test_untouched_prompts_are_blank_and_no_copy():
    prompt = "def total(values):\n    raise NotImplementedError"
    release = taken(prompt)
    assert taken(prompt + "  # what now?", untouched=release) == Fingerprint(blank=("q1_sum",))
    assert taken("x = 1") == Fingerprint(blank=("q1_sum",))
    assert taken(ANSWER, untouched=release).blank == ()


@pytest.mark.parametrize(
    "source",
    [
        "def total(:",
        "def total(values):\n    return " + "(" * 500 + ")" * 500,
        "def total(values):\n    return " + "-" * 60_000 + "1",
        "def total(values):\n    return " + "+".join(["1"] * 60_000),
        "x = '\0'",
        "def total(values):\n    return 1\n" * 20_000,
        "\n" * 190_000,
    ],
    ids=["syntax", "brackets", "signs", "sum", "zero byte", "large", "blank lines"],
)
def test_code_of_any_kind_is_survived(source):
    started = time.monotonic()
    taken(source)
    assert time.monotonic() - started < 10  # a loop without end, not a benchmark


def test_a_file_that_cannot_be_read_has_no_fingerprint(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(b"%PDF-1.7")
    assert read_fingerprint(file, NAMES) == Fingerprint()
    assert read_fingerprint(tmp_path / "missing.ipynb", NAMES) == Fingerprint()


# Each changes how an answer looks, and not what it does.
DISGUISES = [
    ANSWER.replace("result", "s").replace("values", "numbers"),
    ANSWER.replace(
        "    result = 0\n", "    result = 0\n    unused = [1]\n    other = unused\n    pass\n"
    ),
    ANSWER.replace(
        "    return", "    print(result)\n    if False:\n        result = 2\n    return"
    ),
]


@pytest.mark.parametrize("disguised", DISGUISES, ids=["renamed", "padded", "dead"])
def test_a_disguised_answer_keeps_its_parts(disguised):
    assert taken(disguised).parts == taken(ANSWER).parts
    assert len(taken(ANSWER).parts["q1_sum"]) >= 2


def test_reordered_lines_and_factors_keep_their_parts():
    one = "def total(v):\n    a = v.sum(axis=0)\n    b = v.max(axis=1)\n    return a + b @ a"
    other = "def total(v):\n    y = v.max(axis=1)\n    x = v.sum(axis=0)\n    return y @ x + x"
    assert answer(one) != answer(other)
    assert taken(one).parts == taken(other).parts
    assert taken(one.replace("axis=0", "axis=2")).parts != taken(other).parts
