"""Points given by hand: the CSV of a written page, read, kept and merged into scores."""

import base64
import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.assignment.bundle import Bundle
from autograder.results.score import Score
from tools.handins.handin import Handin
from tools.table import csv_of, points, separator_of, unguarded

HEADER = ["assignment", "question", "answer", "points"]
MAX_TOLD = 10
_NUMBER = re.compile(r"\d+(?:[.,]\d*)?|[.,]\d+")


class MarksError(Exception):
    """Marks that cannot be merged; the message has a line for each, with its place."""


@dataclass(frozen=True)
class Mark:
    """Points for one answer, known by its pseudonym."""

    question: str
    answer: str
    points: float


class MarkingScheme:
    """A class's questions that are marked by hand, and whose answer each pseudonym stands for.

    `ids`: those of all hand-ins on the written pages.
    """

    def __init__(self, bundle: Bundle, ids: Iterable[str]) -> None:
        ids = list(ids)
        self.assignment = bundle.name
        self.most = {q.name: q.points for q in bundle.questions if q.manual}
        self.answers = {
            question: {name: id_ for id_, name in pseudonyms(question, ids).items()}
            for question in self.most
        }


def read_marks(
    text: str, where: object, scheme: MarkingScheme, strangers: bool = False
) -> list[Mark]:
    """Return the marks in a CSV with a written page's columns; a MarksError names each bad line.

    `strangers`: include answers that the class does not have.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text))
    header = [cell.strip().lower() for cell in next(reader, [])]
    if missing := [name for name in HEADER if name not in header]:
        raise MarksError(
            f"{where}, line 1: there is no column {', '.join(missing)}. Take the CSV that the "
            "written page downloads."
        )
    marks: dict[tuple[str, str], Mark] = {}
    errors = []
    for row in reader:
        cells = dict(zip(header, (unguarded(cell.strip()) for cell in row), strict=False))
        if not any(cells.values()):
            continue
        cells = {name: cells.get(name, "") for name in HEADER}
        try:
            mark = _mark(cells, scheme, strangers)
            if mark and marks.setdefault((mark.question, mark.answer), mark) != mark:
                raise ValueError(f"{mark.answer} has other points above. Keep one of the lines")
        except ValueError as error:
            errors.append(f"{where}, line {reader.line_num}: {error}.")
    if errors:
        more = len(errors) - MAX_TOLD
        told = [*errors[:MAX_TOLD], f"{where}: and {more} more lines like these."]
        raise MarksError("\n".join(told if more > 0 else errors))
    return list(marks.values())


def _mark(cells: Mapping[str, str], scheme: MarkingScheme, strangers: bool) -> Mark | None:
    """Return the mark in one row; None if its points are still to be given."""
    if cells["assignment"] not in ("", scheme.assignment):
        raise ValueError(
            f'these are marks of "{cells["assignment"][:60]}", not of {scheme.assignment}'
        )
    question, answer, number = cells["question"], cells["answer"].upper(), cells["points"]
    if question not in scheme.most:
        known = ", ".join(scheme.most) or "there is none"
        raise ValueError(f'no question "{question[:60]}" is marked by hand (known: {known})')
    if answer not in scheme.answers[question] and not strangers:
        raise ValueError(
            f'{question} has no answer "{answer[:30]}". Was the page made for these hand-ins?'
        )
    if not number:
        return None
    if not _NUMBER.fullmatch(number):
        raise ValueError(f'"{number[:30]}" is not a number of points')
    value, most = float(number.replace(",", ".")), scheme.most[question]
    if not math.isfinite(value) or (most and value > most):
        raise ValueError(f"{points(value)} points, but {question} has at most {points(most)}")
    return Mark(question, answer, value)


def marks_csv(marks: Iterable[Mark], assignment: str) -> str:
    """Return the marks as a CSV that `read_marks` reads."""
    rows = sorted([assignment, m.question, m.answer, points(m.points)] for m in marks)
    return csv_of([HEADER, *rows])


def latest(earlier: Sequence[Mark], later: Sequence[Mark]) -> list[Mark]:
    """Return all marks, the later of two for one answer."""
    return list({(m.question, m.answer): m for m in [*earlier, *later]}.values())


def by_handin(marks: Iterable[Mark], scheme: MarkingScheme) -> dict[str, dict[str, float]]:
    """Return the points of each hand-in by question."""
    found: dict[str, dict[str, float]] = {}
    for mark in marks:
        if id_ := scheme.answers[mark.question].get(mark.answer):
            found.setdefault(id_, {})[mark.question] = mark.points
    return found


def marked(score: Score, given: Mapping[str, float], most: Mapping[str, float]) -> Score:
    """Return the score with the points given by hand, which count in its total."""
    questions = tuple(
        replace(question, points=given[question.name], max_points=most[question.name])
        if question.manual and question.name in given
        else question
        for question in score.questions
    )
    return replace(score, questions=questions)


# Five letters tell 33 million apart, and are easy to type without mistakes.
LETTERS = 5


@dataclass(frozen=True)
class WrittenAnswer:
    """One hand-in's answer to a question: Markdown, and how many images are in it."""

    handin: Handin
    text: str
    images: int = 0


def pseudonyms(question: str, ids: Iterable[str]) -> dict[str, str]:
    """Return a pseudonym for each id: the same in each run, a different one in each question.

    Their alphabetical order has nothing to do with names or times. If two hashes begin alike, all
    pseudonyms get longer, so that none is given twice.
    """
    hashes = {id_: _hash(f"{question}\n{id_}") for id_ in ids}
    length = LETTERS
    while len({text[:length] for text in hashes.values()}) < len(hashes):
        length += 1
    return {id_: text[:length] for id_, text in hashes.items()}


def _hash(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
