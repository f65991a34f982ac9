"""What staff decide about single students: `adjustments.csv` in the folder of a graded class.

    student, question, points, comment
    anna@uni.edu, q3_step, 10, the hidden test was wrong for this reading
    4712, total, add 2, found an error in the text
    4713, total, excused, ill
    4714, total, 0 late days, extension

It survives every regrade, because only staff write it.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.assignment.bundle import Bundle
from tools.decisions.marks import limit_of
from tools.errors import ClassError, nearest
from tools.file_names import folded
from tools.handins.handin import Handin, Student, shown, squashed
from tools.identity.person_ids import id_in, repaired
from tools.table import numbered_rows, points

FILE = "adjustments.csv"
COLUMNS = ("student", "question", "points", "comment")
TOTAL = "total"
EXCUSED = "excused"
MAX_TOLD = 10
FORMS = '7.5 (these points), "add 2" or "add -2", "excused", or "2 late days"'
_NUMBER = r"(\d+(?:[.,]\d*)?|[.,]\d+)"
_POINTS = re.compile(_NUMBER)
_CHANGE = re.compile(rf"add\s*([+-]?)\s*{_NUMBER}", re.IGNORECASE)
_LATE = re.compile(r"(\d{1,4})\s*late\s*days?", re.IGNORECASE)

# One student of one hand-in; an empty id where nothing was handed in.
Person = tuple[str, Student]


class AdjustmentsError(ClassError):
    """Adjustments that cannot be used; the message has a line for each, with its place."""

    def __init__(self, lines: Sequence[str]) -> None:
        more = len(lines) - MAX_TOLD
        told = [*lines[:MAX_TOLD], *([f"and {more} more lines like these."] if more > 0 else [])]
        Exception.__init__(self, "\n".join(told))


@dataclass(frozen=True)
class Adjustment:
    """One line: for a question or the `total`, exactly one of points, change, excused, late_days.

    points: in place of those graded; change: on top of them; late_days: in place of the LMS's.
    """

    question: str
    points: float | None = None
    change: float | None = None
    excused: bool = False
    late_days: int | None = None
    comment: str = ""

    @property
    def kind(self) -> str:
        values = {"points": self.points, "change": self.change, "late days": self.late_days}
        return next((name for name, value in values.items() if value is not None), EXCUSED)


@dataclass(frozen=True)
class Most:
    """The most points that staff may give: for each question, and altogether."""

    questions: Mapping[str, float] = field(default_factory=dict)
    total: float = 0.0

    def of(self, question: str) -> float:
        """Return the most points of a question, or of the total."""
        return self.total if question == TOTAL else self.questions[question]


def most_points(bundle: Bundle, extra: Mapping[str, float]) -> Most:
    """Return the most points that staff may give, with those beyond the maximum."""
    each = {q.name: limit_of(q.points, extra.get(q.name)) for q in bundle.questions}
    return Most(each, sum(q.points for q in bundle.questions) + sum(extra.values()))


class People:
    """The students of a class, found by whatever staff call them."""

    def __init__(self, handins: Iterable[Handin], missing: Iterable[Student] = ()) -> None:
        self._ids: dict[str, list[Person]] = {}
        self._known: dict[str, set[Person]] = defaultdict(set)
        self._named: dict[str, set[Person]] = defaultdict(set)
        self._numbered: dict[str, set[Person]] = defaultdict(set)
        for handin in handins:
            people = [(handin.id, student) for student in handin.students or (Student(),)]
            self._ids[folded(handin.id)] = people
            self._add(people)
        self._add(("", student) for student in missing)

    def _add(self, people: Iterable[Person]) -> None:
        for person in people:
            _, student = person
            for value in (student.sid, student.email, student.lms_id, student.login):
                self._known[folded(value.strip())].add(person)
            if student.sid:
                self._numbered[repaired("sid", student.sid)].add(person)
            self._named[_words(student.name)].add(person)
        self._known.pop("", None)
        self._named.pop("", None)

    def find(self, given: str) -> list[Person]:
        """Return the one student, or the members of the one hand-in; a ValueError says why not.

        An id means its own hand-in, even if another's name differs only in an accent. A number may
        have lost its zeros in a spreadsheet.
        """
        plain = folded(given.strip())
        whole = self._ids.get(plain, [])
        known = self._known.get(plain, set())
        if whole and known <= set(whole):
            return whole
        found = known | set(whole) | self._named.get(_words(given), set())
        if not found and (number := id_in(given)):
            found = self._numbered.get(repaired("sid", number), set())
        if len(found) > 1:
            names = ", ".join(sorted(id_ or student.name for id_, student in found)[:5])
            raise ValueError(f'"{shown(given)}" stands for several: {names}. Give one\'s id')
        if not found:
            raise ValueError(
                f'"{shown(given)}" is nobody here. Give an id, email, number or name of scores.csv'
            )
        return list(found)


def _words(name: str) -> str:
    """Return a name's words in one order: "Lee, Anna" is Anna Lee."""
    return " ".join(sorted(filter(None, map(squashed, re.split(r"[\s,]+", name)))))


def read_adjustments(
    text: str, where: object, people: People, most: Most
) -> dict[Person, tuple[Adjustment, ...]]:
    """Return everybody's adjustments; an AdjustmentsError names each bad line."""
    found: dict[Person, list[Adjustment]] = defaultdict(list)
    errors = []
    what_now = f"Write the columns {', '.join(COLUMNS)}."
    for line, cells in numbered_rows(text, COLUMNS, where, what_now):
        try:
            adjustment = _adjustment(cells, most)
            for person in people.find(cells["student"]):
                _check_against(adjustment, found[person])
                found[person].append(adjustment)
        except ValueError as error:
            errors.append(f"{where}, line {line}: {error}.")
    if errors:
        raise AdjustmentsError(errors)
    return {person: tuple(each) for person, each in found.items()}


def _adjustment(cells: Mapping[str, str], most: Most) -> Adjustment:
    question, value = cells["question"] or TOTAL, cells["points"]
    question = TOTAL if question.casefold() == TOTAL else question
    if question != TOTAL and question not in most.questions:
        known = [TOTAL, *most.questions]
        raise ValueError(
            f'there is no question "{shown(question)}". {nearest(question, known)}'[:-1]
        )
    about = {"question": question, "comment": cells["comment"]}
    if match := _POINTS.fullmatch(value):
        number = _number(match[1])
        if number > most.of(question):
            raise ValueError(
                f"{points(number)} points, but {question} has at most "
                f"{points(most.of(question))}. Allow more under [extra_credit] in assignment.toml, "
                "or give less"
            )
        return Adjustment(points=number, **about)
    if match := _CHANGE.fullmatch(value):
        sign = -1.0 if match[1] == "-" else 1.0
        return Adjustment(change=sign * _number(match[2]), **about)
    excused, late = value.casefold() == EXCUSED, _LATE.fullmatch(value)
    if (excused or late) and question != TOTAL:
        raise ValueError(f'only the total can be "{shown(value)}". Give {question} points instead')
    if excused:
        return Adjustment(excused=True, **about)
    if late:
        return Adjustment(late_days=int(late[1]), **about)
    # A spreadsheet turns "+2" into 2, which would be all the points.
    if re.fullmatch(rf"[+-]\s*{_NUMBER}", value):
        raise ValueError(f'"{value}" may be meant in two ways. Write "add {value.lstrip("+")}"')
    raise ValueError(f'"{shown(value)}" is no adjustment. Write {FORMS}')


def _number(text: str) -> float:
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(f'"{shown(text, 30)}" is not a number of points')
    return value


def _check_against(new: Adjustment, others: Iterable[Adjustment]) -> None:
    """Refuse a second word on the same matter; changes add up."""
    for other in others:
        same = other.question == new.question and other.kind == new.kind
        if same and new.kind != "change":
            raise ValueError(f"a line above gives {new.question} already. Keep one of them")
