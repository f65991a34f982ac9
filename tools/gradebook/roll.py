"""The roll of a class: what is known besides its results, and the line of each student."""

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, Score, TestScore
from tools.course.rubric import Rubric
from tools.course.rules import LateRule
from tools.decisions.adjustments import Adjustment, Most, Person, most_points
from tools.decisions.marks import Mark, marked
from tools.decisions.totals import days_late, final
from tools.gradebook.lines import Line, Status, graded_points, needed
from tools.grading.class_batch import Result
from tools.handins.essays import Essay
from tools.handins.handin import Handin, Student
from tools.likeness.likeness import Fingerprint


@dataclass(frozen=True)
class Class:
    """What is known of a class besides its results.

    strangers: ids of hand-ins, None without a roster; essays: written answers by hand-in and
    question, where they are newer than a record's; most: None for the questions' own points.
    """

    bundle: Bundle
    missing: Sequence[Student] = ()
    strangers: frozenset[str] | None = None
    notes: Sequence[str] = ()
    marks: Mapping[str, Mapping[str, Mark]] | None = None
    published: bool = False
    layout: str = ""
    arrived: Sequence[str] = ()  # ids of all hand-ins; those without a line are superseded
    essays: Mapping[str, Mapping[str, Essay]] = field(default_factory=dict)
    adjustments: Mapping[Person, Sequence[Adjustment]] = field(default_factory=dict)
    most: Most | None = None
    late: LateRule | None = None
    # For the report: answers that people find on their own, and another class by label.
    known: Sequence[Fingerprint] = ()
    others: Mapping[str, tuple[Path, Fingerprint]] = field(default_factory=dict)
    # Criteria with points of each question marked by hand.
    rubrics: Mapping[str, Rubric] = field(default_factory=dict)
    anonymous: bool = False

    @property
    def manual(self) -> dict[str, float]:
        """The points of each question that is marked by hand."""
        return {q.name: q.points for q in self.bundle.questions if q.manual}

    @property
    def limits(self) -> Most:
        """The most points that staff may give."""
        return self.most or most_points(self.bundle, {})

    def marks_of(self, handin: Handin) -> Mapping[str, Mark]:
        """Return the marks given by hand for a hand-in's written answers."""
        return (self.marks or {}).get(handin.id, {})

    def marked(self, result: Result) -> Score | None:
        """Return a result's score with the marks for its written answers."""
        if result.score is None or not self.marks:
            return result.score
        marks = self.marks_of(result.handin)
        given = {question: mark.points for question, mark in marks.items()}
        told = {question: mark.told for question, mark in marks.items()}
        return marked(result.score, given, self.manual, told)

    def lines(self, handin: Handin, status: Status, score: Score | None) -> list[Line]:
        """Return the lines of a hand-in's students; `score` as `marked` returns it."""
        late = days_late(handin, self.late, self.bundle.name)
        people = handin.students or (Student(),)
        return [self._line(student, status, handin, score, late) for student in people]

    def missing_lines(self) -> list[Line]:
        """Return the lines of those who handed in nothing."""
        return [self._line(student, Status.MISSING) for student in self.missing]

    def _line(
        self,
        student: Student,
        status: Status,
        handin: Handin | None = None,
        score: Score | None = None,
        late: int | None = 0,
    ) -> Line:
        """Return a student's line: what was graded, what staff changed, and what counts."""
        mine = self.adjustments.get((handin.id if handin else "", student), ())
        manual = self.manual
        given = {a.question: 0.0 for a in mine if a.question in manual and a.points is not None}
        if score is not None and given:
            earned = graded_points(status, score)
            given |= {q: earned[q] for q in given if q in earned}
            score = marked(score, given, manual)
        earned = graded_points(status, score)
        decided = final(earned, needed(status, score), mine, self.limits, late, self.late)
        status = Status.EXCUSED if decided.excused else status
        return Line(student, status, handin, score, self._listed(handin), decided)

    def _listed(self, handin: Handin | None) -> str:
        """Return whether the roster has the student: yes, no, or nothing without a roster."""
        if handin is None:
            return "yes"
        if self.strangers is None:
            return ""
        return "no" if handin.id in self.strangers else "yes"


def status_of(result: Result) -> Status:
    """Return what became of a hand-in, before staff excuse anybody."""
    if result.waiting:
        return Status.WAITING
    if result.score is None or not result.score.readable:
        return Status.UNREADABLE
    return Status.BROKEN if result.score.outcome is Outcome.BROKEN else Status.GRADED


def slim(score: Score) -> Score:
    """Return the score without what only the hand-in's own pages show.

    A thousand are kept until the report is written: equal texts are kept once.
    """
    questions = [
        replace(q, name=sys.intern(q.name), tests=tuple(map(_slim_test, q.tests)))
        for q in score.questions
    ]
    return replace(score, questions=tuple(questions))


@functools.lru_cache(maxsize=4096)
def _same(test: TestScore) -> TestScore:
    return test


def _slim_test(test: TestScore) -> TestScore:
    return _same(replace(test, hint="", facts="", staff_facts=""))
