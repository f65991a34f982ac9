"""An error counts once: later questions are examined again with right answers lent to them."""

import base64
import json
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.assignment.answers import FILE, Answer, Answers, Bug, Step, read_answers
from autograder.assignment.bundle import FILE as BUNDLE_FILE
from autograder.assignment.bundle import read_bundle
from autograder.examiner import budget
from autograder.grader import Grader
from autograder.results.score import Outcome, QuestionScore

HALF = """
def half(x, times=1):
    "MARKOFTHEANSWER"
    if isinstance(x, str):
        raise ValueError("a text has no half")
    for _ in range(times):
        y = x / 2
    return y
"""
QUARTER = "def quarter(x):\n    return half(half(x))\n"
EIGHTH = "def eighth(x):\n    return half(quarter(x))\n"
SAFE = """
def safe(x):
    try:
        return half(x)
    except ValueError:
        return 0.0
"""
RIGHT = {"q1_half": HALF, "q2_quarter": QUARTER, "q3_eighth": EIGHTH, "q4_safe": SAFE}
STEPS = tuple(Step(f"{q.split('_')[0]}_solution", question=q) for q in RIGHT)
WRONG_HALF = HALF.replace("x / 2", "x / 2 + 1")

TEST = """
from otter.test_files import test_case

OK_FORMAT = False

name = "{question}"
points = 10


@test_case(name="One number", points=4, hidden=True, failure_message="Divide.")
def test_one({function}):
    from seqlab import checks

    checks.assert_close("the result", {function}(8.0), {one})


@test_case(name="Another", points=6, hidden=True, failure_message="Divide again.")
def test_another({function}):
    from seqlab import checks

    checks.assert_close("the result", {function}({argument}), {other})
"""
TESTS = {
    "q1_half": ("half", 4.0, "3.0", 1.5),
    "q2_quarter": ("quarter", 2.0, "0.0", 0.0),
    "q3_eighth": ("eighth", 1.0, "4.0", 0.5),
    "q4_safe": ("safe", 4.0, "'a'", 0.0),
}


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    for question, (function, one, argument, other) in TESTS.items():
        text = TEST.format(
            question=question, function=function, one=one, argument=argument, other=other
        )
        (folder / f"{question}.py").write_text(text)
    answers = Answers(
        # In the notebook's order: a given cell may use an answer.
        (
            Step("imports", "import math"),
            *STEPS[:1],
            Step("try_it", "tried = half(3.0)"),
            *STEPS[1:],
        ),
        tuple(Answer(q, (TESTS[q][0],), code) for q, code in RIGHT.items()),
        (
            Bug("q1_plus_one", "q1_half", "What is added?", WRONG_HALF),
            Bug("q3_twice", "q3_eighth", "Once more?", EIGHTH.replace("half(quarter", "(quarter")),
        ),
    )
    (folder / FILE).write_text(json.dumps(answers.to_json()))
    values = {
        "name": "halves",
        "title": "Halves",
        "course": "A course",
        "semester": "now",
        "feedback": "practice",
        "packages": ["numpy"],
        "leaderboard": False,
        "questions": [{"name": q, "points": 10, "manual": False} for q in RIGHT],
        "limits": {"submission_seconds": 30.0},
        "files": {"halves.py": base64.b64encode(b"TWO = 2\n").decode()},
    }
    (folder / BUNDLE_FILE).write_text(json.dumps(values))
    with Grader(read_bundle(folder)) as grader:
        yield grader


@pytest.fixture
def graded(grader, tmp_path: Path):
    def grade(seconds: float = 2.0, **answers: str) -> dict[str, QuestionScore]:
        made = nbformat.v4.new_notebook()
        code = RIGHT | {q: textwrap.dedent(text) for q, text in answers.items()}
        made.cells = [nbformat.v4.new_code_cell(text) for text in code.values()]
        path = tmp_path / "answer.ipynb"
        nbformat.write(made, path)
        limits = replace(grader.bundle.limits, question_seconds=seconds)
        score = grader.grade(path, bundle=replace(grader.bundle, limits=limits))
        assert not score.staff_notes
        return {question.name: question for question in score.questions}

    return grade


def points(scores: dict[str, QuestionScore]) -> list[float]:
    return [score.points for score in scores.values()]


def test_right_answers_need_no_loan(graded):
    scores = graded()
    assert points(scores) == [10, 10, 10, 10]
    assert all(not s.carried and not s.misconceptions for s in scores.values())


def test_files_of_the_assignment_lie_beside_the_notebook(graded):
    imported = "from halves import TWO\n" + HALF.replace("x / 2", "x / TWO")
    opened = HALF.replace("x / 2", "x / int(open('halves.py').read()[-2])")
    assert points(graded(q1_half=imported)) == [10, 10, 10, 10]
    assert points(graded(q1_half=opened)) == [10, 10, 10, 10]


def test_an_error_costs_its_own_question_and_no_other(graded):
    scores = graded(q1_half=WRONG_HALF)
    assert points(scores) == [0, 10, 10, 10]
    assert [m.slug for m in scores["q1_half"].misconceptions] == ["q1_plus_one"]
    for name in ("q2_quarter", "q3_eighth", "q4_safe"):
        assert scores[name].outcome is Outcome.PASSED
        assert scores[name].carried == ("q1_half",)
        assert "Right answers stood in for yours to q1_half" in scores[name].note


def test_where_no_known_bug_explains_it_a_relation_is_said(graded):
    scores = graded(q1_half=HALF.replace("x / 2", "x / 4"))
    (said,) = scores["q1_half"].misconceptions
    assert said.hint == "The result of `half` is half the right one."
    assert not any(scores[name].misconceptions for name in ("q2_quarter", "q3_eighth", "q4_safe"))


def test_what_is_wrong_by_itself_stays_wrong(graded):
    scores = graded(q1_half=WRONG_HALF, q2_quarter="def quarter(x):\n    return 7.0\n")
    assert points(scores) == [0, 0, 10, 10]
    assert scores["q2_quarter"].carried == ()
    assert scores["q3_eighth"].carried == ("q1_half", "q2_quarter")


def test_a_loan_wins_what_depends_on_it_and_no_more(graded):
    own_error = "def eighth(x):\n    return half(quarter(x)) if x == 8 else 0.0\n"
    scores = graded(q1_half=WRONG_HALF, q3_eighth=own_error)
    assert scores["q3_eighth"].points == 4
    assert [t.outcome for t in scores["q3_eighth"].tests] == [Outcome.PASSED, Outcome.FAILED]


def test_the_diagnosis_of_a_later_question_is_made_with_the_loan(graded):
    wrong = EIGHTH.replace("half(quarter", "(quarter")
    scores = graded(q1_half=WRONG_HALF, q3_eighth=wrong)
    assert scores["q3_eighth"].points == 0
    assert [m.slug for m in scores["q1_half"].misconceptions] == ["q1_plus_one"]


def test_later_answers_are_not_lent(graded):
    scores = graded(q1_half="def half(x):\n    return quarter(x) * 2\n", q2_quarter=QUARTER)
    assert scores["q1_half"].points == 0


def test_the_code_of_a_lent_function_is_not_in_the_candidate(graded):
    spy = """
        def quarter(x):
            import gc, inspect
            y = half(half(x))
            gc.unfreeze()  # what was there before the fork is to be found as well
            texts = [o for o in gc.get_objects() if isinstance(o, str)]
            texts += [str(c) for o in gc.get_objects() if inspect.isfunction(o)
                      for c in o.__code__.co_consts]
            for o in gc.get_objects():
                if isinstance(o, dict):
                    texts += [v for v in o.values() if isinstance(v, str)]
            mark = "".join(["MARKOF", "THEANSWER"])  # not folded into a constant
            return y if not any(mark in t for t in texts) else -1.0
    """
    wrong = WRONG_HALF.replace("MARKOFTHEANSWER", "")
    assert graded(q1_half=wrong, q2_quarter=spy)["q2_quarter"].points == 10
    # The spy works: here a function of the submission has the same text.
    kept = f"{WRONG_HALF}\nkept = half\n"
    assert graded(q1_half=kept, q2_quarter=spy)["q2_quarter"].points == 0


ATTACKS = {
    "endless": "half(x, times=10**15)",
    "garbage": "[s.sendall(b'x' * 100000) for s in lines()]",
    "silence": "[s.sendall(b'UNR1') for s in lines()] and half(x)",
    "foreign name": "call(b'quarter', x)",
    "too large": "half(__import__('numpy').ones(9 * 2**20))",
    "opaque": "half(object())",
    "close": "[s.close() for s in lines()] and half(x)",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_the_lender_costs_the_attacker_alone(attack, graded, monkeypatch):
    # The lender computes while the attacker sleeps.
    monkeypatch.setattr(budget, "SLEEP_ALLOWANCE", 2.0)
    hostile = f"""
        def lines():
            import gc, socket
            return [o for o in gc.get_objects() if isinstance(o, socket.socket)]

        def call(name, x):
            from autograder import wire
            for line in lines()[-1:]:
                frame = wire.encode({{"name": "quarter", "args": (x,), "kwargs": {{}}}})
                wire.write_frame(line, frame, None)
                return wire.decode(wire.read_frame(line, wire.Limits(), None))["value"]

        def quarter(x):
            {ATTACKS[attack]}
            return -1.0
    """
    scores = graded(seconds=0.7, q1_half=WRONG_HALF, q2_quarter=hostile)
    assert points(scores) == [0, 0, 10, 10]


def test_what_is_not_written_is_not_examined_again(graded, grader, monkeypatch):
    lent = []
    from autograder.examiner.oracle import Oracle

    original = Oracle.lend

    def counted(self, names):
        lent.append(names)
        return original(self, names)

    monkeypatch.setattr(Oracle, "lend", counted)
    scores = graded(q1_half="pass", q2_quarter="pass", q3_eighth="pass", q4_safe="pass")
    assert points(scores) == [0, 0, 0, 0]
    assert lent == []


# --- what fails around answers ------------------------------------------------------------------


def changed(folder: Path, to: Path, answers: Answers, tests: Mapping[str, tuple[str, str]]) -> Path:
    """Copy a bundle with other answers, and with edits of the tests of some questions."""
    for file in folder.iterdir():
        text = file.read_text()
        old, new = tests.get(file.stem, ("", ""))
        assert old in text
        (to / file.name).write_text(text.replace(old, new, 1))
    (to / FILE).write_text(json.dumps(answers.to_json()))
    return to


def test_what_a_cell_of_the_solution_needs_and_does_not_find_is_said(grader, tmp_path):
    answers = read_answers(grader.bundle.folder)
    steps = [
        Step("data", "table = open('absent.csv').read()"),
        Step("end", "import os; os._exit(3)"),
    ]
    broken = replace(answers, steps=(*answers.steps[:2], *steps, *answers.steps[2:]))
    changed(grader.bundle.folder, tmp_path, broken, {})
    made = nbformat.v4.new_notebook()
    code = {**RIGHT, "q1_half": WRONG_HALF}
    made.cells = [nbformat.v4.new_code_cell(text) for text in code.values()]
    nbformat.write(made, tmp_path / "answer.ipynb")
    score = grader.grade(tmp_path / "answer.ipynb", bundle=read_bundle(tmp_path))
    assert [question.points for question in score.questions] == [0, 10, 10, 10]
    assert [m.slug for m in score.questions[0].misconceptions] == ["q1_plus_one"]
    defines = "What it defines can neither stand in for an answer nor name a known bug."
    where = "of the solution fails where right answers run"
    missing = "FileNotFoundError: [Errno 2] No such file or directory: 'absent.csv'"
    assert score.staff_notes == (
        f"the cell data {where}: {missing}. {defines}",
        f"the cell end {where}: ended. {defines}",
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (
            "import absent_package",
            "ModuleNotFoundError: No module named 'absent_package', at `import absent_package`. "
            "Add the module to `requirements` of assignment.toml, or import it from elsewhere.",
        ),
        (
            "open('absent/right.csv')",
            "FileNotFoundError: [Errno 2] No such file or directory: 'absent/right.csv', at "
            "`open('absent/right.csv')`. A test opens only what lies in `testing/`, and no "
            "network.",
        ),
        (
            "from testing import absent",
            "ModuleNotFoundError: No module named 'testing', at `from testing import absent`. "
            "Correct the name: no answer has to do with it.",
        ),
        (
            "[][0]",
            "IndexError: list index out of range, at `[][0]`. Mend the test: it has asked nothing "
            "of an answer yet.",
        ),
        (
            "np.zeros(3)",
            "NameError: name 'np' is not defined, at `np.zeros(3)`. Define the name in the test, "
            "or import it there.",
        ),
    ],
)
def test_a_test_that_cannot_run_costs_nobody_points_and_says_why(grader, tmp_path, line, what):
    answers = read_answers(grader.bundle.folder)
    edits = {
        "q2_quarter": ("from seqlab import checks\n", f"from seqlab import checks\n\n    {line}\n")
    }
    changed(grader.bundle.folder, tmp_path, answers, edits)
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(text) for text in RIGHT.values()]
    nbformat.write(made, tmp_path / "answer.ipynb")
    score = grader.grade(tmp_path / "answer.ipynb", bundle=read_bundle(tmp_path))
    assert score.staff_notes == (f'q2_quarter: cell q2_test_one, "One number": {what}',)
    outcomes = [question.outcome for question in score.questions]
    assert outcomes == [Outcome.PASSED, Outcome.BROKEN, Outcome.PASSED, Outcome.PASSED]
    assert score.questions[1].note.startswith("A test of this question could not run.")
