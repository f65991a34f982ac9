"""A question under examination: its tests, what became of them, and where they ran."""

from dataclasses import dataclass, field

from autograder.assignment.bundle import Question
from autograder.assignment.otter_tests import TestCase
from autograder.examiner.room import Room
from autograder.results.score import Outcome, TestScore


@dataclass
class Attempt:
    """A question's tests with their results, and the rooms in which they ran."""

    question: Question
    cases: tuple[TestCase, ...]
    tests: dict[int, TestScore] = field(default_factory=dict)
    rooms: list[Room] = field(default_factory=list)
    # Earlier questions whose answers were lent: for public tests, and for hidden ones.
    helped: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    note: str = ""
    # What may be told at once, settled before any hidden test ran.
    open_note: str | None = None
    seconds: float = 0.0
    hung: bool = False
    broken: bool = False

    @property
    def failing(self) -> list[int]:
        """The tests that did not pass, or were not run."""
        passed = {n for n, test in self.tests.items() if test.outcome is Outcome.PASSED}
        return [number for number in range(len(self.cases)) if number not in passed]

    def failing_of(self, hidden: bool) -> list[int]:
        """The hidden or the public ones of them."""
        return [number for number in self.failing if self.cases[number].hidden is hidden]

    @property
    def lost(self) -> bool:
        """Whether the candidate was of no use: what a later cell did may be to blame."""
        return any(not room.candidate_alive for room in self.rooms)

    def give_up(self, why: str) -> None:
        """Count the tests that were not run as failed, and say why."""
        if len(self.tests) == len(self.cases):
            return
        self.note = why
        for number, case in enumerate(self.cases):
            if number not in self.tests and (self.tests or self.open_note is not None):
                about = (case.title, case.hidden, 0.0, case.points, Outcome.FAILED)
                text = {"hint": why} if case.hidden else {"facts": why}
                self.tests[number] = TestScore(*about, **text)
