"""`unroll new`: a course whose one assignment has a question of each kind, built and proven.

It is also the small course on which these kinds are tested: a function, a table of pandas, a
number, a choice, a word, a query in SQL, a chart, a file, a question without points, and a written
answer. The laws are checked on few notebooks: each holds the known bugs or stubs of all questions.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.assignment.bundle import read_bundle
from autograder.grader import Grader
from autograder.results.score import Outcome, Score
from tools.commands import cli
from tools.course.settings import Stub
from tools.files import unpacked
from tools.grading import otter_run
from tools.master.known_answers import read_bank
from tools.master.master import read
from tools.proof.subjects import Subject, subjects_of

FULL = {"q1_gru": 30, "q2_means": 15, "q3_parameters": 10, "q4_choice": 5, "q5_word": 5}
FULL |= {"q6_query": 15, "q7_chart": 10, "q8_file": 10, "q9_practice": 0}
# Each kind shows another hole in a test: a constant, the public examples, changed arguments, a form
# that is nearly right.
STUBS = (Stub.CONSTANT, Stub.RECALL, Stub.VANDAL, Stub.WRONG_SHAPE)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "course"
    cli.unroll(["new", "mixed", "--root", str(folder)], standalone_mode=False)
    cli.unroll(["build", "--root", str(folder)], standalone_mode=False)
    return folder


@pytest.fixture(scope="module")
def bank(root):
    master = read((root / "assignments/mixed/mixed.ipynb").read_text("utf-8"), "mixed")
    return master, read_bank(root, master)


@pytest.fixture(scope="module")
def subjects(root, bank):
    solution = (root / "solutions/mixed.ipynb").read_bytes()
    release = (root / "student_release/mixed/mixed.ipynb").read_bytes()
    return subjects_of(*bank, solution, release)


@pytest.fixture(scope="module")
def graded(root, tmp_path_factory):
    file = tmp_path_factory.mktemp("graded") / "mixed.ipynb"
    with Grader(read_bundle(root / "autograder/hidden_tests/mixed")) as grader:

        def grade(notebook: bytes, **how: bool) -> Score:
            file.write_bytes(notebook)
            score = grader.grade(file, **how)
            assert score.staff_notes == ()
            return score

        yield grade


def points(score: Score) -> dict[str, float]:
    return {question.name: question.points for question in score.questions if not question.manual}


def together(solution: bytes, wrong: Mapping[str, str]) -> bytes:
    """Return the solution with other answers to some questions."""
    notebook = json.loads(solution)
    for cell in notebook["cells"]:
        question = next((q for q in wrong if cell["id"] == f"{q.split('_')[0]}_solution"), None)
        cell["source"] = wrong[question] if question else cell["source"]
    return json.dumps(notebook).encode()


def by_otter(root: Path, subject: Subject, room: Path) -> dict[str, float]:
    archive = (root / "build/mixed-otter.zip").read_bytes()
    return otter_run.run_cells("mixed", subject.notebook, archive, room)


def test_right_answers_have_full_marks_here_and_in_otter(root, subjects, graded, tmp_path):
    for subject in (subjects.solution, *subjects.accepted):
        score = graded(subject.notebook, always_diagnose=True)
        assert points(score) == FULL
        assert not any(question.misconceptions for question in score.questions)
        assert (score.points, score.max_points) == (100, 90)  # question 8 comes on top
        assert by_otter(root, subject, tmp_path) == FULL


def test_the_untouched_release_has_no_points_and_says_why(subjects, graded):
    assert graded(subjects.blank.notebook).notes[0].startswith("Nothing was answered")
    score = graded(subjects.blank.notebook, blank_too=True)
    assert set(points(score).values()) == {0}
    (choice,) = [question for question in score.questions if question.name == "q4_choice"]
    assert choice.tests[-1].facts == "`choice` is still `...`: assign your answer to it."


def test_each_known_bug_costs_its_question_and_is_named(root, bank, subjects, graded, tmp_path):
    bugs = bank[1].answers.bugs
    firsts = {bug.question: bug for bug in reversed(bugs)}
    seconds = {bug.question: bug for bug in bugs if bug not in firsts.values()}
    for chosen in (firsts, seconds):
        wrong = {question: bug.source for question, bug in chosen.items()}
        score = graded(together(subjects.solution.notebook, wrong))
        named = {q.name: [m.slug for m in q.misconceptions] for q in score.questions}
        for question in score.questions:
            if question.name in chosen:
                assert question.outcome is Outcome.FAILED, question.name
                assert named[question.name][:1] == [chosen[question.name].slug]
            elif not question.manual:
                assert question.points == FULL[question.name] and not named[question.name]
    wrong_ones = Subject("bugs", together(subjects.solution.notebook, wrong))
    assert by_otter(root, wrong_ones, tmp_path) == points(score)


@pytest.mark.parametrize("kind", STUBS)
def test_stubs_earn_nothing(kind, subjects, graded):
    (subject,) = [subject for subject in subjects.stubs if subject.kind is kind]
    assert set(points(graded(subject.notebook)).values()) == {0}


def test_the_release_and_the_bundles_hold_what_they_should(root):
    assert (root / "student_release/mixed/testing/shapes.py").is_file()
    assert not (root / "student_release/mixed/testing/cells.py").exists()
    readme = (root / "student_release/mixed/README.md").read_text("utf-8")
    assert "| `q8_file` | 10 on top |" in readme and "| `q9_practice` | not graded |" in readme
    requirements = unpacked((root / "build/mixed-gradescope.zip").read_bytes())["requirements.txt"]
    assert b"pandas==" in requirements
    names = {path.name for path in (root / "student_release/mixed/seqlab").iterdir()}
    assert "charts.py" in names and "gradients.py" not in names
