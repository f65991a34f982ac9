"""The mutants of an answer: its code with one edit each."""

import ast
import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.assignment.answers import Answer
from autograder.mutants.edits import edits


@dataclass(frozen=True)
class Mutant:
    """One edit of an answer: a statement `line`, on one line, that `becomes` another one."""

    question: str
    operator: str
    number: int  # of the line in the answer
    line: str
    becomes: str
    source: str

    @property
    def edit(self) -> tuple[str, str, str]:
        """What equivalent.toml knows it by."""
        return self.question, self.line, self.becomes

    @property
    def place(self) -> str:
        return f"{self.question}, line {self.number}"

    @property
    def diff(self) -> str:
        """The edit as two lines, as `diff` writes it."""
        return f"- {self.line}\n+ {self.becomes}"


@functools.cache
def mutants_of(answer: Answer) -> tuple[Mutant, ...]:
    """Return all mutants in the order of the lines; those with the same code are one."""
    return tuple(_mutants(answer))


def _mutants(answer: Answer) -> Iterator[Mutant]:
    tree = ast.parse(answer.source)
    # The same tree gives the same text.
    seen = {ast.unparse(tree)}
    for edit in edits(tree):
        source = ast.unparse(tree)
        if source not in seen and _is_python(source):
            seen.add(source)
            about = edit.operator, edit.number, edit.line, edit.becomes
            yield Mutant(answer.question, *about, source)


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: a number is called
            compile(source, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True
