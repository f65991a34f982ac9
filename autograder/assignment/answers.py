"""What the examiner knows of right answers and of known wrong ones.

Both run in the oracle alone, a process of their own (see `examiner.oracle`): never in
the examiner, because a submission chooses their arguments, and never in a submission's candidate.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = "answers.json"


@dataclass(frozen=True)
class Answer:
    """The right answer to a question: its code, and the functions and classes that it defines."""

    question: str
    names: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Bug:
    """A known wrong answer: the right one after one edit. The hint names the idea behind it."""

    slug: str
    question: str
    hint: str
    source: str


@dataclass(frozen=True)
class Answers:
    """All of an assignment; `setup` are the given cells that the answers need, such as imports."""

    setup: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    bugs: tuple[Bug, ...] = ()

    def names_of(self, question: str) -> tuple[str, ...]:
        """What the answer to a question defines."""
        return next((a.names for a in self.answers if a.question == question), ())

    def bugs_of(self, question: str) -> tuple[Bug, ...]:
        """The known wrong answers to a question."""
        return tuple(bug for bug in self.bugs if bug.question == question)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)


def read_answers(folder: Path) -> Answers:
    """The answers of a bundle; none where it has none, and then nothing is diagnosed."""
    file = folder / FILE
    if not file.exists():
        return Answers()
    values = json.loads(file.read_text(encoding="utf-8"))
    return Answers(
        tuple(values["setup"]),
        tuple(Answer(**{**a, "names": tuple(a["names"])}) for a in values["answers"]),
        tuple(Bug(**bug) for bug in values["bugs"]),
    )
