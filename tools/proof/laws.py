"""The laws of a proven assignment: measurements go in, verdicts come out.

Each law is a function of results. It puts its findings in words: what, which bug or test, and what
to do now.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent

from autograder.results.score import Score
from tools.course.settings import Stub
from tools.mutants.equivalents import Edit
from tools.proof.circumstances import ALONE, CAUSES, TOGETHER
from tools.proof.evidence import (
    ROUNDING,
    Evidence,
    graded,
    named,
    passed,
    points_lost,
    raised_everywhere,
    tests_of,
)
from tools.proof.subjects import Subjects
from tools.proof.verdict import Law, Verdict, judge

# A bug that leaves no trace in its tests' calls cannot be named; only a few may be like that.
NAMED_FIRST = 0.95
# Gradescope's smallest container has half a processor, and students' answers are slower than ours.
MOST_OF_THE_TIME = 0.4


def solution(subjects: Subjects, evidence: Evidence, limit: float = math.inf) -> Verdict:
    """The solution has full marks. `limit`: CPU seconds that a submission has."""
    name = subjects.solution.name
    score = evidence.examined[name]
    problems = _below_full_marks(name, score, "Mend the solution, or the test")
    notes = []
    if score.cpu_seconds > limit * MOST_OF_THE_TIME:
        notes.append(
            f"{name} takes {score.cpu_seconds:.0f} of {limit:.0f} CPU seconds here: a slower "
            "answer, or a slower machine, may run out of them. Shorten the tests, or raise "
            "submission_seconds in assignment.toml."
        )
    return judge(Law.SOLUTION, _questions(score), problems, notes)


def blank(subjects: Subjects, evidence: Evidence) -> Verdict:
    """The untouched release has no points."""
    score = evidence.examined[subjects.blank.name]
    problems = [*_broken(subjects.blank.name, score)]
    for question, test in tests_of(score):
        if passed(test) and test.points > 0:
            problems.append(
                f'the untouched release earns {_points(test.points)} in {question}, "'
                f'{test.title}". Let that test call the answer and compare what it returns.'
            )
    return judge(Law.BLANK, _questions(score), problems)


def bite(
    subjects: Subjects,
    evidence: Evidence,
    builds_on: Mapping[str, tuple[str, ...]],
    raising: Mapping[str, str] | None = None,
) -> Verdict:
    """Each known bug loses points in its own question, and in no other unless it builds on it.

    raising: the exceptions of bugs that are to raise one in all tests; others return something.
    """
    problems: list[str] = []
    notes: list[str] = []
    for bug in subjects.bugs:
        score = evidence.examined[bug.name]
        problems += _broken(bug.name, score)
        lost = points_lost(score)
        (own,) = bug.questions
        if own not in lost:
            problems.append(
                f"{bug.name} loses no points: all tests of {own} that have points pass. Add a test "
                "that sees it, or remove it from known_bugs.toml."
            )
        raised, meant = raised_everywhere(score, own), (raising or {}).get(bug.name, "")
        if raised and not meant:
            notes.append(
                f"{bug.name} raises {raised} in all tests of {own}, the public ones too: who makes "
                f"that mistake sees it at once. Mend `replace`; or, if it is meant, write raises = "
                f'"{raised}" below it.'
            )
        elif meant and raised != meant:
            problems.append(
                f"{bug.name} does not raise {meant} in all tests of {own}. Remove `raises`."
            )
        about_it = {question for question, earlier in builds_on.items() if own in earlier}
        for question in sorted(set(lost) - {own} - about_it):
            problems.append(
                f"{bug.name} loses {_points(lost[question])} in {question} too "
                f"({_failed(score, question)}). Let its tests feed their own arguments, so that "
                f"one mistake costs one question."
            )
    return judge(Law.BITE, _count(len(subjects.bugs), "bug"), problems, notes)


def diagnose(subjects: Subjects, evidence: Evidence) -> Verdict:
    """Known bugs get their own hint first, and right answers get none."""
    problems: list[str] = []
    missed: list[str] = []
    for bug in subjects.bugs:
        found = named(evidence.examined[bug.name], bug.questions[0])
        if found[:1] != [bug.name]:
            missed.append(_not_first(bug.name, found))
    right = len(subjects.bugs) - len(missed)
    if right < NAMED_FIRST * len(subjects.bugs):
        problems.append(
            f"{right} of {len(subjects.bugs)} bugs are named by their own hint first, fewer than "
            f"{NAMED_FIRST:.0%}. Let a test call the function where the bug shows, or merge bugs "
            "that do the same."
        )
        problems += missed
    right_answers = (subjects.solution, *subjects.accepted)
    right_answers = [s for s in right_answers if s.name in evidence.examined]
    for subject in right_answers:
        for question in graded(evidence.examined[subject.name]):
            # Where one fails, what explains that is no false alarm: the law *accept* speaks.
            for bug in [b for b in question.misconceptions if b.is_known][:1]:
                problems.append(
                    f"{subject.name}, a right answer, gets the hint of {bug.slug} in "
                    f"{question.name}. That bug is right wherever the tests look: mend it, or "
                    "remove it."
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
        what_now = "If the answer is right, mend the test"
        problems += _below_full_marks(subject.name, evidence.examined[subject.name], what_now)
    return judge(Law.ACCEPT, _count(len(checked), "answer"), problems)


def fair(subjects: Subjects, evidence: Evidence) -> Verdict:
    """The solution keeps full marks with each honest oddity."""
    problems: list[str] = []
    for subject in subjects.odd:
        what_now = "Look for what the grader makes of these cells"
        name = f"the solution with {subject.name}"
        problems += _below_full_marks(name, evidence.examined[subject.name], what_now)
    return judge(Law.FAIR, _count(len(subjects.odd), "oddity", "oddities"), problems)


def alone(evidence: Evidence) -> Verdict:
    """The solution keeps full marks in all circumstances that are none of its doing."""
    problems: list[str] = []
    causes = [each for each in CAUSES if lost_under(each.name, evidence)]
    whole = () if causes else (TOGETHER,)
    for each in (ALONE, *causes, *whole):
        if score := evidence.examined.get(each.name):
            problems += _below_full_marks(each.name, score, each.remedy, ",")
    checked = [each for each in (ALONE, TOGETHER) if each.name in evidence.examined]
    return judge(Law.ALONE, _count(len(checked), "grading"), problems)


def lost_under(name: str, evidence: Evidence) -> bool:
    """Return whether a grading of this name cost points."""
    score = evidence.examined.get(name)
    return score is not None and bool(points_lost(score))


def stub(
    subjects: Subjects, evidence: Evidence, allowed: Mapping[tuple[str, Stub], float]
) -> Verdict:
    """Stubs earn nothing beyond what assignment.toml allows them."""
    problems: list[str] = []
    earned: dict[tuple[str, float, str, float], list[str]] = {}
    used: set[tuple[str, Stub | None]] = set()
    count = 0
    for subject in subjects.stubs:
        score = evidence.examined[subject.name]
        problems += _broken(subject.name, score)
        for question in graded(score):
            count += 1
            name, points = question.name, question.points
            most = allowed.get((name, subject.kind), 0.0)
            used |= {(name, subject.kind)} if points > ROUNDING else set()
            if points > most + ROUNDING:
                titles = [test.title for test in question.tests if passed(test) and test.points > 0]
                key = name, points, "; ".join(titles), most
                earned.setdefault(key, []).append(str(subject.kind))
    # All stubs that pass one test say the same.
    for (name, points, titles, most), kinds in earned.items():
        who = f"the {kinds[0]} stub earns" if len(kinds) == 1 else f"{_all(kinds)} stubs earn"
        problems.append(
            f"{who} {_points(points)} in {name} ({titles}), {most:g} allowed. Mend the test; or, "
            f'if the stub is right there, write "{name}.{kinds[0]}" = {points:g} '
            "under [stubs] in assignment.toml, with the reason."
        )
    idle = sorted(allowed.keys() - used) if count else []
    notes = [
        f'"{name}.{kind}" under [stubs] in assignment.toml is not needed: that stub earns nothing.'
        for name, kind in idle
    ]
    return judge(Law.STUB, _count(count, "stub"), problems, notes)


def _all(kinds: Sequence[str]) -> str:
    return f"the {', '.join(kinds[:-1])} and {kinds[-1]}"


def seed(evidence: Evidence) -> Verdict:
    """Right answers keep full marks whatever random numbers the tests draw."""
    problems: list[str] = []
    for (name, number), score in sorted(evidence.seeds.items(), key=lambda item: item[0]):
        what_now = "The test depends on luck: widen its tolerance, or tame its inputs"
        problems += _below_full_marks(f"{name}, with seed {number}", score, what_now, ",")
    names = {name for name, _ in evidence.seeds}
    seeds = {number for _, number in evidence.seeds}
    checked = f"{_count(len(names), 'answer')}, up to {_count(len(seeds), 'seed')}"
    return judge(Law.SEED, checked if names else "", problems)


def agree(evidence: Evidence) -> Verdict:
    """Otter gives the examiner's points, or fewer where an error was carried forward."""
    problems: list[str] = []
    for name, points in sorted(evidence.by_otter.items()):
        for question in graded(evidence.examined[name]):
            ours, theirs = question.points, points.get(question.name, 0.0)
            fewer_is_fine = question.carried and theirs < ours
            if abs(ours - theirs) > ROUNDING and not fewer_is_fine:
                problems.append(
                    f"{name}: the examiner gives {_points(ours)} in {question.name}, Otter "
                    f"{theirs:g}. Look for a test that tells a stand-in from the student's own "
                    "object, or for the order of a set, which differs there."
                )
    return judge(Law.AGREE, _count(len(evidence.by_otter), "notebook"), problems)


def mutants(subjects: Subjects, evidence: Evidence, equivalent: Mapping[Edit, str]) -> Verdict:
    """Each edit of the solution loses points, or is listed because it changes nothing asked for."""
    problems: list[str] = []
    caught_of: dict[Edit, list[bool]] = {edit: [] for edit in equivalent}
    caught = named_at_all = by_edit = 0
    for mutant, subject in subjects.mutants:
        score = evidence.examined[subject.name]
        problems += _broken(mutant.place, score)
        is_caught = bool(points_lost(score))
        if mutant.edit in caught_of:
            caught_of[mutant.edit].append(is_caught)
        elif not is_caught:
            problems.append(
                f"{mutant.place}: no test sees this edit. Add one; or, if it changes nothing that "
                "the question asks for, list it in equivalent.toml.\n"
                f"{indent(mutant.diff, '    ')}"
            )
        caught += is_caught
        said = [each for q in graded(score) for each in q.misconceptions] if is_caught else []
        named_at_all += bool(said)
        by_edit += bool(said) and all(each.is_edit for each in said)
    for (question, line, becomes), found in caught_of.items():
        if all(found):
            problems.append(
                f"equivalent.toml says of {question} that `{line}` may become `{becomes}`, but "
                "tests see that. Remove it there."
            )
    checked = len(subjects.mutants)
    notes = [
        f"{caught} lose points, {checked - caught} are equivalent; the feedback on "
        f"{named_at_all - by_edit} names a known bug, or what the results have to do with the "
        f"right ones; on {by_edit} more it names the edit, which it finds by making the same edits"
    ]
    return judge(Law.MUTANTS, _count(checked, "mutant"), problems, notes if checked else ())


def _below_full_marks(name: str, score: Score, what_now: str, comma: str = "") -> Iterator[str]:
    yield from _broken(name, score)
    for question, lost in points_lost(score).items():
        why = _failed(score, question)
        yield f"{name}{comma} loses {_points(lost)} in {question} ({why}). {what_now}."


def _broken(name: str, score: Score) -> Iterator[str]:
    for note in score.staff_notes:
        if "Traceback" not in note:
            yield f"{name}: {note}"
            continue
        last = note.strip().splitlines()[-1]
        yield f"{name}: the grader itself broke, which is not the notebook's fault: {last}"


def _failed(score: Score, question: str) -> str:
    tests = [test for name, test in tests_of(score) if name == question]
    said = [f'"{test.title}": {test.facts}' for test in tests if not passed(test)]
    return "; ".join(said).rstrip(".") or "it was not examined to the end"


def _not_first(name: str, found: Sequence[str]) -> str:
    if name in found:
        return f"{name} is named after {found[0]}"
    return f"{name} gets the hint of {found[0]}" if found else f"{name} is not named"


def _points(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


def _questions(score: Score) -> str:
    return _count(sum(1 for _ in graded(score)), "question")


def _count(number: int, noun: str, plural: str = "") -> str:
    """Say how many were checked; nothing if there were none."""
    many = plural or f"{noun}s"
    return f"{number} {noun if number == 1 else many}" if number else ""
