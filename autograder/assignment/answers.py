"""What the examiner knows about right answers and known wrong ones.

Both run only in the oracle, a separate process (see `examiner.oracle`): never in the examiner,
because a submission chooses their arguments, and never in a submission's candidate.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.assignment.signatures import parameter_names

FILE = "answers.json"


@dataclass(frozen=True)
class Answer:
    """The right answer to a question: its code, and the names it defines.

    names: functions and classes, and `variables` that its tests take.
    """

    question: str
    names: tuple[str, ...]
    source: str
    variables: tuple[str, ...] = ()

    @property
    def functions(self) -> tuple[str, ...]:
        """The names that can stand in for a submission's own: they are called, never sent."""
        return tuple(name for name in self.names if name not in self.variables)


@dataclass(frozen=True)
class Bug:
    """A known wrong answer: the right one with one edit. The hint names the idea behind it."""

    slug: str
    question: str
    hint: str
    source: str


@dataclass(frozen=True)
class Step:
    """A cell of the right notebook: given, or where a question's answer is (without a source)."""

    cell: str
    source: str = ""
    question: str = ""


@dataclass(frozen=True)
class Answers:
    """All answers of an assignment; `steps` are the cells that graders run, in their order."""

    steps: tuple[Step, ...] = ()
    answers: tuple[Answer, ...] = ()
    bugs: tuple[Bug, ...] = ()

    def names_of(self, question: str) -> tuple[str, ...]:
        """Return the names that the answer to a question defines."""
        return next((a.names for a in self.answers if a.question == question), ())

    def source_of(self, question: str) -> str:
        """Return the code of the answer to a question, "" if there is none."""
        return next((a.source for a in self.answers if a.question == question), "")

    def functions_of(self, question: str) -> tuple[str, ...]:
        """Return the functions and classes that the answer to a question defines."""
        return next((a.functions for a in self.answers if a.question == question), ())

    def variables_of(self, question: str) -> tuple[str, ...]:
        """Return the variables that the answer to a question is held in."""
        return next((a.variables for a in self.answers if a.question == question), ())

    def parameters_of(self, function: str) -> tuple[str, ...]:
        """Return what a function's arguments are called, () for one that is no answer."""
        answers = (a for a in self.answers if function in a.names)
        return next((parameter_names(a.source, function) for a in answers), ())

    def program(self) -> Iterator[tuple[str, str]]:
        """Yield the cells of the right notebook, answers included: name and source."""
        answers = {answer.question: answer.source for answer in self.answers}
        for step in self.steps:
            yield step.cell, answers.get(step.question, step.source)

    def bugs_of(self, question: str) -> tuple[Bug, ...]:
        """Return the known wrong answers to a question."""
        return tuple(bug for bug in self.bugs if bug.question == question)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, for a file."""
        return asdict(self)


def _answer(question: str, names: list[str], source: str, variables: list[str]) -> Answer:
    return Answer(question, tuple(names), source, tuple(variables))


def read_answers(folder: Path) -> Answers:
    """Read the answers of a bundle; without any, nothing is diagnosed."""
    file = folder / FILE
    if not file.exists():
        return Answers()
    values = json.loads(file.read_text(encoding="utf-8"))
    return Answers(
        tuple(Step(**step) for step in values["steps"]),
        tuple(_answer(**values) for values in values["answers"]),
        tuple(Bug(**bug) for bug in values["bugs"]),
    )
