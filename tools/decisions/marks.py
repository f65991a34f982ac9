"""Points given by hand: the CSV of a written page, read, kept and merged into scores.

A mark belongs to the text that was marked: an answer's pseudonym depends on its text, so a new text
is a new answer without a mark.
"""

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.assignment.bundle import Bundle
from autograder.results.score import QuestionScore, Score
from tools.handins.handin import Handin
from tools.table import numbered_rows, points, write_table

HEADER = ["assignment", "question", "answer", "points"]
TEXTS = ["comment", "criteria"]  # for the student; a CSV made by hand may lack these columns
MAX_TOLD = 10
_NUMBER = re.compile(r"\d+(?:[.,]\d*)?|[.,]\d+")


class MarksError(Exception):
    """Marks that cannot be merged; the message has a line for each, with its place."""


@dataclass(frozen=True)
class Mark:
    """Points for one answer, known by its pseudonym, and what its author is told.

    criteria: those of the rubric that are met, separated by semicolons.
    """

    question: str
    answer: str
    points: float
    comment: str = ""
    criteria: str = ""

    @property
    def told(self) -> str:
        """The text for the student."""
        met = f"Met: {self.criteria}." if self.criteria else ""
        return "\n".join(filter(None, (met, self.comment)))


class MarkingScheme:
    """A class's questions that are marked by hand, and whose answer each pseudonym stands for.

    texts: for each hand-in on the written pages, its answers by question; extra: points that may be
    given beyond the maximum, by question; earlier: the pseudonyms of former texts.
    """

    def __init__(
        self,
        bundle: Bundle,
        texts: Mapping[str, Mapping[str, str]],
        extra: Mapping[str, float] | None = None,
        earlier: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.assignment = bundle.name
        self.most = {q.name: q.points for q in bundle.questions if q.manual}
        self.limit = {name: limit_of(m, (extra or {}).get(name)) for name, m in self.most.items()}
        self.answers: dict[str, dict[str, str]] = {}
        for question in self.most:
            by_id = {id_: answers.get(question, "") for id_, answers in texts.items()}
            names = pseudonyms(question, by_id)
            self.answers[question] = {name: id_ for id_, name in names.items()}
        self.earlier = {name: dict((earlier or {}).get(name, {})) for name in self.most}

    @property
    def known(self) -> dict[str, dict[str, str]]:
        """Whose answer each pseudonym stands for, those of former texts too."""
        return {name: self.earlier[name] | self.answers[name] for name in self.most}


def read_marks(
    text: str, where: object, scheme: MarkingScheme, strangers: bool = False
) -> list[Mark]:
    """Return the marks in a CSV with a written page's columns; a MarksError names each bad line.

    `strangers`: include answers that the class does not have.
    """
    marks: dict[tuple[str, str], Mark] = {}
    errors = []
    what_now = "Take the CSV that the written page downloads."
    for line, cells in numbered_rows(text, HEADER, where, what_now, TEXTS):
        try:
            mark = _mark(cells, scheme, strangers)
            if mark and marks.setdefault((mark.question, mark.answer), mark) != mark:
                told = "has other points or another comment above. Keep one of the lines"
                raise ValueError(f"{mark.answer} {told}")
        except ValueError as error:
            errors.append(f"{where}, line {line}: {error}.")
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
    if answer not in scheme.known[question] and not strangers:
        raise ValueError(
            f'{question} has no answer "{answer[:30]}". Was the page made for these hand-ins?'
        )
    if not number:
        return None
    if not _NUMBER.fullmatch(number):
        raise ValueError(f'"{number[:30]}" is not a number of points')
    value, most = float(number.replace(",", ".")), scheme.limit[question]
    if not math.isfinite(value) or value > most:
        raise ValueError(
            f"{points(value)} points, but {question} has at most {points(most)}. Allow more under "
            "[extra_credit] in assignment.toml, or give less"
        )
    return Mark(question, answer, value, cells["comment"], cells["criteria"])


def marks_csv(marks: Iterable[Mark], assignment: str) -> str:
    """Return the marks as a CSV that `read_marks` reads."""
    rows = ([m.question, m.answer, points(m.points), m.comment, m.criteria] for m in marks)
    return write_table([*HEADER, *TEXTS], ([assignment, *row] for row in sorted(rows)))


def latest(earlier: Sequence[Mark], later: Sequence[Mark]) -> list[Mark]:
    """Return all marks, the later of two for one answer."""
    return list({(m.question, m.answer): m for m in [*earlier, *later]}.values())


def by_handin(marks: Iterable[Mark], scheme: MarkingScheme) -> dict[str, dict[str, Mark]]:
    """Return the marks of each hand-in by question."""
    found: dict[str, dict[str, Mark]] = {}
    for mark in marks:
        if id_ := scheme.answers[mark.question].get(mark.answer):
            found.setdefault(id_, {})[mark.question] = mark
    return found


def outdated(marks: Iterable[Mark], scheme: MarkingScheme) -> list[tuple[str, Mark]]:
    """Return the hand-ins whose answer was marked, but is another now, each with its last mark."""
    marks = list(marks)
    now = by_handin(marks, scheme)
    old: dict[tuple[str, str], Mark] = {}
    for mark in marks:
        id_ = scheme.earlier[mark.question].get(mark.answer)
        ids = scheme.answers[mark.question].values()
        if id_ in ids and mark.question not in now.get(id_, {}):
            old[id_, mark.question] = mark
    return sorted(((id_, mark) for (id_, _), mark in old.items()), key=lambda pair: pair[0])


def limit_of(most: float, extra: float | None) -> float:
    """Return the most that may be given for a question; one without points of its own has none."""
    return math.inf if not most and extra is None else most + (extra or 0.0)


def marked(
    score: Score,
    given: Mapping[str, float],
    most: Mapping[str, float],
    told: Mapping[str, str] | None = None,
) -> Score:
    """Return the score with the points given by hand, which count in its total.

    told: texts to the student by question; like the points, they are not shown before the due date.
    """

    def with_mark(question: QuestionScore) -> QuestionScore:
        if not question.manual or question.name not in given:
            return question
        name, text = question.name, (told or {}).get(question.name, "")
        question = replace(question, points=given[name], max_points=most[name])
        return replace(question, note=text, open_note="") if text else question

    return replace(score, questions=tuple(map(with_mark, score.questions)))


# Five letters tell 33 million apart, and are easy to type without mistakes.
LETTERS = 5


@dataclass(frozen=True)
class WrittenAnswer:
    """One hand-in's answer to a question: Markdown, and how many images are in it."""

    handin: Handin
    text: str
    images: int = 0


def pseudonyms(question: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return a pseudonym for each id, of its answer's text: the same in each run.

    Their alphabetical order has nothing to do with names or times. If two hashes begin alike, all
    pseudonyms get longer, so that none is given twice.
    """
    hashes = {id_: _hash("\n".join((question, id_, text))) for id_, text in texts.items()}
    length = LETTERS
    while len({text[:length] for text in hashes.values()}) < len(hashes):
        length += 1
    return {id_: text[:length] for id_, text in hashes.items()}


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode(errors="replace")).digest()
    return base64.b32encode(digest).decode().rstrip("=")
