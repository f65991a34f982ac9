"""`unroll new`: a course whose assignment has a question of each kind: built, proven, rehearsed.

It is also the small course on which these kinds are tested: a function, a table of pandas, a
number, a choice, a word, a query in SQL, a chart, a file, a question without points, and a written
answer. It keeps all laws, as `unroll verify` judges them.
"""

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest
from conftest import ROOT

from autograder.assignment.bundle import read_bundle
from autograder.grader import Grader
from autograder.results.score import Score
from tools.commands import cli
from tools.commands.new import TEMPLATE
from tools.course.settings import Stub
from tools.files import unpacked, write
from tools.grading import otter_run
from tools.grading.desk import Desk
from tools.grading.task import Kit, Task
from tools.master.known_answers import read_bank
from tools.master.master import read
from tools.proof import plan, subjects
from tools.proof.plan import Scope
from tools.proof.prove import prove
from tools.proof.subjects import subjects_of
from tools.proof.verdict import Law, State
from tools.rehearsal import rehearse

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


class Here:
    """Workers of a proof that are none: each task is done at once, in this process."""

    count = window = 1

    def __init__(self, grader: Grader) -> None:
        self._grader, self._desk = grader, None

    def equipped(self, kit: Kit, _: Callable[[], None]) -> "Here":
        self._desk = self._desk or Desk(kit)
        self._desk.grader = self._grader
        return self

    def submit(self, _: Callable, task: Task) -> Future:
        done = Future()
        done.set_result(self._desk.perform(task))
        return done

    def leave(self) -> None:
        self._desk.grader = None
        self._desk.close()


@pytest.fixture(scope="module")
def grader(root):
    with Grader(read_bundle(root / "autograder/hidden_tests/mixed")) as grader:
        yield grader


@pytest.fixture(scope="module")
def proof(root, grader):
    """The quick proof, with the stubs and semesters of which each shows another hole."""
    staff = Here(grader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subjects, "KINDS", STUBS)
        patch.setattr(plan, "QUICK_SEEDS", 1)
        yield prove(root, "mixed", Scope(), staff, forget=False, tell=lambda _: None)
    staff.leave()


@pytest.fixture(scope="module")
def graded(grader, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded")

    def grade(notebook: bytes, name: str = "mixed", **how) -> Score:
        file = folder / f"{name}.ipynb"
        file.write_bytes(notebook)
        score = grader.grade(file, **how)
        assert score.staff_notes == ()
        return score

    return grade


def points(score: Score) -> dict[str, float]:
    return {question.name: question.points for question in score.questions if not question.manual}


def together(solution: bytes, wrong: Mapping[str, str]) -> bytes:
    """Return the solution with other answers to some questions."""
    notebook = json.loads(solution)
    for cell in notebook["cells"]:
        question = next((q for q in wrong if cell["id"] == f"{q.split('_')[0]}_solution"), None)
        cell["source"] = wrong[question] if question else cell["source"]
    return json.dumps(notebook).encode()


def by_otter(root: Path, notebook: bytes, room: Path) -> dict[str, float]:
    archive = (root / "build/mixed-otter.zip").read_bytes()
    return otter_run.run_cells("mixed", notebook, archive, room)


def test_all_laws_hold(proof):
    broken = [line for verdict in proof.verdicts.values() for line in verdict.problems]
    assert broken == []
    assert list(proof.verdicts) == [law for law in Law if law is not Law.MUTANTS]
    assert {verdict.state for verdict in proof.verdicts.values()} == {State.HOLDS}
    checked = {law.value: verdict.checked for law, verdict in proof.verdicts.items()}
    assert checked | {"fresh": ""} == {
        "leak": "the release",
        "fresh": "",
        "solution": "9 questions",
        "blank": "9 questions",
        "bite": "11 bugs",
        "diagnose": "11 bugs, 2 right answers",
        "accept": "1 answer",
        "fair": "3 oddities",
        "alone": "2 gradings",
        "stub": "36 stubs",
        "seed": "1 answer, up to 1 seed",
        "agree": "2 notebooks",
    }
    solution = proof.evidence.examined[proof.subjects.solution.name]
    assert points(solution) == FULL
    assert (solution.points, solution.max_points) == (100, 90)  # question 8 comes on top


def test_the_untouched_release_says_what_is_missing(proof, graded):
    blank = proof.subjects.blank
    assert graded(blank.notebook).notes[0].startswith("Nothing was answered")
    score = proof.evidence.examined[blank.name]
    (choice,) = [question for question in score.questions if question.name == "q4_choice"]
    assert choice.tests[-1].facts == "`choice` is still `...`: assign your answer to it."


def test_otter_agrees_on_other_right_answers_and_on_bugs(root, proof, tmp_path):
    (accepted,) = proof.subjects.accepted
    assert by_otter(root, accepted.notebook, tmp_path) == FULL
    wrong = {bug.question: bug.source for bug in proof.bank.answers.bugs}
    notebook = together(proof.subjects.solution.notebook, wrong)
    found = by_otter(root, notebook, tmp_path)
    assert {question for question in FULL if found[question] < FULL[question]} == wrong.keys()


def test_the_bundle_for_gradescope_grades_the_solution(root, monkeypatch):
    """What else is rehearsed, the tiny course shows."""
    acts = rehearse._acts
    monkeypatch.setattr(rehearse, "_acts", lambda *about: acts(*about)[:1])
    checks = list(rehearse.rehearse(root, "mixed", rehearse.Limits()))
    assert [check for check in checks if not check.passed] == []
    assert "100 of 90" in {check.found for check in checks}


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
