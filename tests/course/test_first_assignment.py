"""`unroll new`: a course whose one assignment has a question of each kind, built and proven.

It is also the small course on which these kinds are tested: a function, a table of pandas, a
number, a choice, a word, a query in SQL, a chart, a file, a question without points, and a written
answer. The laws are checked on few notebooks: each holds the known bugs or stubs of all questions.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import ROOT

from autograder.assignment.answers import FILE as ANSWERS
from autograder.assignment.bundle import Bundle, read_bundle
from autograder.grader import Grader
from autograder.results.score import Outcome, Score
from tools.commands import cli
from tools.commands.new import TEMPLATE
from tools.course.settings import Stub
from tools.files import unpacked, write
from tools.grading import otter_run
from tools.master.known_answers import read_bank
from tools.master.master import read
from tools.proof.subjects import Subject, subjects_of

# A formatter writes two spaces before a comment.
FORMATTED, TAG = '"""  # ', '""" # '
README = ROOT / "assignments/README.md"
FULL = {"q1_gru": 30, "q2_means": 15, "q3_parameters": 10, "q4_choice": 5, "q5_word": 5}
FULL |= {"q6_query": 15, "q7_chart": 10, "q8_file": 10, "q9_practice": 0}
# Each kind shows another hole in a test: a constant, the public examples, changed arguments, a form
# that is nearly right.
STUBS = (Stub.CONSTANT, Stub.RECALL, Stub.VANDAL, Stub.WRONG_SHAPE)


def questions_of_the_readme() -> list[dict]:
    """Return the cells of the questions that assignments/README.md shows."""
    text = (ROOT / "assignments/README.md").read_text("utf-8")
    blocks = re.findall(r"^````\n(.*?)^````", text, re.MULTILINE | re.DOTALL)
    config = "# ASSIGNMENT CONFIG\nname: examples\ntests: {files: true, ok_format: false}"
    cells = [("raw", config), ("code", "import numpy as np")]
    for line in "\n".join(blocks).splitlines():
        kind, body = line[:8].strip(), line[8:]
        if kind:
            cells.append((kind, body))
        elif cells[-1][0] == "raw" and body.startswith("#"):
            cells.append(("markdown", body))  # the text below the settings of a question
        else:
            cells[-1] = (cells[-1][0], f"{cells[-1][1]}\n{body}")
    return [{"cell_type": k, "source": s.strip(), "metadata": {}} for k, s in cells]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "course"
    cli.unroll(["new", "mixed", "--root", str(folder)], standalone_mode=False)
    own = folder / "assignments/examples"
    notebook = {"cells": questions_of_the_readme(), "nbformat": 4, "nbformat_minor": 5}
    write(own / "examples.ipynb", json.dumps(notebook | {"metadata": {}}).encode())
    write(own / "assignment.toml", b'title = "The examples of the README"\n')
    bug = re.search(r"^```toml\n(\[q4_.*?)^```", README.read_text("utf-8"), re.M | re.S)
    write(own / "known_bugs.toml", bug[1].encode())
    course = folder / "assignments/course.toml"
    course.write_text(course.read_text("utf-8").replace('["mixed"]', '["mixed", "examples"]'))
    cli.unroll(["format", "--root", str(folder)], standalone_mode=False)
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
    folder = tmp_path_factory.mktemp("graded")
    with Grader(read_bundle(root / "autograder/hidden_tests/mixed")) as grader:

        def grade(notebook: bytes, name: str = "mixed", **how) -> Score:
            file = folder / f"{name}.ipynb"
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


@pytest.fixture(scope="module")
def bare(root, tmp_path_factory) -> Bundle:
    """The tests without the right answers, as a proof grades stubs: nothing is diagnosed."""
    tests = root / "autograder/hidden_tests/mixed"
    folder = tmp_path_factory.mktemp("bare") / "mixed"
    return read_bundle(shutil.copytree(tests, folder, ignore=shutil.ignore_patterns(ANSWERS)))


@pytest.mark.parametrize("kind", STUBS)
def test_stubs_earn_nothing(kind, subjects, graded, bare):
    (subject,) = [subject for subject in subjects.stubs if subject.kind is kind]
    assert set(points(graded(subject.notebook, bundle=bare)).values()) == {0}


def test_the_release_and_the_bundles_hold_what_they_should(root):
    assert (root / "student_release/mixed/testing/shapes.py").is_file()
    assert not (root / "student_release/mixed/testing/cells.py").exists()
    readme = (root / "student_release/mixed/README.md").read_text("utf-8")
    assert "| `q8_file` | 10 on top |" in readme and "| `q9_practice` | not graded |" in readme
    requirements = unpacked((root / "build/mixed-gradescope.zip").read_bytes())["requirements.txt"]
    assert b"pandas==" in requirements
    names = {path.name for path in (root / "student_release/mixed/seqlab").iterdir()}
    assert "charts.py" in names and "gradients.py" not in names


def test_the_examples_of_the_readme_are_proven(root, graded):
    master = read((root / "assignments/examples/examples.ipynb").read_text("utf-8"), "examples")
    bank = read_bank(root, master)
    solution = (root / "solutions/examples.ipynb").read_bytes()
    release = (root / "student_release/examples/examples.ipynb").read_bytes()
    found = subjects_of(master, bank, solution, release)
    how = {"bundle": read_bundle(root / "autograder/hidden_tests/examples"), "name": "examples"}
    full = {"q4_softmax": 5, "q5_counter": 10}
    score = graded(found.solution.notebook, always_diagnose=True, **how)
    assert points(score) == full and not any(q.misconceptions for q in score.questions)
    (bug,) = found.bugs
    score = graded(bug.notebook, **how)
    assert points(score) == full | {"q4_softmax": 0}
    assert [m.slug for m in score.questions[0].misconceptions] == [bug.name]
    for subject in found.stubs:
        if subject.kind in STUBS:
            assert points(graded(subject.notebook, **how)) == dict.fromkeys(full, 0), subject.name


def test_the_other_examples_are_parts_of_the_first_assignment():
    text = "".join(
        "".join(cell["source"]) + "\n"
        for cell in json.loads((TEMPLATE / "first.ipynb").read_text("utf-8"))["cells"]
    )
    shown = re.findall(
        r"^```python\n(.*?)^```", README.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(shown) > 4
    for block in shown:
        assert block.replace(FORMATTED, TAG) in text.replace(FORMATTED, TAG), block
