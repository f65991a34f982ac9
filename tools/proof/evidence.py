"""Everything measured for the laws, and what they ask of one score."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autograder.results.score import Outcome, QuestionScore, Score, TestScore

ROUNDING = 1e-9
# What seqlab.failures says of an exception.
_RAISED = re.compile(r"Your code raised (\w+)")


@dataclass
class Evidence:
    """Scores by subject; those of other semesters by subject and seed."""

    examined: dict[str, Score] = field(default_factory=dict)
    by_otter: dict[str, Mapping[str, float]] = field(default_factory=dict)
    seeds: dict[tuple[str, int], Score] = field(default_factory=dict)


def graded(score: Score) -> Iterator[QuestionScore]:
    """Yield the questions that tests judge."""
    return (question for question in score.questions if not question.manual)


def tests_of(score: Score) -> Iterator[tuple[str, TestScore]]:
    """Yield each test with its question."""
    for question in graded(score):
        for test in question.tests:
            yield question.name, test


def passed(test: TestScore) -> bool:
    return test.outcome is Outcome.PASSED


def points_lost(score: Score) -> dict[str, float]:
    """Return what each question lost, if anything."""
    return {
        question.name: question.max_points - question.points
        for question in graded(score)
        if question.points < question.max_points - ROUNDING
    }


def failed_tests(score: Score) -> dict[str, list[str]]:
    """Return the titles of failed tests by question, after errors were carried forward."""
    failed: dict[str, list[str]] = {}
    for question, test in tests_of(score):
        if not passed(test):
            failed.setdefault(question, []).append(test.title)
    return failed


def raised_everywhere(score: Score, question: str) -> str:
    """Return the exception that an answer raises in all tests of a question, public ones too."""
    tests = [test for name, test in tests_of(score) if name == question]
    if all(test.hidden for test in tests):
        return ""
    found = [_RAISED.match(test.facts) for test in tests]
    kinds = {match[1] if match else "" for match in found}
    return kinds.pop() if len(kinds) == 1 else ""


def named(score: Score, question: str) -> list[str]:
    """Return the known bugs named in a question, likeliest first."""
    return [found.slug for q in graded(score) if q.name == question for found in q.misconceptions]
