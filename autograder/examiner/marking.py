"""Marking one question: its tests are run on stand-ins, and what they say becomes a score."""

import re
import time
import warnings
from collections.abc import Callable

import numpy as np
from seqlab import measures

from autograder.assignment.bundle import Bundle, Question
from autograder.assignment.otter_tests import TestCase
from autograder.examiner import proxies
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink
from autograder.examiner.room import Room
from autograder.results.score import Curve, Outcome, QuestionScore, TestScore
from autograder.submission.reading import Submission

# After a test that hung, the others of the question get this part of the time.
AFTER_A_HANG = 0.1
MAX_FACTS = 2000


class Marking:
    """One submission's questions, and what must be remembered from one to the next."""

    def __init__(self, bundle: Bundle, submission: Submission, deadline: float) -> None:
        self.bundle = bundle
        self.submission = submission
        self.deadline = deadline
        self.parameters = {q.name: _parameters(bundle, q) for q in bundle.graded}
        # What tests measured of the answers: numbers computed here and not by the candidate, and
        # curves, which are what it returned.
        self.measured: dict[str, float] = {}
        self.limits: dict[str, tuple[float, float]] = {}
        self.curves: dict[str, Curve] = {}
        # A hidden test has run. What it gave to the student's code may have been kept, in a memory
        # that all processes share, and come back as the text of a later exception.
        self.seen = False

    def is_late(self) -> bool:
        return time.monotonic() >= self.deadline

    def too_late(self) -> str:
        return f"The submission used up its {self.bundle.limits.submission_seconds:g} seconds."

    def mark(
        self,
        room: Room,
        question: Question,
        note: Callable[[], str],
        passed_before: QuestionScore | None = None,
    ) -> QuestionScore:
        """Run the tests of a question; of an earlier score, only those that failed.

        `note` says why an answer did not even run, which comes first.
        """
        cases = self.bundle.tests_of(question.name)
        before = passed_before.tests if passed_before else [None] * len(cases)
        scores = []
        hung = False
        for case, former in zip(cases, before, strict=True):
            if former is not None and former.outcome is Outcome.PASSED:
                scores.append(former)
                continue
            seconds = self.bundle.limits.question_seconds * (AFTER_A_HANG if hung else 1.0)
            limit = min(time.monotonic() + seconds, self.deadline)
            facts = self._run_test(room, case, limit)
            hung = hung or time.monotonic() >= limit
            scores.append(_test_score(case, facts))
        # Summed here and not by Otter; that both come to the same is the law *agree*.
        points = min(sum(score.points for score in scores), question.points)
        passed = all(score.outcome is Outcome.PASSED for score in scores)
        return QuestionScore(
            question.name,
            points,
            question.points,
            Outcome.PASSED if passed else Outcome.FAILED,
            tests=tuple(scores),
            note="" if passed else note(),
        )

    def _run_test(self, room: Room, case: TestCase, deadline: float) -> str | None:
        """Run one test; None when it passes, else what may be said of the failure."""
        try:
            self.seen = self.seen or case.hidden
            measures.NUMBERS.clear()
            measures.LIMITS.clear()
            measures.CURVES.clear()
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                case.run(room.names(deadline))
        except Gone as gone:
            room.abandon()
            return self.too_late() if self.is_late() else f"Your code {why(room.link, gone)}."
        except Exception as error:
            return self._facts(error, case.hidden)
        finally:
            self.measured |= measures.NUMBERS
            self.limits |= measures.LIMITS
            self.curves |= measures.CURVES
        return None

    def _facts(self, error: Exception, hidden: bool) -> str:
        if isinstance(error, proxies.StudentError):
            where = ""
            if error.place and error.place[0] < len(self.submission.cells):
                cell = self.submission.cells[error.place[0]]
                # A number is a claim too: only that of a line which is there is worth showing.
                if error.place[1] <= cell.source.count("\n") + 1:
                    where = f" in line {error.place[1]} of the cell that begins `{cell.label}`"
            text = f": {error.text}" if error.text and not hidden and not self.seen else ""
            return f"Your code raised {error.kind}{where}{text}"
        if isinstance(error, proxies.MissingNameError):
            return f"The notebook does not define `{error}`. Was it renamed or deleted?"
        if isinstance(error, AssertionError):
            return str(error)[:MAX_FACTS]
        # A test that stumbles does so over what it was given. The text of such an error may hold a
        # student's own words, so only the commonest mistake gets a sentence.
        if isinstance(error, TypeError) and "NoneType" in str(error):
            return "The function returned None. Does it end with a return statement?"
        return f"The answer has a form that this test cannot use ({type(error).__name__})."


def why(link: CandidateLink, gone: Gone) -> str:
    """What became of a process, as the end of a sentence about it."""
    return "needed more memory than there is" if link.out_of_memory else gone.reason


def defines(source: str, name: str) -> bool:
    """Whether a cell defines or sets a name at its top level."""
    pattern = rf"^[ \t]*(?:async\s+def|def|class)\s+{name}\b|^{name}\s*(?::[^=\n]+)?=[^=]"
    return re.search(pattern, source, re.MULTILINE) is not None


def _test_score(case: TestCase, facts: str | None) -> TestScore:
    passed = facts is None
    return TestScore(
        title=case.title,
        hidden=case.hidden,
        points=case.points if passed else 0.0,
        max_points=case.points,
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        hint="" if passed else case.hint,
        facts=facts or "",
    )


def _parameters(bundle: Bundle, question: Question) -> set[str]:
    """The names of the notebook that a question's tests take."""
    return {name for test in bundle.tests_of(question.name) for name in test.parameters}
