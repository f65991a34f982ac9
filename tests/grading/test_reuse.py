"""A change of one question's tests: what is examined again, what is kept, and when all is new."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_grade_class import Here

from autograder.assignment.bundle import Bundle, Question, read_bundle
from autograder.results.score import Outcome, QuestionScore, Score
from tools.grading import batch, class_batch, regrade
from tools.grading.class_batch import Again
from tools.grading.reuse import merged, parts_of
from tools.grading.store import Store
from tools.grading.task import Kit, Task
from tools.handins.handin import Handin, Student

PASSED, FAILED, BROKEN = Outcome
QUESTIONS = ("q1", "q2", "q3")


def files(**changed: object) -> dict[str, bytes]:
    """The files of hidden_tests, with changed ones; `about` changes assignment.json."""
    questions = [{"name": name, "points": 10, "manual": False} for name in QUESTIONS]
    about = {"name": "tiny", "title": "Tiny", "feedback": "graded", "questions": questions}
    about |= changed.pop("about", {})
    tests = {f"{name}.py": b"tests" for name in QUESTIONS} | {"answers.json": b"{}"}
    tests["assignment.json"] = json.dumps(about).encode()
    return tests | {name.replace("__", "."): text for name, text in changed.items()}


@pytest.fixture
def bundle(built) -> Bundle:
    known = read_bundle(built.root / "autograder/hidden_tests/tiny")
    return replace(known, questions=tuple(Question(name, 10.0, False) for name in QUESTIONS))


@pytest.fixture
def class_of(bundle, tmp_path, monkeypatch):
    """Grade a class of three with a pretended grader; return the work by hand-in, and points.

    `all` passes all, `one` fails q2, `lent` fails q1 and passes q3 with a right answer lent.
    """
    handins = []
    for name in ("all", "one", "lent"):
        file = tmp_path / f"{name}.py"
        file.write_text(name)
        handins.append(Handin(name, (Student(name),), file))
    now = {"points": 10.0, "work": {}}

    def examined(task: Task) -> dict:
        name = Path(task.file).stem
        asked = QUESTIONS if task.work.only is None else task.work.only
        now["work"][name] = task.work.only
        failed = {"one": "q2", "lent": "q1"}.get(name)
        questions = [
            QuestionScore(
                q,
                0.0 if q == failed else now["points"],
                10.0,
                now.get("outcome") or (FAILED if q == failed else PASSED),
                carried=("q1",) if (name, q) == ("lent", "q3") else (),
                seconds=2.0,
            )
            for q in asked
        ]
        score = Score("tiny", "", task.file, tuple(questions), seconds=2.0 * len(asked))
        return {"score": score.to_json()}

    monkeypatch.setattr(batch, "perform", examined)

    def grade(kit: Kit, again: Again | None = None, ids=None, **about):
        now.update({"work": {}, "points": 10.0, "outcome": None} | about)
        with Store(tmp_path / ".store") as store, Here(1) as workers:
            of = class_batch.ClassBatch(handins, bundle, kit, store)
            of.grade(of.to_do(again, ids), workers, lambda _: None)
            points = {
                result.handin.id: [q.points for q in result.score.questions]
                for result in of.results()
                if result.score
            }
            changes = [c for j in of.jobs for c in regrade.latest_changes(j.handin, store, j.key)]
        told = [(c.handin.id, c.question, c.old, c.new) for c in changes]
        return now["work"], points, told

    return grade


def test_a_changed_test_is_examined_again_with_what_may_depend_on_it(class_of):
    work, points, _ = class_of(Kit(files()))
    assert work == {"all": None, "one": None, "lent": None}
    assert points == {"all": [10, 10, 10], "one": [10, 0, 10], "lent": [0, 10, 10]}
    work, points, told = class_of(Kit(files(q3__py=b"mended")), points=7.0)
    assert work == {"all": ("q3",), "one": ("q2", "q3"), "lent": ("q1", "q3")}
    assert points == {"all": [10, 10, 7], "one": [10, 0, 7], "lent": [0, 10, 7]}
    assert told == [(who, "q3", 10.0, 7.0) for who in ("all", "one", "lent")]
    assert class_of(Kit(files(q3__py=b"mended")))[0] == {}
    # What was put together from two records is a base for the next.
    work, points, _ = class_of(Kit(files(q1__py=b"mended", q3__py=b"mended")), points=5.0)
    assert work["all"] == ("q1",) and points["all"] == [5, 10, 7]


@pytest.mark.parametrize(
    ("changed", "work"),
    [
        ({"answers__json": b"[]"}, {"all": (), "one": ("q2",), "lent": ("q1", "q3")}),
        ({"about": {"limits": 3}}, {"all": None, "one": None, "lent": None}),
        ({"helper__py": b"new"}, {"all": None, "one": None, "lent": None}),
        ({"about": {"title": "Other", "feedback": "exam"}}, {}),
        (
            {"about": {"questions": [{"name": "q1", "points": 12, "manual": False}]}},
            {"all": ("q1",), "one": ("q1", "q2"), "lent": ("q1", "q3")},
        ),
    ],
)
def test_what_all_questions_share(class_of, changed, work):
    start = files()
    if "questions" in changed.get("about", {}):
        # The others' points are as before.
        changed["about"]["questions"] += json.loads(start["assignment.json"])["questions"][1:]
    class_of(Kit(start))
    assert class_of(Kit(files(**changed)))[0] == work


def test_another_version_or_another_file_is_examined_as_a_whole(class_of, tmp_path, monkeypatch):
    class_of(Kit(files()))
    (tmp_path / "one.py").write_text("one, again")
    changed = Kit(files(q3__py=b"mended"))
    assert class_of(changed)[0] == {"all": ("q3",), "one": None, "lent": ("q1", "q3")}
    monkeypatch.setattr(class_batch, "grader_version", lambda: "another")
    assert set(class_of(changed)[0].values()) == {None}


def test_a_broken_part_is_examined_again_from_the_last_whole_score(class_of):
    class_of(Kit(files()))
    changed = Kit(files(q3__py=b"mended"))
    class_of(changed, outcome=BROKEN)
    work, points, _ = class_of(changed, points=7.0)
    assert work["all"] == ("q3",) and points["all"] == [10, 10, 7]


def test_one_student_or_one_question_again(class_of):
    kit = Kit(files())
    class_of(kit)
    work, points, _ = class_of(kit, Again({"one": 1}), {"one"}, points=8.0)
    assert work == {"one": None} and points["one"] == [8, 0, 8]
    before = {"all": 1, "one": 2, "lent": 1}
    work, points, _ = class_of(kit, Again(before, ("q1",)), points=6.0)
    assert work == {"all": ("q1",), "one": ("q1", "q2"), "lent": ("q1", "q3")}
    assert points == {"all": [6, 10, 10], "one": [6, 0, 8], "lent": [0, 10, 6]}


def test_a_question_that_is_gone_or_new(bundle):
    kept = Score("tiny", "", "a", (QuestionScore("q0", 1, 1, PASSED, seconds=1.0),), seconds=4.0)
    fresh = Score("tiny", "", "b", (QuestionScore("q1", 10, 10, PASSED, seconds=2.0),))
    found = merged(kept, fresh, {"q1"}, bundle)
    assert [(q.name, q.points) for q in found.questions] == [("q1", 10), ("q2", 0), ("q3", 0)]
    assert (found.submission, found.seconds, found.max_points) == ("b", 6.0, 30)


def test_what_cannot_be_read_is_a_part_too():
    assert parts_of({"assignment.json": b"{"}) != parts_of({"assignment.json": b"["})


def test_another_regrade_begins_anew(tmp_path):
    with Store(tmp_path) as store:
        store.put("anna", "0" * 32, {})
        assert regrade.Regrade(tmp_path, ["anna"]).begin(store, ["anna"]) == {"anna": 1}
        store.put("anna", "0" * 32, {})
        assert regrade.Regrade(tmp_path, ["anna"]).begin(store, ["anna"]) == {"anna": 1}
        assert regrade.Regrade(tmp_path, ["q1"]).begin(store, ["anna"]) == {"anna": 2}
