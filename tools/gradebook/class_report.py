"""The staff's report as values: `statistics` counts them, `pages` shows them."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.results.score import Curve
from tools.likeness.resemblance import Shared

# From so many attempts it means something that all passed a test, or none.
FEW = 10
HARDEST = LOWEST = 5


@dataclass(frozen=True)
class Who:
    """One hand-in as the report names it."""

    id: str
    name: str


@dataclass(frozen=True)
class Totals:
    """The totals that count of some students, in ascending order.

    What counts is what was graded and marked, after adjustments by staff and lateness. Who is
    excused, handed in nothing, or has no final points yet, has no total.
    """

    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, totals: Iterable[float | None]) -> "Totals":
        """Return those that there are."""
        return cls(tuple(sorted(total for total in totals if total is not None)))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values) if self.values else 0.0

    @property
    def median(self) -> float:
        return self.quartiles[1]

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Where a quarter, half and three quarters of them lie below."""
        if len(self.values) < 2:
            return (self.values * 3)[:3] or (0.0, 0.0, 0.0)
        return tuple(statistics.quantiles(self.values, n=4, method="inclusive"))


@dataclass(frozen=True)
class StudentRow:
    """One student in the table of all: `points` by question and `total` are those that count.

    changed: what the last regrade changed, in words; comment: what staff and lateness changed.
    """

    who: Who
    status: str
    points: Mapping[str, float]
    total: float | None
    late: str = ""
    changed: str = ""
    section: str = ""
    has_page: bool = True
    comment: str = ""


@dataclass(frozen=True)
class Section:
    """One section of the class."""

    name: str
    students: int
    totals: Totals


@dataclass(frozen=True)
class Remark:
    """A sentence about one hand-in."""

    who: Who
    text: str


@dataclass(frozen=True)
class Broken:
    """A hand-in over which the grader broke, in these questions."""

    who: Who
    questions: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class QuestionRow:
    """One question. `blank` hand-ins left the prompt as it was; they are among the failed.

    mean_points: of the points that count, over the students who have some.
    """

    name: str
    max_points: float
    graded: int
    passed: int
    blank: int
    mean_points: float
    mean_seconds: float
    carried: Mapping[str, int]

    @property
    def pass_rate(self) -> float:
        return self.passed / self.graded if self.graded else 0.0


@dataclass(frozen=True)
class TestRow:
    """One test, over the hand-ins that tried its question."""

    question: str
    title: str
    hidden: bool
    tried: int
    failed: int

    @property
    def fail_rate(self) -> float:
        return self.failed / self.tried if self.tried else 0.0

    @property
    def is_useless(self) -> bool:
        """Whether it told nobody apart. That all pass a public test is what it is there for."""
        return self.tried >= FEW and (
            self.failed == self.tried or (self.failed == 0 and self.hidden)
        )


@dataclass(frozen=True)
class MisconceptionRow:
    """A known bug, and whose submissions have it."""

    question: str
    slug: str
    hint: str
    found: tuple[Who, ...]


@dataclass(frozen=True)
class Measure:
    """What tests measured of the answers under one name; `limits` from where to where it passes.

    Curves are as answers returned them, on the way to the value: those of `passed` answers, and of
    the others.
    """

    name: str
    values: tuple[float, ...]
    limits: tuple[float, float] | None
    below: tuple[Who, ...]
    above: tuple[Who, ...]
    passed_curves: tuple[Curve, ...] = ()
    other_curves: tuple[Curve, ...] = ()

    @property
    def passed(self) -> int:
        return len(self.values) - len(self.below) - len(self.above)


@dataclass(frozen=True)
class Slow:
    """How long one submission took, and the question that took longest."""

    who: Who
    seconds: float
    cpu_seconds: float
    question: str
    question_seconds: float


@dataclass(frozen=True)
class Alike:
    """Two hand-ins to look at side by side.

    expected: how many pairs of independent hand-ins would be as alike.
    """

    found: tuple[Who, Who]
    same_file: bool
    shared: tuple[Shared, ...]
    compared: int
    expected: float
    # Questions with a shared answer that is wrong: a mistake in common says more.
    wrong: tuple[str, ...]
    # Where the two stand side by side, from the report; empty if nowhere.
    page: str = ""


@dataclass(frozen=True)
class ClassReport:
    """All that the staff's report shows."""

    title: str
    assignment: str
    semester: str
    handins: int
    students: int
    broken: tuple[Broken, ...]
    ungraded: tuple[Remark, ...]
    late: tuple[Remark, ...]
    missing: tuple[str, ...]
    strangers: tuple[Who, ...]
    notes: tuple[str, ...]
    totals: Totals
    max_points: float
    questions: tuple[QuestionRow, ...]
    by_hand: tuple[str, ...]
    tests: tuple[TestRow, ...]
    misconceptions: tuple[MisconceptionRow, ...]
    measures: tuple[Measure, ...]
    slowest: tuple[Slow, ...]
    alike: tuple[Alike, ...]
    isolation: Mapping[str, int]
    versions: Mapping[str, int]
    rows: tuple[StudentRow, ...] = ()

    @property
    def graded(self) -> int:
        """How many hand-ins are graded."""
        return self.handins - len(self.ungraded) - len(self.broken)

    @property
    def full(self) -> int:
        """How many have all points, or more."""
        return sum(total >= self.max_points for total in self.totals.values)

    @property
    def lowest(self) -> tuple[StudentRow, ...]:
        """The students with the lowest totals, below the lower quartile."""
        least = self.totals.quartiles[0]
        low = [row for row in self.rows if row.total is not None and row.total < least]
        return tuple(sorted(low, key=lambda row: (row.total, row.who.name))[:LOWEST])

    @property
    def unsolved(self) -> tuple[QuestionRow, ...]:
        """The questions that fewest solved, none or less than half."""
        few = [row for row in self.questions if row.graded and row.pass_rate < 0.5]
        return tuple(sorted(few, key=lambda row: row.pass_rate)[:HARDEST])

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the class side by side; none if the roster has no sections."""
        names = sorted({row.section for row in self.rows if row.section})
        rows = {name: [row for row in self.rows if row.section == name] for name in names}
        return tuple(
            Section(name, len(some), Totals.of(row.total for row in some))
            for name, some in rows.items()
        )

    @property
    def carried(self) -> tuple[QuestionRow, ...]:
        """The questions in which right answers stood in for earlier ones."""
        return tuple(row for row in self.questions if row.carried)

    @property
    def hardest(self) -> tuple[TestRow, ...]:
        """The hidden tests that most of those who tried failed, some not."""
        some = [test for test in self.tests if test.hidden and 0 < test.failed < test.tried]
        return tuple(sorted(some, key=lambda test: -test.fail_rate)[:HARDEST])

    @property
    def useless(self) -> tuple[TestRow, ...]:
        return tuple(test for test in self.tests if test.is_useless)
