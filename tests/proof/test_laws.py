"""The laws of a proof: each fault planted in the tiny assignment breaks its own law."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from types import SimpleNamespace

import pytest
from conftest import Project, copy_course

from autograder.grader import Grader
from autograder.mutants.mutant import Mutant
from autograder.results.score import Outcome, QuestionScore, Score, TestScore
from tools.course.settings import Stub, read_assignment
from tools.grading.desk import Desk
from tools.grading.store import score_of
from tools.grading.task import Examine, ExamineAlike, Kit, Task, Work
from tools.master import known_answers
from tools.master.master import read
from tools.proof import jobs, laws, plan
from tools.proof.circumstances import TOGETHER
from tools.proof.evidence import Evidence
from tools.proof.subjects import Subject, Subjects, subjects_of
from tools.proof.verdict import Law, State, not_reached
from tools.release import build, freshness

BUGS = "assignments/tiny/known_bugs.toml"
SUMS = "assignments/tiny/accepted/sums.py"


# --- planted faults ---------------------------------------------------------------------------


@contextlib.contextmanager
def at_work(project: Project, grader: Grader) -> Iterator[SimpleNamespace]:
    """Build the project; give what a quick proof looks at, and a way to grade it."""
    build.build(project.root, ["tiny"])
    folder = project.root / "autograder/hidden_tests/tiny"
    master = read(project.master.read_text(encoding="utf-8"), "tiny")
    solution, release = (
        (project.root / path).read_bytes()
        for path in ("solutions/tiny.ipynb", "student_release/tiny/tiny.ipynb")
    )
    subjects = subjects_of(master, known_answers.read_bank(project.root, master), solution, release)
    desk = Desk(Kit({file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}))
    desk.grader = grader
    evidence = Evidence()

    def grade(checks) -> None:
        examined = [check for check in checks if isinstance(check.work, Examine)]
        examined = [jobs.CheckJob(check, "tiny", "") for check in examined]
        for job in jobs.packed(examined, solution, workers=1):
            for each, record in job.parts(desk.perform(job.task())):
                each.check.note(record, evidence)

    quick = plan.Plan("tiny", subjects, full=False)
    times = {question.name: 0.1 for question in desk.bundle.graded}
    yield SimpleNamespace(
        subjects=subjects, evidence=evidence, grade=grade, plan=quick, times=times
    )
    desk.grader = None
    desk.close()


Broken = dict[Law, tuple[str, ...]]


def proven(project: Project, grader: Grader) -> Callable[..., Broken]:
    """Build the project and grade what the quick proof needs; return what judges it."""
    with at_work(project, grader) as work:
        work.grade(work.plan.ends())
        rest = work.plan.rest(work.times)
        # That law has a test of its own.
        work.grade(check for check in rest if check.law is not Law.ALONE)
    subjects, evidence = work.subjects, work.evidence
    about = read_assignment(project.root, "tiny")

    def judge(stubs: Mapping[tuple[str, Stub], float] = about.stubs) -> Broken:
        verdicts = [
            laws.solution(subjects, evidence),
            laws.blank(subjects, evidence),
            laws.bite(subjects, evidence, about.builds_on),
            laws.diagnose(subjects, evidence),
            laws.accept(subjects, evidence),
            laws.stub(subjects, evidence, stubs),
            laws.seed(evidence),
        ]
        return {v.law: v.problems for v in verdicts if v.state is State.BROKEN}

    return judge


@pytest.mark.parametrize("full", [False, True], ids=["quick", "full"])
def test_what_is_checked_does_not_depend_on_how_fast_the_machine_is(full):
    solution, stub = Subject("right", b"1"), Subject("stub", b"2", ("q1", "q2"), Stub.ZERO)
    other = Subject("other", b"3", ("q1", "q2"))
    subjects = Subjects(solution, Subject("blank", b"4"), (), (other,), (stub,))
    plans = [plan.Plan("tiny", subjects, full, slow) for slow in ((), ("q2",))]
    asked = [
        [(check.subject.name, check.work) for check in each.rest({"q1": seconds, "q2": seconds})]
        for each in plans
        for seconds in (0.01, 60.0)
    ]
    assert asked[0] == asked[1] and asked[2] == asked[3]
    # The full form draws fewer seeds for answers to slow questions.
    found = [[t.only for name, t in each if _is_seeded(name, t)] for each in asked[::2]]
    assert [len(each) for each in found] == ([100, 100] if full else [0, 0])
    only = found[1]
    assert only == ([("q1", "q2")] * 10 + [("q1",)] * 90 if full else [])


def _is_seeded(name: str, work: Work) -> bool:
    return name == "other" and isinstance(work, Examine) and work.seed is not None


def about(found: Broken, question: str) -> dict[Law, list[str]]:
    """Return what is broken in a question: "q1" is its number and begins its bugs' names."""
    told = {law: [each for each in said if f"{question}_" in each] for law, said in found.items()}
    return {law: said for law, said in told.items() if said}


def add_bug(project: Project, slug: str, find: str, replace: str) -> None:
    with (project.root / BUGS).open("a", encoding="utf-8") as file:
        file.write(
            f'\n[{slug}]\nquestion = "q1_double"\nfind = "{find}"\nreplace = "{replace}"\n'
            'hint = "What is twice your number?"\n'
        )


def test_a_bug_may_cost_points_where_a_question_is_about_the_same_answer():
    def score(**lost: float) -> Score:
        tests = (TestScore("t", True, 0.0, 5.0, Outcome.FAILED, facts="x"),)
        questions = [
            QuestionScore(name, 5.0 - lost.get(name, 0), 5.0, Outcome.FAILED, tests)
            for name in ("q1", "q2")
        ]
        return Score("tiny", "", "", tuple(questions))

    subjects = Subjects(None, None, (Subject("q1_bug", b"", ("q1",)),), (), ())
    evidence = Evidence(examined={"q1_bug": score(q1=2.0, q2=3.0)})
    (problem,) = laws.bite(subjects, evidence, {}).problems
    assert "q1_bug loses 3 points in q2 too" in problem
    assert laws.bite(subjects, evidence, {"q2": ("q1",)}).state is State.HOLDS
    # It must still lose its own points.
    evidence = Evidence(examined={"q1_bug": score(q2=3.0)})
    assert laws.bite(subjects, evidence, {"q2": ("q1",)}).state is State.BROKEN


def test_nothing_is_broken_before_anything_is_planted(project, grader):
    assert proven(project, grader)() == {}


@pytest.fixture(scope="module")
def lenient(tmp_path_factory, grader) -> Broken:
    """What is broken where each question has a test that lets something pass, and one has luck."""
    project = copy_course(tmp_path_factory.mktemp("lenient") / "project")
    project.edit("q1_test_negative", "double(-3), -6", "double(2), 4")
    unlucky = "rng.random() < 0.7"  # three times in four, but not in the current semester
    project.edit(
        "q1_test_array",
        "    for shape in",
        f'    if {unlucky}:\n        raise AssertionError("bad luck")\n    for shape in',
    )
    project.edit("q2_test_spread", "[1.247219128924647]", "[1.247219128924647], atol=1.0")
    call = 'assert_equal("quiet()", quiet(), "hush")'
    project.edit("q3_test_word", call, f"if callable(quiet) and False:\n        {call}")
    return proven(project, grader)()


def test_a_hidden_test_that_repeats_a_public_one(lenient):
    (said,) = about(lenient, "q1")[Law.STUB]
    assert said.startswith("the recall stub earns 10 points in q1_double (Numbers below zero")


def test_a_test_that_needs_luck(lenient):
    said = about(lenient, "q1")
    assert list(said) == [Law.STUB, Law.SEED]
    assert "with seed" in said[Law.SEED][0] and "depends on luck" in said[Law.SEED][0]


def test_a_tolerance_of_one(lenient):
    said = about(lenient, "q2")
    assert said[Law.BITE][0].startswith("q2_sample_spread loses no points")


def test_a_test_that_passes_before_anything_is_written(lenient):
    said = about(lenient, "q3")
    assert said[Law.BLANK] == [
        'the untouched release earns 30 points in q3_quiet, "The right word". Let that test call '
        "the answer and compare what it returns."
    ]


@pytest.fixture(scope="module")
def blind(tmp_path_factory, grader) -> Callable[..., Broken]:
    """What judges a course whose tests see less than they seem to."""
    project = copy_course(tmp_path_factory.mktemp("blind") / "project")
    project.edit("q1_test_array", "rng.normal(size=shape)", "np.zeros(shape)")
    add_bug(project, "q1_swapped", "2 * x", "x * 2")
    project.edit("q2_test_values", 'assert_close("the centered values", ', "same = np.allclose(")
    project.edit("q2_test_values", 'assert_close("one column", ', "same = np.allclose(")
    return proven(project, grader)


def test_a_comparator_that_returns_instead_of_raising(blind):
    assert about(blind(), "q2")[Law.BITE][0] == (
        "q2_one_mean loses no points: all tests of q2_center that have points pass. Add a test "
        "that sees it, or remove it from known_bugs.toml."
    )


def test_a_hidden_test_that_feeds_zeros(blind):
    found = about(blind(), "q1")
    unseen = [each for law in (Law.BITE, Law.DIAGNOSE) for each in found.pop(law)]
    assert all("q1_swapped" in each for each in unseen)
    assert list(found) == [Law.STUB]
    (said,) = found[Law.STUB]
    assert said.startswith("the zero, identity, ")
    assert " stubs earn 20 points in q1_double (An array of random numbers is doubled" in said


def test_a_bug_that_changes_nothing_visible(blind):
    (said,) = about(blind(), "q1")[Law.BITE]
    assert said.startswith("q1_swapped loses no points")


def test_a_stub_that_may_earn_points(blind, project):
    kinds = [kind for kind in Stub if kind not in (Stub.CONSTANT, Stub.NAN, Stub.WRONG_SHAPE)]
    with (project.root / "assignments/tiny/assignment.toml").open("a") as file:
        file.write("\n[stubs]\n" + "".join(f'"q1_double.{kind}" = 20\n' for kind in kinds))
    allowed = read_assignment(project.root, "tiny").stubs
    assert Law.STUB in about(blind(), "q1")
    assert Law.STUB not in about(blind(allowed), "q1")


def test_a_wrong_solution(project, grader):
    project.edit("q1_solution", "return 2 * x", "return 2 * x + 1")
    said = proven(project, grader)()[Law.SOLUTION][0]
    assert said.startswith("the solution loses 30 points in q1_double (")
    assert said.endswith("Mend the solution, or the test.")


def test_an_accepted_answer_that_is_wrong_and_a_bug_that_gets_the_hint_of_another(project, grader):
    project.edit_file(SUMS, "return x + x", "return x + x + x")
    add_bug(project, "q1_power", "2 * x", "x**2")
    found = proven(project, grader)()
    assert list(found) == [Law.DIAGNOSE, Law.ACCEPT]
    assert found[Law.ACCEPT][0].startswith("accepted/sums.py loses 30 points in q1_double (")
    said, *named = found[Law.DIAGNOSE]
    assert said.startswith("5 of 6 bugs are named by their own hint first, fewer than 95%.")
    assert named == ["q1_power is named after q1_square"]


# Each fault costs points in one circumstance; the first lines of hidden tests.
CIRCUMSTANCES = {
    "q1_test_array": "    from seqlab import checks as left\n\n    left.changed = True\n",
    "q1_test_negative": "    from seqlab import checks as left\n\n"
    '    assert not hasattr(left, "changed"), "changed by another test"\n',
    "q2_test_values": "    import numpy\n\n    numpy.left = scale(double(1))\n"
    '    assert numpy.left == 6, "not the given function"\n',
    "q2_test_spread": '    import numpy\n\n    assert hasattr(numpy, "left"), "nothing left"\n',
    "q3_test_word": "    import os\n    import time\n\n"
    '    ahead = vars(time)["time"]() - os.stat("/proc/self").st_mtime\n'
    '    assert ahead < 9e5, "too late"\n',
}


def test_tests_that_depend_on_each_other_the_date_or_a_given_function(project, grader):
    (project.root / "assignments/tiny/helpers.py").write_text("def scale(x):\n    return 3 * x\n")
    project.edit_file(
        "assignments/tiny/assignment.toml", '"words.txt"', '"words.txt", "helpers.py"'
    )
    project.edit("code", "import numpy", "from helpers import *\nimport numpy")
    project.edit("q2_text", "Write", "`scale` is given: it triples a number.\n\nWrite")
    project.edit("q2_test_values", "(center)", "(center, double, scale)")
    for cell, lines in CIRCUMSTANCES.items():
        project.edit(cell, "    from seqlab.checks", f"{lines}    from seqlab.checks")
    with at_work(project, grader) as work:
        rest = list(work.plan.rest(work.times))
        work.grade(check for check in rest if check.law is Law.ALONE)
        assert laws.lost_under(TOGETHER.name, work.evidence)
        work.grade(work.plan.causes(work.times))
    assert laws.alone(work.evidence).problems == (
        'the solution, each test alone, loses 15 points in q2_center ("The spread of a known '
        'column": nothing left). It needs what another test leaves behind: let it make its own.',
        'the solution, last test first, loses 10 points in q1_double ("Numbers below zero → twice '
        'as far from it": changed by another test). Another test changes what it reads, or makes '
        "what it needs: let each make its own.",
        'the solution, last test first, loses 15 points in q2_center ("The spread of a known '
        'column": nothing left). Another test changes what it reads, or makes what it needs: let '
        "each make its own.",
        'the solution, 400 days later, loses 30 points in q3_quiet ("The right word": too late). '
        "It depends on today's date: compare with a fixed one.",
        'the solution, given functions redefined, loses 25 points in q2_center ("Random '
        'observations of eight columns lose their own mean": not the given function). It uses a '
        "function that is given in the notebook, which a student may redefine: import it from "
        "seqlab or testing.",
    )


def test_a_line_of_the_solution_in_the_release(built):
    master = read(built.master.read_text(encoding="utf-8"), "tiny")
    assignment = read_assignment(built.root, "tiny")
    assert freshness.leaks(built.root, master, assignment) == []
    file = built.root / "student_release/tiny/README.md"
    before = file.read_bytes()
    try:
        file.write_bytes(
            before + b"\ncolumn_means = np.asarray(values).mean(axis=0, keepdims=True)\n"
        )
        (said,) = freshness.leaks(built.root, master, assignment)
    finally:
        file.write_bytes(before)
    assert "students would see a line of the solution" in said


# --- notebooks that are graded together -------------------------------------------------------

# Each touches, or seems to touch, more than its own answer.
CONFLICTS = {
    "ends the program": ("q1_solution", "import os\nos._exit(3)"),
    "ends it when called": ("q1_solution", "def double(x):\n    import os\n    os._exit(3)"),
    "changes NumPy": ("q1_solution", "np.mean = np.sum\ndef double(x):\n    return x + x"),
    "changes NumPy when called": (
        "q1_solution",
        "def double(x):\n    np.mean = np.sum\n    return x + x",
    ),
    "fails": ("q1_solution", "double = 3\n1 / 0"),
    "takes another's name": ("q1_solution", "def double(x):\n    return 3 * x\nquiet = double"),
    "changes a given value": ("q2_solution", "observations[0] = 7\ncenter = spread = len"),
    "needs a skipped cell": ("q3_solution", "def quiet():\n    return open and aside"),
    "leaves the interpreter": ("q3_solution", "def quiet():\n    raise SystemExit"),
    "never ends": ("q3_solution", "def quiet():\n    while True:\n        pass"),
    "is right": ("q3_solution", "def quiet():\n    return 'hush'"),
}


def test_what_is_graded_together_is_graded_as_if_alone(built, grader, monkeypatch):
    folder = built.root / "autograder/hidden_tests/tiny"
    about = json.loads((folder / "assignment.json").read_text(encoding="utf-8"))
    about["limits"]["question_seconds"] = 0.3
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    desk = Desk(Kit(files | {"assignment.json": json.dumps(about).encode()}))
    desk.grader = grader
    solution = json.loads((built.root / "solutions/tiny.ipynb").read_text(encoding="utf-8"))
    aside = {"id": "aside", "cell_type": "code", "source": "aside = 'hush'", "outputs": []}
    aside |= {"metadata": {"tags": ["otter_ignore"]}, "execution_count": None}
    solution["cells"].insert(1, aside)

    def edited(cell: str, source: str) -> bytes:
        cells = [
            {**each, "source": source if each["id"] == cell else each["source"]}
            for each in solution["cells"]
        ]
        return json.dumps({**solution, "cells": cells}).encode()

    wanted = (Examine(None, diagnose=True), Examine(("q2_center", "q3_quiet"), bare=True))
    notebooks = [(edited(*edit), how) for edit, how in zip(CONFLICTS.values(), cycle(wanted))]
    alone = []
    examine = desk._examine
    monkeypatch.setattr(desk, "_examine", lambda task: alone.append(task) or examine(task))

    def score_in(record: dict) -> Score:
        score = score_of(record)
        questions = tuple(replace(question, seconds=0.0) for question in score.questions)
        return replace(score, questions=questions, seconds=0.0, cpu_seconds=0.0)

    task = Task("tiny.ipynb", json.dumps(solution).encode(), "", "", ExamineAlike(tuple(notebooks)))
    together = desk.perform(task)["records"]
    separated = {task.contents for task in alone}
    for (name, _), (contents, how), record in zip(
        CONFLICTS.items(), notebooks, together, strict=True
    ):
        by_itself = desk.perform(replace(task, contents=contents, work=how))
        assert score_in(record) == score_in(by_itself), name
    # What ends a process, or needs of the cells before it what the others do not, is graded alone.
    again = [
        name
        for name, (contents, _) in zip(CONFLICTS, notebooks, strict=True)
        if contents in separated
    ]
    assert again == [
        "ends the program", "ends it when called", "needs a skipped cell", "never ends"
    ]  # fmt: skip
    desk.grader = None
    desk.close()


# --- the laws by themselves -------------------------------------------------------------------


def examined(points: float, carried: tuple[str, ...] = (), **about) -> Score:
    outcome = Outcome.PASSED if points == 10.0 else Outcome.FAILED
    question = QuestionScore("q1_a", points, 10.0, outcome, carried=carried)
    return Score("tiny", "", "", (question,), **about)


@pytest.mark.parametrize(
    ("ours", "theirs", "carried", "state"),
    [
        (10.0, 10.0, (), State.HOLDS),
        (10.0, 4.0, (), State.BROKEN),
        (4.0, 10.0, (), State.BROKEN),
        (10.0, 4.0, ("q0_z",), State.HOLDS),
        (4.0, 10.0, ("q0_z",), State.BROKEN),
    ],
)
def test_otter_may_give_less_where_an_error_was_carried_forward(ours, theirs, carried, state):
    evidence = Evidence({"x": examined(ours, carried=carried)}, {"x": {"q1_a": theirs}})
    assert laws.agree(evidence).state is state


def test_a_mutant_is_caught_or_listed_with_a_reason_and_never_both():
    edited = Mutant("q1_a", "call unwrapped", 3, "x = float(y)", "x = y", "")
    subject = Subject("mutant q1_a 0", b"", ("q1_a",))
    subjects = Subjects(None, None, (), (), (), mutants=((edited, subject),))

    def problems(points: float, reasons: dict) -> tuple[str, ...]:
        evidence = Evidence({subject.name: examined(points)})
        return laws.mutants(subjects, evidence, reasons).problems

    listed = {edited.edit: "It is a float already."}
    assert problems(4.0, {}) == problems(10.0, listed) == ()
    (survivor,) = problems(10.0, {})
    assert survivor.startswith("q1_a, line 3: no test sees this edit. Add one; or")
    assert survivor.endswith("\n    - x = float(y)\n    + x = y")
    assert problems(4.0, listed) == (
        "equivalent.toml says of q1_a that `x = float(y)` may become `x = y`, but tests see that. "
        "Remove it there.",
    )


def test_a_bug_that_only_raises_is_meant_or_noted():
    bug = Subject("q1_bug", b"", ("q1_a",))
    subjects = Subjects(None, None, (bug,), (), ())

    def said(*raised: str, public: bool = True, meant: str = "") -> tuple[str, ...]:
        tests = tuple(
            TestScore("t", number > 0 or not public, 0.0, 5.0, Outcome.FAILED, facts=each)
            for number, each in enumerate(raised)
        )
        score = Score("tiny", "", "", (QuestionScore("q1_a", 0.0, 10.0, Outcome.FAILED, tests),))
        meant = {"q1_bug": meant} if meant else {}
        verdict = laws.bite(subjects, Evidence({"q1_bug": score}), {}, meant)
        assert not (verdict.problems and verdict.notes)
        return verdict.problems or verdict.notes

    index, key = "Your code raised IndexError in line 3", "Your code raised KeyError"
    assert said(index, index) == (
        "q1_bug raises IndexError in all tests of q1_a, the public ones too: who makes that "
        "mistake sees it at once. Mend `replace`; or, if it is meant, write raises = "
        '"IndexError" below it.',
    )
    assert said(index, index, meant="IndexError") == ()
    assert said(index, index, public=False) == said(index, key) == ()
    assert said(index, "x is wrong") == ()
    assert said(index, key, meant="IndexError") == (
        "q1_bug does not raise IndexError in all tests of q1_a. Remove `raises`.",
    )


def test_a_grader_that_broke_breaks_the_law():
    solution = Subject("the solution", b"")
    score = examined(10.0, staff_notes=("Traceback\nKeyError: 3",))
    subjects = Subjects(solution, Subject("blank", b""), (), (), ())
    verdict = laws.solution(subjects, Evidence({"the solution": score}))
    assert verdict.problems == (
        "the solution: the grader itself broke, which is not the notebook's fault: KeyError: 3",
    )


def test_a_solution_near_its_limit_and_a_setting_that_no_stub_needs_are_told():
    stubs = [Subject(f"{kind} stubs", b"", kind=kind) for kind in (Stub.NAN, Stub.ZERO)]
    subjects = Subjects(Subject("the solution", b""), Subject("blank", b""), (), (), tuple(stubs))
    slow = examined(10.0, cpu_seconds=300.0)
    verdict = laws.solution(subjects, Evidence({"the solution": slow}), 540.0)
    assert verdict.state is State.HOLDS
    assert verdict.notes == (
        "the solution takes 300 of 540 CPU seconds here: a slower answer, or a slower machine, may "
        "run out of them. Shorten the tests, or raise submission_seconds in assignment.toml.",
    )
    assert not laws.solution(subjects, Evidence({"the solution": slow}), 900.0).notes
    evidence = Evidence({"nan stubs": examined(4.0), "zero stubs": examined(0.0)})
    allowed = {("q1_a", kind): 4.0 for kind in (Stub.NAN, Stub.ZERO)}
    verdict = laws.stub(subjects, evidence, allowed)
    assert (verdict.state, len(verdict.notes)) == (State.HOLDS, 1)
    assert verdict.notes[0].startswith('"q1_a.zero" under [stubs] in assignment.toml is not needed')
    evidence = Evidence({name: examined(4.0) for name in ("nan stubs", "zero stubs")})
    (problem,) = laws.stub(subjects, evidence, {}).problems
    assert problem.startswith("the nan and zero stubs earn 4 points in q1_a (")


def test_a_law_with_nothing_to_check_says_so():
    subjects = Subjects(Subject("the solution", b""), Subject("blank", b""), (), (), ())
    for verdict in (
        laws.bite(subjects, Evidence(), {}),
        laws.diagnose(subjects, Evidence()),
        laws.accept(subjects, Evidence()),
        laws.stub(subjects, Evidence(), {}),
        laws.seed(Evidence()),
        laws.agree(Evidence()),
        laws.mutants(subjects, Evidence(), {}),
    ):
        assert verdict.state is State.NOTHING, verdict


def test_a_law_whose_ground_is_gone_is_not_reached():
    assert not_reached(Law.DIAGNOSE, {Law.BITE: State.BROKEN})
    assert not_reached(Law.DIAGNOSE, {Law.BITE: State.NOT_REACHED})
    assert not not_reached(Law.DIAGNOSE, {Law.BITE: State.HOLDS})
    assert not not_reached(Law.ACCEPT, {Law.BITE: State.BROKEN})
