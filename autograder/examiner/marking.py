"""Marking a question: its tests run on stand-ins, and what they say becomes scores."""

import re
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np
from seqlab import failures, files, measures, sentences

from autograder.assignment.bundle import Bundle
from autograder.assignment.otter_tests import TestCase
from autograder.examiner import clock, proxies
from autograder.examiner.apart import Apart, Send
from autograder.examiner.line import Gone
from autograder.examiner.program import Program, lower, why
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
        # What the arguments of each function are called.
        self._named: dict[str, tuple[str, ...]] = {}

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
            asked = room.has_asked(case.parameters)
            if own and (why_not := what_failed(error, case, question, asked)):
                raise TestBrokeError(why_not) from error
            # Right values are public in a public test alone.
            more = [] if case.hidden else self._more(error, room)
            return tuple(
                " ".join([self._facts(error, hidden, room), *more])
                for hidden in (case.hidden, False)
            )
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

    def _facts(self, error: Exception, hidden: bool, room: Room) -> str:
        if isinstance(error, proxies.StudentError):
            # A text may carry a hidden input out; a public test has seen none.
            text = "" if hidden else error.text
            because = self._program.because(error.text) + _environment(error.text)
            return failures.raised(error.kind, text, *self._place(error.place), because)
        if isinstance(error, proxies.MissingNameError):
            cause = self._program.causes.get(str(error))
            remedy = f"{lower(cause)} failed." if cause else "was it renamed or deleted?"
            return failures.missing(str(error), remedy)
        if isinstance(error, proxies.UnansweredError):
            return failures.left_open(str(error))
        if isinstance(error, proxies.OverwrittenError):
            return failures.overwritten(str(error))
        if isinstance(error, AssertionError):
            return str(error)[:MAX_FACTS]
        # A test that stumbles does so over what it was given.
        return failures.stumbled(error, room.returned)

    def _more(self, error: Exception, room: Room) -> list[str]:
        """Return what wrong results have to do with the right ones."""
        function, args, kwargs = room.last_call
        names = self._parameters(function)
        arguments = {**dict(zip(names, args, strict=False)), **kwargs}
        return sentences.about(getattr(error, "compared", ()), arguments)

    def _parameters(self, function: str) -> tuple[str, ...]:
        """Return what the text calls the arguments of a function, as the right answer does."""
        if function not in self._named:
            self._named[function] = self._bundle.answers.parameters_of(function)
        return self._named[function]

    def _place(self, place: tuple[int, int] | None) -> tuple[str, str]:
        """Return where an error was raised, and that line of the student's own."""
        cells = self._submission.cells
        if not place or place[0] >= len(cells):
            return "", ""
        cell = cells[place[0]]
        lines = cell.source.split("\n")
        # A number is a claim too: only that of a line which is there is worth showing.
        if not 0 < place[1] <= len(lines):
            return "", ""
        return failures.place(place[1], cell.label), lines[place[1] - 1]


def _environment(text: str) -> str:
    """Return what this machine lacks that a student's has, as the end of a sentence."""
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
