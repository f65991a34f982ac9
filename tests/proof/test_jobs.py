"""Jobs of a proof: what of an earlier record stays, and which checks go together."""

import io
import json
import zipfile
from dataclasses import replace

import pytest

from autograder.assignment.answers import Answer, Answers, Bug
from autograder.results.score import NO_DIAGNOSIS, Outcome, QuestionScore, Score
from tools.course.settings import Stub
from tools.grading.store import is_settled, score_of
from tools.grading.task import Examine, Kit, RunOtter
from tools.master.known_answers import Bank
from tools.proof.jobs import AlikeJob, CheckJob, Keys, packed
from tools.proof.plan import Check
from tools.proof.subjects import Subject
from tools.proof.traces import leaves_traces
from tools.proof.verdict import Law

QUESTIONS = ("q1", "q2")
FILES = {
    "assignment.json": {"questions": [{"name": name, "points": 1} for name in QUESTIONS]},
    "q1.py": "test of q1",
    "q2.py": "test of q2",
    "testing/oracle.py": "what tests share",
}


def keys(**changed: str) -> Keys:
    """Return the keys of an assignment in which these files are others; `bug`: the bug of q2."""
    bug = Bug("q2_bug", "q2", "A hint", changed.pop("bug", "2"))
    named = {"testing": "testing/oracle.py", "q1": "q1.py", "q2": "q2.py"}
    files = FILES | {named[name]: text for name, text in changed.items()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for path, text in files.items():
            if path.startswith("q"):
                zipped.writestr(f"tests/{path}", text)
            elif path.startswith("testing/"):
                zipped.writestr(f"files/{path}", text)
    kit = Kit(
        {path: json.dumps(text).encode() for path, text in files.items()}, None, archive.getvalue()
    )
    answers = Answers((), tuple(Answer(name, (name,), "1") for name in QUESTIONS), (bug,))
    return Keys("a", kit, Bank(answers, ()))


def check(work: Examine | RunOtter, law: Law = Law.ACCEPT, **about) -> Check:
    return Check(law, Subject("one", b"a notebook", **about), work, seconds=4.0)


def examined(**points: float) -> dict:
    questions = (
        QuestionScore(name, got, 1.0, Outcome.PASSED if got == 1 else Outcome.FAILED)
        for name, got in points.items()
    )
    return {"score": Score("a", "", "", tuple(questions)).to_json(), "seconds": 1.0}


RIGHT, BARE, OTTER = Examine(QUESTIONS, diagnose=True), Examine(bare=True), RunOtter()


@pytest.mark.parametrize(
    ("work", "changed", "left"),
    [
        (RIGHT, {"q2": "another test"}, ("q2",)),
        (BARE, {"q1": "another test"}, ("q1",)),
        (OTTER, {"q2": "another test"}, ("q2",)),
        (RunOtter(whole=True), {"q2": "another test"}, ()),  # in a kernel, all or nothing
        (RIGHT, {"bug": "3"}, ("q2",)),
        (BARE, {"bug": "3"}, None),  # nothing is diagnosed
        (OTTER, {"bug": "3"}, None),
        (RIGHT, {"testing": "another oracle"}, ()),
        (OTTER, {"testing": "another oracle"}, ()),
        (RIGHT, {"q1": "another", "q2": "another"}, ()),
    ],
)
def test_what_is_left_after_a_change(work, changed, left):
    before, job = (each.job(check(work)) for each in (keys(), keys(**changed)))
    done = {"otter": dict.fromkeys(QUESTIONS, 1.0), "seconds": 1.0}
    record = before.completed(done if isinstance(work, RunOtter) else examined(q1=1, q2=1))
    if left is None:
        assert job.key == before.key
        return
    assert job.key != before.key
    now = job.after([record])
    assert now.left == left
    assert now.work.only == (left or work.only)
    assert now.seconds == (2.0 if left else 4.0)


def test_a_record_is_completed_by_what_was_left():
    first, job = keys().job(check(RIGHT)), keys(q2="another test").job(check(RIGHT))
    now = job.after([first.completed(examined(q1=1, q2=1))])
    whole = now.completed(examined(q2=1))
    assert [question.name for question in score_of(whole).questions] == ["q1", "q2"]
    assert job.after([whole]).left == ()  # of the same tests there is nothing to keep
    assert keys(q1="another", q2="another test").job(check(RIGHT)).after([whole]).left == ("q1",)
    # What failed may depend on the other questions: then all are examined.
    assert now.completed(examined(q2=0)) is None
    assert now.whole() == job
    failed = first.completed(examined(q1=0, q2=1))
    assert job.after([failed]).left == ()
    # Bare, nothing stands in for what failed.
    first, job = keys().job(check(BARE)), keys(q2="another test").job(check(BARE))
    now = job.after([{"score": "damaged"}, first.completed(examined(q1=0, q2=1))])
    points = [question.points for question in score_of(now.completed(examined(q2=0))).questions]
    assert points == [0, 0]


@pytest.mark.parametrize(
    ("outcome", "note", "settled"),
    [
        (Outcome.FAILED, "q1: the cell c of the solution fails where right answers run", True),
        (Outcome.FAILED, f"q1{NO_DIAGNOSIS}did not finish in time.", False),
        (Outcome.BROKEN, "", False),
    ],
)
def test_what_the_grader_did_not_end_is_done_again(outcome, note, settled):
    """A busy machine may cost a diagnosis; nothing of that may stay."""
    question = QuestionScore("q1", 0.0, 1.0, outcome)
    score = Score("a", "s", "a.ipynb", (question,), staff_notes=(note,) if note else ())
    record = keys().job(check(BARE)).completed({"score": score.to_json(), "seconds": 1.0})
    assert is_settled(record) is settled
    changed = keys(q2="another test").job(check(BARE))
    assert changed.after([record]).left == (("q2",) if settled else ())


def test_points_of_otter_are_completed_too():
    now = keys(q1="another").job(check(OTTER))
    now = now.after([keys().job(check(OTTER)).completed({"otter": {"q1": 1, "q2": 5}})])
    assert now.completed({"otter": {"q1": 3}})["otter"] == {"q1": 3, "q2": 5}


def test_what_goes_together():
    def job(law: Law, name: str, question: str, seconds: float, alike: bool = True) -> CheckJob:
        subject = Subject(name, b"", (question,), alike=alike)
        return CheckJob(Check(law, subject, Examine((question,)), seconds), "a", "")

    jobs = [
        job(Law.BITE, "b1", "q1", 2.0),
        job(Law.BITE, "b2", "q2", 2.0),
        job(Law.BITE, "b3", "q1", 2.0),
        job(Law.ACCEPT, "a1", "q1", 1.0),
        job(Law.FAIR, "f1", "q1", 9.0, alike=False),
        job(Law.SOLUTION, "the solution", "q1", 0.5),
    ]
    done = packed(jobs, b"", workers=1)
    names = [
        [each.check.subject.name for each in job.jobs] if isinstance(job, AlikeJob) else job.whose
        for job in done
    ]
    # No pack is longer than it must be; the longest comes first.
    assert names == ["f1", "b1", "b3", "b2", "a1", "the_solution"]
    short = [replace(each, check=replace(each.check, seconds=0.1)) for each in jobs[:4]]
    counts = [job.count for job in packed(short, b"", workers=1)]
    assert counts == [3, 1]  # whoever is left alone is graded alone


@pytest.mark.parametrize(
    ("code", "leaves"),
    [
        ("import numpy as np\ndef f(x):\n    return np.exp(x).copy()", False),
        ("from parts import g\ndef f(x):\n    return g(x)", False),
        ("import torch\ndef f(x):\n    torch.save(x, 'x.pt')", True),
        ("def f(x):\n    open('x', 'w').write(x)", True),
        ("from pathlib import Path", True),
        ("import subprocess", True),
        ("this is no Python", True),
    ],
)
def test_what_may_leave_something_behind(code, leaves):
    assert leaves_traces(code, frozenset({"parts"})) == leaves


def test_only_notebooks_that_begin_as_the_solution_are_graded_together():
    assert check(Examine(), Law.STUB, kind=Stub.ZERO, alike=True).alike
    assert not check(Examine(), Law.STUB).alike
    assert not check(RunOtter(), Law.AGREE, alike=True).alike
    assert not check(Examine(), Law.SOLUTION, alike=True).alike
