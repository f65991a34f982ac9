"""Marking a question: its tests run on stand-ins, and what they say becomes scores."""

import re
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np
from seqlab import files, measures

from autograder.assignment.bundle import Bundle
from autograder.assignment.otter_tests import TestCase
from autograder.examiner import clock, proxies
from autograder.examiner.apart import Apart, Send
from autograder.examiner.line import Gone
from autograder.examiner.program import Program, why
from autograder.examiner.room import Room
from autograder.examiner.surroundings import TestBrokeError, what_failed
from autograder.results.score import Curve, Outcome, TestScore
from autograder.submission.reading import Submission

# After a test that hung, the question's other tests share this part of the time.
AFTER_A_HANG = 0.1
MAX_FACTS = 2000


class Marking:
    """A submission's questions, and what was measured while their tests ran."""

    def __init__(self, bundle: Bundle, submission: Submission, program: Program) -> None:
        self._bundle, self._submission, self._program = bundle, submission, program
        self._days = bundle.manner.days
        # Numbers that tests computed here, the limits by which they judge them, and curves as the
        # answers returned them.
        self.measured: dict[str, float] = {}
        self.limits: dict[str, tuple[float, float]] = {}
        self.curves: dict[str, Curve] = {}

    def mark(
        self, room: Room, question: str, cases: Iterable[TestCase], hung: bool
    ) -> tuple[list, bool]:
        """Run tests of a question in a room; return their scores, and whether one has hung.

        hung: a test of the question has hung before. Raise TestBrokeError where a test cannot run.
        """
        scores: list[TestScore] = []
        run = self._run_alone if self._bundle.manner.alone else self._run_test
        for case in cases:
            seconds = self._bundle.limits.question_seconds * (AFTER_A_HANG if hung else 1.0)
            budget = self._program.budget.part(seconds)
            failure = run(room, case, budget, question)
            hung = hung or budget.left() <= 0
            scores.append(_test_score(case, failure))
        return scores, hung

    def _run_test(
        self, room: Room, case: TestCase, budget, question: str
    ) -> "tuple[str, str] | None":
        """Run one test; None when it passes, else what students and what staff may read."""
        try:
            measures.NUMBERS.clear()
            measures.LIMITS.clear()
            measures.CURVES.clear()
            files.READ = room.read_file
            names = room.names(budget)
            with warnings.catch_warnings(), np.errstate(all="ignore"), clock.later(self._days):
                warnings.simplefilter("ignore")
                case.run(names)
        except Gone as gone:
            room.abandon()
            late = self._program.is_late()
            facts = self._program.too_late() if late else f"Your code {why(room.link, gone)}."
            return facts, facts
        except Exception as error:
            own = not isinstance(error, (proxies.StudentError, *proxies.NOT_THERE))
            if own and (why_not := what_failed(error, case, question)):
                raise TestBrokeError(why_not) from error
            return self._facts(error, case.hidden), self._facts(error, hidden=False)
        finally:
            self.measured |= measures.NUMBERS
            self.limits |= measures.LIMITS
            self.curves |= measures.CURVES
        return None

    def _run_alone(
        self, room: Room, case: TestCase, budget, question: str
    ) -> "tuple[str, str] | None":
        """Run one test in a fork: whatever others have left behind, here or there, is not in it."""
        with suppress(Gone):
            room.names(budget)  # the fork inherits the line to a process of the candidate

        def work(send: Send) -> None:
            try:
                send("report", {"failure": self._run_test(room, case, budget, question)})
            except TestBrokeError as error:
                send("report", {"broke": str(error)})

        apart = Apart(work, 2 * self._bundle.limits.question_seconds)
        apart.run(lambda _: None)
        room.abandon()
        said = apart.reports[0] if apart.reports else {}
        if "broke" in said:
            raise TestBrokeError(said["broke"])
        if not said:
            raise RuntimeError((apart.ended or {}).get("broken", "the test ended its process"))
        return said["failure"] and tuple(said["failure"])

    def _facts(self, error: Exception, hidden: bool) -> str:
        if isinstance(error, proxies.StudentError):
            # A text may carry a hidden input out; a public test has seen none.
            text = f": {error.text}" if error.text and not hidden else ""
            place = self._place(error.place)
            because = self._program.because(error.text)
            return f"Your code raised {error.kind}{place}{text}{because}{_environment(error.text)}"
        if isinstance(error, proxies.MissingNameError):
            cause = self._program.causes.get(str(error))
            why_not = f"{cause} failed." if cause else "Was it renamed or deleted?"
            return f"The notebook does not define `{error}`. {why_not}"
        if isinstance(error, proxies.UnansweredError):
            return f"`{error}` is still `...`: assign your answer to it."
        if isinstance(error, proxies.OverwrittenError):
            return f"{error}: a line of the notebook gives that name to something else."
        if isinstance(error, AssertionError):
            return str(error)[:MAX_FACTS]
        # A test that stumbles does so over what it was given. The text of such an error may hold a
        # student's own words, so only the commonest mistake gets a sentence.
        if isinstance(error, TypeError) and "NoneType" in str(error):
            return "The function returned None. Does it end with a return statement?"
        if isinstance(error, MemoryError):
            return "The answer is far larger than this test expects."
        return f"The answer has a form that this test cannot use ({type(error).__name__})."

    def _place(self, place: tuple[int, int] | None) -> str:
        cells = self._submission.cells
        if not place or place[0] >= len(cells):
            return ""
        cell = cells[place[0]]
        # A number is a claim too: only that of a line which is there is worth showing.
        if place[1] > cell.source.count("\n") + 1:
            return ""
        return f" in line {place[1]} of the cell that begins `{cell.label}`"


def _environment(text: str) -> str:
    """What a machine lacks that a student's has."""
    return " (the grader has no GPU)" if re.search(r"cuda|nvidia|\bmps\b", text, re.I) else ""


def is_function(source: str, name: str) -> bool:
    """Say whether code defines a name as a function or a class."""
    return re.search(rf"^(?:async\s+def|def|class)\s+{name}\b", source, re.MULTILINE) is not None


def better(some: Sequence[TestScore], others: Sequence[TestScore]) -> bool:
    """Say whether the second result of the same tests has more points, or passes more for none."""

    def worth(tests: Sequence[TestScore]) -> tuple[float, int]:
        return sum(t.points for t in tests), sum(t.outcome is Outcome.PASSED for t in tests)

    return worth(others) > worth(some)


def _test_score(case: TestCase, failure: tuple[str, str] | None) -> TestScore:
    facts, staff_facts = failure or ("", "")
    return TestScore(
        title=case.title,
        hidden=case.hidden,
        points=0.0 if failure else case.points,
        max_points=case.points,
        outcome=Outcome.FAILED if failure else Outcome.PASSED,
        hint=case.hint if failure else "",
        facts=facts,
        staff_facts=staff_facts if staff_facts != facts else "",
    )
