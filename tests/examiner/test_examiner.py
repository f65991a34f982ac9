"""The examiner on honest submissions: the same points as Otter, in a separate process."""

import dataclasses
import json
import math
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import create_test_file

from autograder import sandbox
from autograder.assignment.answers import FILE as ANSWERS
from autograder.assignment.bundle import Bundle, BundleError, Limits, read_bundle
from autograder.grader import Grader
from autograder.results.score import Outcome, Score

NAME = "rnn_from_scratch"
SOLUTION = ROOT / f"solutions/{NAME}.ipynb"
RELEASE = ROOT / f"student_release/{NAME}/{NAME}.ipynb"
TESTS = ROOT / "autograder/hidden_tests" / NAME
BUNDLE = read_bundle(TESTS)

# One of each kind: a value, a gradient that PyTorch judges, a changed argument, a training. The law
# *agree* covers all known bugs.
ERRORS = {
    "softmax overflows": (
        "q4_softmax",
        "np.exp(logits - np.max(logits, axis=-1, keepdims=True))",
        "np.exp(logits)",
    ),
    "gradient of the bias missing": ("q8_backward", 'grads["b_h"] += dz.sum(axis=0)', "pass"),
    "the initial state overwritten": (
        "q6_forward",
        "    return logits, h",
        "    h0 += 1\n    return logits, h",
    ),
    "losses that are invented": (
        "q11_train",
        "return params, losses\n",
        "return params, np.full(steps, 2.4)\n",
    ),
}


@cache
def answers() -> dict[str, str]:
    """The cells of the solution that answer a question, by id."""
    notebook = nbformat.read(SOLUTION, as_version=4)
    return {c.id: c.source for c in notebook.cells if re.fullmatch(r"q\d+_solution", c.id)}


def namespace(find: str, replace: str) -> dict:
    """What a notebook with these answers defines, after one edit in them."""
    made = nbformat.read(SOLUTION, as_version=4)
    imports = next(c.source for c in made.cells if c.id == "imports")
    code = "\n".join([s for i, s in answers().items() if i != "q13_solution"])
    assert code.count(find) == 1, f"the solution has {code.count(find)} places like {find}"
    code = code.replace(find, replace)
    names: dict = {}
    exec(f"{imports}\n{code}", names)
    return names


def by_otters_classes(names: dict, skip: set[str]) -> dict:
    """Score and maximum of each question, according to Otter's test files."""
    scores = {}
    for path in sorted(TESTS.glob("*.py")):
        if path.stem not in skip:
            test_file = create_test_file(str(path), NBMetadataConfig())
            test_file.run(names)
            scores[path.stem] = (test_file.score, test_file.possible)
    return scores


@pytest.fixture(scope="module")
def grader():
    with Grader(BUNDLE) as grader:
        yield grader


@pytest.fixture
def short(request, grader, monkeypatch):
    """Skip the questions that take as long as all the others together."""
    wanted = getattr(request.node, "callspec", None)
    error = wanted.params.get("error") if wanted else None
    skipped = {"q11_train", "q12_generate"} - {ERRORS.get(error, ("",))[0]}
    monkeypatch.setattr(grader, "bundle", only(*{q.name for q in BUNDLE.questions} - skipped))
    return skipped


def only(*questions: str, **limits: float) -> Bundle:
    """The bundle with these questions, and with other limits if they are given."""
    asked = tuple(q for q in BUNDLE.questions if q.name in questions)
    return dataclasses.replace(
        BUNDLE, questions=asked, limits=Limits(**limits) if limits else BUNDLE.limits
    )


def notebook(*cells: str, **metadata) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(metadata=metadata)
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    return made


def edited(find: str = "", replace: str = "") -> nbformat.NotebookNode:
    """The solution notebook with one place changed."""
    made = nbformat.read(SOLUTION, as_version=4)
    sources = [f"{cell.source}\n" for cell in made.cells]
    assert not find or sum(source.count(find) for source in sources) == 1
    for cell, source in zip(made.cells, sources, strict=True):
        cell.source = source.replace(find, replace) if find else cell.source
    return made


def graded(
    grader: Grader, made: nbformat.NotebookNode, folder: Path, bundle: Bundle | None = None
) -> Score:
    path = folder / "answer.ipynb"
    nbformat.write(made, path)
    return grader.grade(path, bundle=bundle)


def points(score: Score) -> dict[str, float]:
    return {q.name: q.points for q in score.questions if not q.manual}


def test_the_solution_and_the_untouched_notebook(grader, tmp_path):
    best = grader.grade(SOLUTION)
    assert best.points == best.max_points == 100
    assert best.outcome is Outcome.PASSED
    assert best.notes == ()
    blank = grader.grade(RELEASE)
    assert blank.points == 0
    assert blank.outcome is Outcome.FAILED
    assert best.isolation == blank.isolation != ""


def assert_agreement(score: Score, by_otter: dict) -> None:
    """Equal points, unless an error was carried forward: in Otter it counts again."""
    (failed, *others) = [q for q in score.questions if not q.manual and q.points < q.max_points]
    assert not others
    for question in score.questions:
        if not question.manual:
            earned, possible = by_otter[question.name]
            if question.carried:
                assert question.carried == (failed.name,)
                assert earned < question.points == possible
            else:
                assert earned == question.points


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_gets_the_points_that_otter_gives(error, grader, short, tmp_path):
    question, find, replace = ERRORS[error]
    score = graded(grader, edited(find, replace), tmp_path)
    assert_agreement(score, by_otters_classes(namespace(find, replace), skip=short))
    (possible,) = [q.points for q in BUNDLE.questions if q.name == question]
    assert points(score)[question] < possible


# --- what a failed test says ------------------------------------------------------------------


def failed(score: Score, question: str) -> list:
    (found,) = [q for q in score.questions if q.name == question]
    return [test for test in found.tests if test.outcome is Outcome.FAILED]


def test_a_hidden_test_says_which_idea_and_where_but_no_text_of_the_student(grader, tmp_path):
    answer = "def softmax(logits):\n    raise ValueError(f'inputs {logits}')\n"
    score = graded(grader, notebook("import numpy as np", answer), tmp_path)
    public, *_, against_torch, extreme = failed(score, "q4_softmax")
    where = "Your code raised ValueError in line 2 of the cell that begins `def softmax(logits):`"
    where += " (`raise ValueError(f'inputs {logits}')`)"
    # No hidden test of any question has run before a public one.
    assert public.facts == f"{where}: inputs [0.         1.09861229]"
    assert against_torch.facts == extreme.facts == where
    assert against_torch.staff_facts.startswith(f"{where}: inputs [")
    assert "last axis" in against_torch.hint


def test_an_exception_of_the_students_own_is_called_by_its_builtin_name(grader, tmp_path):
    answer = (
        "def softmax(logits):\n    raise type(str(logits.ravel()[0]), (LookupError,), {})(logits)\n"
    )
    score = graded(grader, notebook(answer), tmp_path, only("q4_softmax"))
    assert [t.facts.split(" in line")[0] for t in failed(score, "q4_softmax")] == [
        "Your code raised LookupError"
    ] * len(BUNDLE.tests_of("q4_softmax"))


def test_a_missing_name_is_named(grader, tmp_path):
    renamed = notebook("def soft_max(logits):\n    return logits\n")
    score = graded(grader, renamed, tmp_path, only("q4_softmax"))
    assert failed(score, "q4_softmax")[0].facts == (
        "`softmax` is not defined: was it renamed or deleted?"
    )


def test_the_cell_that_failed_is_named_with_its_question(grader, tmp_path):
    made = notebook("x = 1\n", "def softmax(logits):\n    return logits +\n")
    score = graded(grader, made, tmp_path, only("q4_softmax"))
    (question,) = [q for q in score.questions if q.name == "q4_softmax"]
    assert question.note.startswith(
        "Line 2, `return logits +`, in the cell that begins `def softmax(logits):` raised "
        "SyntaxError: invalid syntax"
    )
    assert question.first_hint == question.note
    assert question.note in score.notes


# --- namespaces, seeds, repetition ------------------------------------------------------------


def test_a_question_sees_the_namespace_of_its_check_cell(grader, short, tmp_path):
    made = edited()
    made.cells.append(
        nbformat.v4.new_code_cell("np = None\nsoftmax = None\nfor name in dir(): pass")
    )
    score = graded(grader, made, tmp_path)
    assert score.points == score.max_points == 84


def test_of_two_check_cells_the_last_counts_as_in_otter(grader, tmp_path):
    good = answers()["q4_solution"]
    check = 'grader.check("q4_softmax")'
    bad = "def softmax(logits):\n    return logits\n"
    later_good = notebook("import numpy as np", bad, check, good, check)
    softmax = only("q4_softmax")
    assert points(graded(grader, later_good, tmp_path, softmax)) == {"q4_softmax": 5}
    later_bad = notebook("import numpy as np", good, check, bad, check)
    assert points(graded(grader, later_bad, tmp_path, softmax)) == {"q4_softmax": 0}


def test_unseeded_random_numbers_are_the_same_in_every_run(grader, tmp_path):
    """An answer that is right for half of all random numbers always gets the same points."""
    cell = (
        "import random, numpy as np\n"
        "drawn = [random.random(), np.random.rand(), np.random.default_rng().random()]\n"
        "def build_vocabulary(sequences):\n"
        "    raise ValueError(repr(drawn + [random.random(), np.random.rand(),"
        " np.random.default_rng().random(), hash('a')]))\n"
    )
    vocabulary = only("q1_vocabulary")
    texts = {
        failed(graded(grader, notebook(cell), tmp_path, vocabulary), "q1_vocabulary")[0].facts
        for _ in range(5)
    }
    assert len(texts) == 1
    numbers = next(iter(texts)).split(", ")
    assert len(numbers) > 6
    # Sets of texts have one order in all graders, too.
    salted = [sys.executable, "-c", "print(hash('a'))"]
    right = subprocess.check_output(salted, env={"PYTHONHASHSEED": "0"}, text=True).strip()
    assert numbers[-1].startswith(f"{right}]")


def test_thirty_gradings_are_equal(grader, tmp_path):
    """Of an error that is diagnosed, and of the question after it."""
    path = tmp_path / "answer.ipynb"
    nbformat.write(edited(*ERRORS["softmax overflows"][1:]), path)
    two = only("q4_softmax", "q7_loss")
    scores = []
    for _ in range(30):
        score = grader.grade(path, bundle=two)
        assert [bool(q.misconceptions) for q in score.questions] == [True, False]
        values = score.to_json()
        del values["seconds"], values["cpu_seconds"]
        for question in values["questions"]:
            del question["seconds"]
        scores.append(json.dumps(values))
    assert len(set(scores)) == 1


def test_a_score_survives_the_way_through_a_file(grader):
    score = grader.grade(RELEASE)
    assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score


# --- time, and the grader's own faults --------------------------------------------------------


def test_a_hang_costs_its_own_question(grader, tmp_path):
    made = edited("exponentials = np.exp(", "while True: pass\n    exponentials = np.exp(")
    made.cells = [c for c in made.cells if "train" not in c.source and "generate" not in c.source]
    limits = {"cell_seconds": 5, "question_seconds": 1, "submission_seconds": 60}
    score = graded(grader, made, tmp_path, only("q3_batch", "q4_softmax", "q8_backward", **limits))
    assert score.cpu_seconds < 20
    got = points(score)
    assert got["q4_softmax"] == 0
    assert got["q3_batch"] == 8
    assert got["q8_backward"] == 20
    assert "did not finish in time" in failed(score, "q4_softmax")[0].facts


def test_an_update_is_a_whole_score_at_every_moment(grader, tmp_path):
    seen = []
    path = tmp_path / "answer.ipynb"
    nbformat.write(notebook(answers()["q4_solution"]), path)
    grader.grade(path, on_update=seen.append)
    assert seen[0].points == 0
    assert len(seen) == 1 + 12
    assert all(score.max_points == 100 for score in seen)


def test_a_broken_grader_costs_the_student_nothing(grader, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no such thing")

    from autograder.examiner import examiner

    monkeypatch.setattr(examiner.Examination, "_first", broken)
    score = graded(grader, notebook(answers()["q4_solution"]), tmp_path)
    assert score.outcome is Outcome.BROKEN
    assert any("no such thing" in note for note in score.staff_notes)
    assert not any("no such thing" in note for note in score.notes)
    assert all(q.outcome is Outcome.BROKEN for q in score.questions if not q.manual)


def test_a_bundle_with_a_mistake_is_refused(tmp_path):
    with pytest.raises(BundleError, match="Run `unroll build`"):
        read_bundle(tmp_path)
    for file in TESTS.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "q9_clip.py").write_text(
        (tmp_path / "q9_clip.py").read_text().replace("points=2", "points=1")
    )
    test_file = create_test_file(str(tmp_path / "q9_clip.py"), NBMetadataConfig())
    assert test_file.possible == 5
    values = json.loads((tmp_path / "assignment.json").read_text())
    values["questions"][8]["points"] = 7
    (tmp_path / "assignment.json").write_text(json.dumps(values))
    with pytest.raises(BundleError, match="q9_clip: its tests sum to 5 points, not to 7"):
        read_bundle(tmp_path)


def test_a_grader_that_cannot_hide_its_tests_grades_nothing():
    """The canary finds hidden tests in a folder that candidates may read."""
    import seqlab

    open_folder = dataclasses.replace(BUNDLE, folder=Path(seqlab.__file__).parent)
    with pytest.raises(sandbox.SandboxError, match=r"Student code could: read .*seqlab"):
        Grader(open_folder)


def test_a_score_has_what_the_examiner_measured_and_nothing_that_was_claimed(
    grader, monkeypatch, tmp_path
):
    monkeypatch.setattr(grader, "bundle", only("q11_train"))
    score = grader.grade(SOLUTION)
    assert list(score.measured) == list(score.curves) == ["excess (nats)"]
    assert -0.01 < score.measured["excess (nats)"] < 0.05
    assert score.limits == {"excess (nats)": (-0.01, 0.05)}
    steps, values = zip(*score.curves["excess (nats)"], strict=True)
    assert (steps[0], steps[-1]) == (0, 1499)
    # An untrained network expects each of four tokens equally: 12 tokens on average.
    assert values[0] > 0.5 * (12 * math.log(4) - math.log(11)) and values[-1] < 0.05
    assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score
    forged = notebook(
        "from seqlab import measures\nmeasures.measure('excess (nats)', -9)\n"
        "measures.NUMBERS['n'] = 99\ndef train_rnn(*_):\n    measures.measure('n', 1)\n"
    )
    score = graded(grader, forged, tmp_path)
    assert score.measured == score.curves == {}


def test_many_forks_that_end_badly_leave_room_for_the_next(grader, tmp_path):
    """Each test of a question whose function ends the program gets a new process."""
    made = edited("    B, T, V = x.shape\n    grads", "    import os\n    os._exit(1)\n    grads")
    made.cells = [c for c in made.cells if "train" not in c.source]
    two = only("q8_backward", "q9_clip", processes=5, question_seconds=20)
    score = graded(grader, made, tmp_path, two)
    assert points(score) == {"q8_backward": 0, "q9_clip": 5}
    assert len(failed(score, "q8_backward")) == len(BUNDLE.tests_of("q8_backward"))
    assert all("ended" in test.facts for test in failed(score, "q8_backward"))


def test_processes_that_died_take_no_room_from_later_questions(grader, tmp_path):
    """However many there were: the limit is never reached in the middle of another question."""
    tests = tmp_path / "tests"  # without the right answers: nothing is diagnosed
    shutil.copytree(TESTS, tests, ignore=shutil.ignore_patterns(ANSWERS))
    made = edited("    B, T, V = logits.shape\n", "    import os\n    os._exit(1)\n")
    made.cells = [c for c in made.cells if "train" not in c.source]
    path = tmp_path / "dies.ipynb"
    nbformat.write(made, path)
    for processes in range(3, 10):
        two = only("q7_loss", "q9_clip", processes=processes, question_seconds=20)
        score = grader.grade(path, bundle=dataclasses.replace(two, folder=tests))
        assert (points(score)["q7_loss"], points(score)["q9_clip"]) == (0, 5), processes


def test_a_submission_that_takes_too_long_is_told_so_at_each_question(grader, tmp_path):
    limits = Limits(cell_seconds=30, question_seconds=30, submission_seconds=2)
    endless = "def build_vocabulary(sequences):\n    while True:\n        pass\n"
    made = notebook("import numpy as np", endless, answers()["q4_solution"])
    score = graded(grader, made, tmp_path, dataclasses.replace(BUNDLE, limits=limits))
    facts = [test.facts for question in score.questions for test in question.tests]
    assert "The submission used up its 2 seconds." in facts
    assert failed(score, "q1_vocabulary")


def test_cells_that_never_end_leave_time_for_the_tests(grader, tmp_path):
    cells = ("import numpy as np", answers()["q4_solution"], "while True:\n    pass")
    limits = {"cell_seconds": 30, "question_seconds": 10, "submission_seconds": 8}
    score = graded(grader, notebook(*cells), tmp_path, only("q4_softmax", **limits))
    assert points(score) == {"q4_softmax": 5}
    assert "did not finish in time and was left out" in score.notes[0]


def test_what_we_run_twice_counts_once(grader, tmp_path):
    """After a loan to public tests, the hidden ones get a new candidate, with as much time."""
    slow = "import time\nwhile time.process_time() < 1.6:\n    pass\n"
    wrong = "def softmax(logits):\n    raise ValueError"
    uses_it = """
right = cross_entropy

def cross_entropy(logits, targets, mask):
    softmax(logits)
    return right(logits, targets, mask)
"""
    cells = ("import numpy as np", wrong, slow + answers()["q7_solution"] + uses_it)
    limits = {"cell_seconds": 30, "question_seconds": 10, "submission_seconds": 7}
    two = only("q4_softmax", "q7_loss", **limits)
    score = graded(grader, notebook(*cells), tmp_path, two)
    assert points(score) == {"q4_softmax": 0, "q7_loss": 10}
    assert score.cpu_seconds > 3
