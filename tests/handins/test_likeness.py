"""Likeness: what counts as the same answer, and which hand-ins are named together."""

import time

import pytest

from autograder.submission.reading import Cell, Submission
from tools.handins.likeness import Fingerprint, alike, fingerprint, read_fingerprint

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
    ],
    ids=["syntax", "brackets", "signs", "sum", "zero byte", "large"],
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


def made(number: int, questions: int = 8, size: int = 60, **shared: str) -> Fingerprint:
    """Return the fingerprint of somebody who wrote every answer alone except the `shared`."""
    answers = {f"q{i}": f"{number}/{i}" for i in range(questions)} | shared
    return Fingerprint(f"file {number}", answers, dict.fromkeys(answers, size))


def class_of(count: int, **others: Fingerprint) -> dict[str, Fingerprint]:
    return {f"s{i:03}": made(i) for i in range(count)} | others


def test_nobody_is_named_where_all_worked_alone():
    assert alike(class_of(40)) == ()
    assert alike({}) == ()
    assert alike(class_of(5, x=Fingerprint(), y=Fingerprint())) == ()


def test_equal_files_come_first():
    copy = Fingerprint("file 3", {"q0": "3/0"}, {"q0": 60})
    pair = {f"q{i}": "theirs" for i in range(4)}
    groups = alike(class_of(40, a=made(90, **pair), b=made(91, **pair), z=copy))
    assert [(group.ids, group.same_file) for group in groups] == [
        (("s003", "z"), True),
        (("a", "b"), False),
    ]


def test_several_rare_answers_or_a_long_one():
    short = {"q0": "short", "q1": "short"}
    assert alike(class_of(40, a=made(90, **short), b=made(91, **short))) == ()
    three = short | {"q2": "short"}
    (group,) = alike(class_of(40, a=made(90, **three), b=made(91, **three)))
    assert group.ids == ("a", "b") and group.compared == 8
    assert [(s.question, s.here, s.everywhere) for s in group.shared] == [
        ("q0", 2, 2),
        ("q1", 2, 2),
        ("q2", 2, 2),
    ]
    long = {"a": made(90, size=200, q0="long"), "b": made(91, size=200, q0="long")}
    (group,) = alike(class_of(40) | long)
    assert group.ids == ("a", "b")


def test_what_everybody_writes_says_nothing():
    common = {"q0": "usual", "q1": "usual", "q2": "usual", "q3": "usual"}
    assert alike({f"s{i}": made(i, size=200, **common) for i in range(40)}) == ()


def test_a_large_ring_is_found():
    ring = {f"q{i}": "theirs" for i in range(7)}
    (group,) = alike(class_of(30, **{f"r{i}": made(90 + i, **ring) for i in range(15)}))
    assert group.ids == tuple(sorted(f"r{i}" for i in range(15)))
    assert [shared.here for shared in group.shared] == [15] * 7


def test_a_chain_is_one_group_and_says_who_shares_what():
    first = dict.fromkeys(["q0", "q1", "q2"], "first")
    second = dict.fromkeys(["q4", "q5", "q6"], "second")
    middle = made(91, **first, **second)
    (group,) = alike(class_of(40, a=made(90, **first), b=middle, c=made(92, **second)))
    assert group.ids == ("a", "b", "c")
    assert {shared.here for shared in group.shared} == {2}


def test_a_large_class_takes_no_time():
    prints = {f"s{i}": made(i, questions=12, q0="usual") for i in range(1_000)}
    started = time.monotonic()
    assert alike(prints) == ()
    assert time.monotonic() - started < 10
