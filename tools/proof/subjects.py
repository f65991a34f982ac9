"""Notebooks whose points are known beforehand, which `unroll verify` grades."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.mutants.mutant import Mutant, mutants_of
from tools.course.settings import KINDS, Stub
from tools.master.known_answers import Bank
from tools.master.master import Master
from tools.master.notebook import Notebook, dump, parse
from tools.proof.circumstances import with_redefined
from tools.proof.oddities import oddities
from tools.proof.stubs import stubbed_cell
from tools.proof.traces import imported, leaves_traces

MUTANT = "mutant"


@dataclass(frozen=True)
class Subject:
    """One notebook; `questions` are those whose answers differ from the solution.

    alike: it begins as the solution, and leaves nothing behind for others that do.
    """

    name: str
    notebook: bytes
    questions: tuple[str, ...] = ()
    kind: Stub | None = None
    alike: bool = False


@dataclass(frozen=True)
class Subjects:
    """All notebooks of an assignment."""

    solution: Subject
    blank: Subject
    bugs: tuple[Subject, ...]
    accepted: tuple[Subject, ...]
    stubs: tuple[Subject, ...]
    # The solution with honest oddities, which must cost nothing.
    odd: tuple[Subject, ...] = ()
    # The solution with other functions in place of given ones.
    redefined: Subject | None = None
    # The solution with one edit each, if they are asked for.
    mutants: tuple[tuple[Mutant, Subject], ...] = ()


def subjects_of(
    master: Master, bank: Bank, solution: bytes, release: bytes, mutants: bool = False
) -> Subjects:
    """Make the notebooks from those that a build wrote, with or without mutants."""
    notebook = parse(solution.decode(), f"solutions/{master.file}")
    cells = {
        question.name: [cell.cell for cell in question.solutions if cell.lines is not None]
        for question in master.questions
    }

    def edited(sources: Mapping[str, str]) -> bytes:
        return _with_answers(notebook, {q: (cells[q], text) for q, text in sources.items()})

    given = imported("\n".join(step.source for step in bank.answers.steps))

    def alike(*sources: str) -> bool:
        return not any(leaves_traces(source, given) for source in sources)

    right = alike(*(answer.source for answer in bank.answers.answers))
    redefined = with_redefined(notebook, bank)
    return Subjects(
        solution=Subject("the solution", solution, alike=right),
        blank=Subject("the untouched release", release),
        bugs=tuple(
            Subject(
                bug.slug,
                edited({bug.question: bug.source}),
                (bug.question,),
                alike=alike(bug.source),
            )
            for bug in bank.answers.bugs
        ),
        accepted=tuple(
            Subject(
                one.file,
                edited(dict.fromkeys(one.questions, one.source)),
                one.questions,
                alike=alike(one.source),
            )
            for one in bank.accepted
        ),
        stubs=tuple(_stubs(master, bank, edited, right)),
        odd=tuple(Subject(name, dump(made).encode()) for name, made in oddities(notebook)),
        redefined=Subject("redefined", dump(redefined).encode(), alike=right),
        mutants=tuple(_mutants(bank, edited, right)) if mutants else (),
    )


def _stubs(master: Master, bank: Bank, edited, alike: bool) -> Iterator[Subject]:
    # One notebook has the stubs of all questions: none of them calls another.
    answers = bank.answers.answers
    public = {question.name: question.public_tests for question in master.questions}
    for kind in KINDS:
        cells = {
            a.question: stubbed_cell(a.source, a.names, kind, public[a.question]) for a in answers
        }
        yield Subject(f"{kind} stubs", edited(cells), tuple(cells), kind, alike)


def _mutants(bank: Bank, edited, alike: bool) -> Iterator[tuple[Mutant, Subject]]:
    for answer in bank.answers.answers:
        for number, mutant in enumerate(mutants_of(answer)):
            name = f"{MUTANT} {answer.question} {number}"
            notebook = edited({answer.question: mutant.source})
            yield mutant, Subject(name, notebook, (answer.question,), alike=alike)


def _with_answers(notebook: Notebook, sources: Mapping[str, tuple[list[str], str]]) -> bytes:
    """Return the notebook with other answers, each in the last cell that held the right one."""
    new = {cell: "" for cells, _ in sources.values() for cell in cells}
    new |= {cells[-1]: text for cells, text in sources.values()}
    cells = [{**cell, "source": new.get(cell["id"], cell["source"])} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}).encode()
