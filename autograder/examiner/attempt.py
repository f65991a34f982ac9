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
    carried: tuple[str, ...] = ()
    note: str = ""
    seconds: float = 0.0
    hung: bool = False
    broken: bool = False

    @property
    def failing(self) -> list[int]:
        """The tests that did not pass, or were not run."""
        passed = {n for n, test in self.tests.items() if test.outcome is Outcome.PASSED}
        return [number for number in range(len(self.cases)) if number not in passed]

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
            if self.tests and number not in self.tests:
                about = (case.title, case.hidden, 0.0, case.points, Outcome.FAILED)
                self.tests[number] = TestScore(*about, facts=why)
