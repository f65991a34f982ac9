"""The laws of a proven assignment: what was measured goes in, verdicts come out.

Each law is a function of results. What it finds is said in words: what, which bug or test, and what
to do now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.stubs import Stub
from tools.subjects import Subjects
from tools.verdict import Law, Verdict, judge

Result = Mapping[str, Any]
# A bug that leaves no trace in the calls of its tests cannot be named; there may be few of them.
NAMED_FIRST = 0.95
ROUNDING = 1e-9


@dataclass
class Evidence:
    """All that was measured, by the name of the subject; seeds by name and number."""

    examined: dict[str, Result] = field(default_factory=dict)
    by_otter: dict[str, Mapping[str, float]] = field(default_factory=dict)
    seeds: dict[tuple[str, int], Result] = field(default_factory=dict)


def solution(subjects: Subjects, evidence: Evidence) -> Verdict:
    """The solution has full marks."""
    name = subjects.solution.name
    result = evidence.examined[name]
    problems = _below_full_marks(name, result, "Mend the solution, or the test")
    return judge(Law.SOLUTION, _count(len(result["questions"]), "question"), problems)


def blank(subjects: Subjects, evidence: Evidence) -> Verdict:
    """The untouched release has no points."""
    result = evidence.examined[subjects.blank.name]
    problems = [*_broken(subjects.blank.name, result)]
    for question, test in _tests(result):
        if test["passed"] and test["points"] > 0:
            problems.append(
                f'the untouched release earns {_points(test["points"])} in {question}, "'
                f'{test["title"]}". Let that test call the answer and compare what it returns.'
            )
    return judge(Law.BLANK, _count(len(result["questions"]), "question"), problems)


def bite(
    subjects: Subjects, evidence: Evidence, builds_on: Mapping[str, tuple[str, ...]]
) -> Verdict:
    """Each known bug loses points in its own question, and in no other that could do without."""
    problems: list[str] = []
    for bug in subjects.bugs:
        result = evidence.examined[bug.name]
        problems += _broken(bug.name, result)
        lost = points_lost(result)
        (own,) = bug.questions
        if own not in lost:
            problems.append(
                f"{bug.name} loses no points: all tests of {own} that have points pass. Add a test "
                "that sees it, or remove it from known_bugs.toml."
            )
        about_it = {question for question, earlier in builds_on.items() if own in earlier}
        for question in sorted(set(lost) - {own} - about_it):
            problems.append(
                f"{bug.name} loses {_points(lost[question])} in {question} too "
                f"({_failed(result, question)}). Let its tests feed their own arguments, so that "
                f"one mistake costs one question."
            )
    return judge(Law.BITE, _count(len(subjects.bugs), "bug"), problems)


def diagnose(subjects: Subjects, evidence: Evidence) -> Verdict:
    """Known bugs are named by their own hint first, and right answers by none."""
    problems: list[str] = []
    missed: list[str] = []
    for bug in subjects.bugs:
        named = evidence.examined[bug.name]["questions"][bug.questions[0]]["named"]
        if named[:1] != [bug.name]:
            missed.append(_not_first(bug.name, named))
    right = len(subjects.bugs) - len(missed)
    if right < NAMED_FIRST * len(subjects.bugs):
        problems.append(
            f"{right} of {len(subjects.bugs)} bugs are named by their own hint first, fewer than "
            f"{NAMED_FIRST:.0%}. Let a test call the function where the bug shows, or make one bug "
            "of two that do the same."
        )
        problems += missed
    right_answers = (subjects.solution, *subjects.accepted)
    right_answers = [s for s in right_answers if s.name in evidence.examined]
    for subject in right_answers:
        for question, score in evidence.examined[subject.name]["questions"].items():
            if score["named"]:
                problems.append(
                    f"{subject.name}, a right answer, gets the hint of {score['named'][0]} in "
                    f"{question}. That bug is right wherever the tests look: mend or remove it."
                )
    if not subjects.bugs:
        return judge(Law.DIAGNOSE, "", ())
    checked = f"{_count(len(subjects.bugs), 'bug')}, {_count(len(right_answers), 'right answer')}"
    return judge(Law.DIAGNOSE, checked, problems, missed)


def accept(subjects: Subjects, evidence: Evidence) -> Verdict:
    """Each accepted answer has full marks."""
    problems: list[str] = []
    checked = [subject for subject in subjects.accepted if subject.name in evidence.examined]
    for subject in checked:
        what_now = "Where the answer is right, mend the test"
        problems += _below_full_marks(subject.name, evidence.examined[subject.name], what_now)
    return judge(Law.ACCEPT, _count(len(checked), "answer"), problems)


def stub(
    subjects: Subjects, evidence: Evidence, allowed: Mapping[tuple[str, Stub], float]
) -> Verdict:
    """Stubs earn nothing beyond what assignment.toml allows them."""
    problems: list[str] = []
    count = 0
    for subject in subjects.stubs:
        result = evidence.examined[subject.name]
        problems += _broken(subject.name, result)
        for question, score in result["questions"].items():
            count += 1
            most = allowed.get((question, subject.kind), 0.0)
            if score["points"] > most + ROUNDING:
                titles = [t["title"] for t in score["tests"] if t["passed"] and t["points"] > 0]
                problems.append(
                    f"the {subject.kind} stub earns {_points(score['points'])} in {question} "
                    f"({'; '.join(titles)}), {most:g} are allowed. Mend the test; or, if the stub "
                    f'is right there, write "{question}.{subject.kind}" = {score["points"]:g} '
                    "below [stubs] in assignment.toml, with the reason."
                )
    return judge(Law.STUB, _count(count, "stub"), problems)


def seed(evidence: Evidence) -> Verdict:
    """Right answers keep full marks whatever random numbers the tests draw."""
    problems: list[str] = []
    for (name, number), result in sorted(evidence.seeds.items()):
        what_now = "The test depends on luck: widen its tolerance, or tame its inputs"
        problems += _below_full_marks(f"{name}, with seed {number},", result, what_now)
    names = {name for name, _ in evidence.seeds}
    seeds = {number for _, number in evidence.seeds}
    checked = f"{_count(len(names), 'answer')}, up to {_count(len(seeds), 'seed')}"
    return judge(Law.SEED, checked if names else "", problems)


def agree(evidence: Evidence) -> Verdict:
    """Otter gives the points that the examiner gives; fewer where an error was carried forward."""
    problems: list[str] = []
    for name, points in sorted(evidence.by_otter.items()):
        for question, score in evidence.examined[name]["questions"].items():
            ours, theirs = score["points"], points.get(question, 0.0)
            fewer_is_fine = score["carried"] and theirs < ours
            if abs(ours - theirs) > ROUNDING and not fewer_is_fine:
                problems.append(
                    f"{name}: the examiner gives {_points(ours)} in {question}, Otter {theirs:g}. "
                    "Look for a test that tells a stand-in from the student's own object."
                )
    return judge(Law.AGREE, _count(len(evidence.by_otter), "notebook"), problems)


def points_lost(result: Result) -> dict[str, float]:
    """What each question lost, where it lost anything."""
    return {
        question: score["max_points"] - score["points"]
        for question, score in result["questions"].items()
        if score["points"] < score["max_points"] - ROUNDING
    }


def failed_tests(result: Result) -> dict[str, list[str]]:
    """The titles of the tests that failed, by question; those after a carried error, not before."""
    failed: dict[str, list[str]] = {}
    for question, test in _tests(result):
        if not test["passed"]:
            failed.setdefault(question, []).append(test["title"])
    return failed


def _below_full_marks(name: str, result: Result, what_now: str) -> Iterator[str]:
    yield from _broken(name, result)
    for question, lost in points_lost(result).items():
        why = _failed(result, question)
        yield f"{name} loses {_points(lost)} in {question} ({why}). {what_now}."


def _broken(name: str, result: Result) -> Iterator[str]:
    for note in result.get("staff_notes", ()):
        last = note.strip().splitlines()[-1]
        yield f"{name}: the grader itself broke, which is no fault of the notebook: {last}"


def _failed(result: Result, question: str) -> str:
    tests = result["questions"][question]["tests"]
    said = [f'"{t["title"]}": {t["facts"]}' for t in tests if not t["passed"]]
    return "; ".join(said).rstrip(".") or "it was not examined to its end"


def _not_first(name: str, named: Sequence[str]) -> str:
    if name in named:
        return f"{name} is named after {named[0]}"
    return f"{name} gets the hint of {named[0]}" if named else f"{name} is not named"


def _tests(result: Result) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for question, score in result["questions"].items():
        for test in score["tests"]:
            yield question, test


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


def _count(number: int, noun: str) -> str:
    """What was looked at; nothing where there was none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
