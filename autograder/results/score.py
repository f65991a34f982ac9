"""The single record between grading and everything after it: results, tables, reports."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.assignment.bundle import Bundle

# Pairs of a step and a value.
Curve = Sequence[tuple[int, float]]
# In what staff read where the grader was lost over the known bugs; no points depend on these.
NO_DIAGNOSIS = ": the diagnosis "


class Outcome(StrEnum):
    """The outcome of a test, a question or a submission."""

    PASSED = "passed"
    FAILED = "failed"
    # The grader broke: never the student's fault, and a human must look.
    BROKEN = "broken"


@dataclass(frozen=True)
class TestScore:
    """One test. `hint` and `facts` may be shown wherever the test itself may be."""

    title: str
    hidden: bool
    points: float
    max_points: float
    outcome: Outcome
    hint: str = ""
    facts: str = ""
    # All of it, where that is more: with texts that could carry a hidden input.
    staff_facts: str = ""


# Between a line of the right answer and what it became.
EDIT = " -> "


@dataclass(frozen=True)
class Misconception:
    """What explains wrong results, and what its author reads of it.

    slug: of a known bug; or what the results have to do with the right ones.
    """

    slug: str
    hint: str

    @property
    def is_known(self) -> bool:
        """Whether an instructor wrote the hint."""
        return self.slug.isidentifier()

    @property
    def is_edit(self) -> bool:
        """Whether the hint quotes a line of the right answer, with what became of it."""
        return EDIT in self.slug


@dataclass(frozen=True)
class QuestionScore:
    """One question; a `manual` one is marked by hand and has neither points nor tests.

    misconceptions: the known bugs found in it, the likeliest first; carried: the earlier failed
    questions whose answers were replaced by right ones, if that gave the better result; open_note:
    the note as far as no hidden test has a say in it, where that is less.
    """

    name: str
    points: float
    max_points: float
    outcome: Outcome
    tests: tuple[TestScore, ...] = ()
    manual: bool = False
    note: str = ""
    seconds: float = 0.0
    misconceptions: tuple[Misconception, ...] = ()
    carried: tuple[str, ...] = ()
    # Whether its points come on top of the maximum.
    bonus: bool = False
    open_note: str | None = None

    @property
    def note_at_once(self) -> str:
        """The note that a student may read before the due date."""
        return self.note if self.open_note is None else self.open_note

    @property
    def first_hint(self) -> str:
        """The most helpful sentence: a known bug's hint, else that of the first failed test."""
        if self.misconceptions:
            return self.misconceptions[0].hint
        failed = [test for test in self.tests if test.outcome is not Outcome.PASSED]
        texts = [test.hint or test.facts for test in failed]
        return self.note or next((text for text in texts if text), "")


@dataclass(frozen=True)
class Score:
    """One graded submission. `notes` are for the student, `staff_notes` only for staff."""

    assignment: str
    semester: str
    submission: str
    questions: tuple[QuestionScore, ...]
    notes: tuple[str, ...] = ()
    staff_notes: tuple[str, ...] = ()
    isolation: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    # Numbers that tests measured, by name; curves are as the answers returned them.
    measured: Mapping[str, float] = field(default_factory=dict)
    # The range in which a number passes, if a test judges by it.
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    # False: the submission could not be read at all.
    readable: bool = True

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)

    @property
    def max_points(self) -> float:
        return sum(q.max_points for q in self.questions if not q.bonus)

    @property
    def outcome(self) -> Outcome:
        """BROKEN if any question is: then the points are not final."""
        outcomes = {question.outcome for question in self.questions if not question.manual}
        if Outcome.BROKEN in outcomes:
            return Outcome.BROKEN
        return Outcome.PASSED if outcomes == {Outcome.PASSED} else Outcome.FAILED

    @property
    def is_settled(self) -> bool:
        """Whether the grader came to its end, so that grading again would change nothing."""
        lost = any(NO_DIAGNOSIS in note for note in self.staff_notes)
        return self.outcome is not Outcome.BROKEN and not lost

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Score":
        """Read a score that `to_json` wrote, possibly in an earlier version."""

        lists = {key: tuple(values[key]) for key in ("notes", "staff_notes")}
        found = values.get("curves", {}).items()
        curves = {name: tuple(map(tuple, pairs)) for name, pairs in found}
        limits = {name: tuple(pair) for name, pair in values.get("limits", {}).items()}
        lists |= {"curves": curves, "limits": limits}
        lists["questions"] = tuple(map(question_from_json, values["questions"]))
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in (values | lists).items() if name in known})


def question_to_json(question: QuestionScore) -> dict[str, Any]:
    """Return a question's score as plain values."""
    return asdict(question)


def question_from_json(entry: dict[str, Any]) -> QuestionScore:
    """Return the question's score that `question_to_json` described."""
    tests = (TestScore(**{**each, "outcome": Outcome(each["outcome"])}) for each in entry["tests"])
    lists = {
        "tests": tuple(tests),
        "misconceptions": tuple(Misconception(**each) for each in entry["misconceptions"]),
        "carried": tuple(entry["carried"]),
    }
    return QuestionScore(**{**entry, "outcome": Outcome(entry["outcome"]), **lists})


def unexamined(bundle: "Bundle", notes: list[str], outcome: Outcome = Outcome.FAILED) -> Score:
    """Return a score of 0 for every question."""
    questions = [
        QuestionScore(q.name, 0.0, q.points, outcome, manual=q.manual, bonus=q.bonus)
        for q in bundle.questions
    ]
    return Score(bundle.name, bundle.semester, "", tuple(questions), notes=tuple(notes))
