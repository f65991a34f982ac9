"""Points filled into the LMS's own export, which keeps every value that we did not write."""

import functools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.errors import ClassError
from tools.gradebook.lms import EMPTY, NUMBER, Lms, Row, Wanted, is_before_the_most, points_column
from tools.handins.handin import Student, shown, squashed
from tools.handins.roster import PEOPLE, Index, columns_of, student_of
from tools.table import csv_of, guarded, points, read_table, separator_of, unguarded

EXCUSED = "EX"  # what Canvas writes and reads
# Moodle's column for a text to the student, in any language that calls it like this.
_FEEDBACK = re.compile(r"feedback|comment|kommentar|retroaliment|commentaire", re.IGNORECASE)


@dataclass(frozen=True)
class Filled:
    """The export with points in it, and what staff should know about it.

    replaced: values written over; kept: values that stay though we have others; lost: rows with
    points whose students are not in it; ours: all that we wrote, by student.
    """

    text: str
    replaced: Sequence[str] = ()
    kept: Sequence[str] = ()
    lost: Sequence[Row] = ()
    ours: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Log:
    """What happens while points are filled in."""

    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)


class Template:
    """One LMS's own export; a ClassError if points cannot be filled into it."""

    def __init__(self, kind: str, text: str, wanted: Wanted, where: object = "") -> None:
        self._where = where = where or f"{kind} template"
        if Lms(kind) is Lms.GRADESCOPE:
            raise ClassError("Gradescope imports no CSV", self._where, "Leave the template out.")
        self._kind, self._separator = Lms(kind), separator_of(text)
        self._header, *self._rows = read_table(text, self._where)
        self._columns = columns_of(self._header)
        if not self._columns.keys() & {*PEOPLE, "lms_id"}:
            self._columns = columns_of(self._header, self._rows)
        self._students = [student_of(self._columns, row) for row in self._rows]
        taken = set(self._columns.values())
        self._column = points_column(self._kind, self._header, self._rows, taken, wanted, where)
        self._feedback = self._feedback_column()
        self.notes = self._check_most(wanted)

    @property
    def column(self) -> str:
        """The title of the column that the points go into."""
        return self._header[self._column]

    def _feedback_column(self) -> int | None:
        if self._kind is not Lms.MOODLE:
            return None
        found = [at for at, name in enumerate(self._header) if _FEEDBACK.search(name)]
        return found[0] if len(found) == 1 and found[0] != self._column else None

    def _check_most(self, wanted: Wanted) -> list[str]:
        """Return a note if the LMS expects other points than the assignment has."""
        for row in self._rows:
            at = self._column
            if self._kind is Lms.MOODLE:
                if not is_before_the_most(at, self._rows):
                    break
                at += 1
            elif not any(squashed(cell) == "pointspossible" for cell in row):
                continue
            cell = row[at].strip() if at < len(row) else ""
            if NUMBER.fullmatch(cell) and _value(cell) != wanted.max_points:
                return [
                    f"{self._where}: the column {self.column} is worth {cell.strip()} points, this "
                    f"assignment {points(wanted.max_points)}. Is it the right column (--column)?"
                ]
            break
        return []

    def fill(
        self,
        rows: Sequence[Row],
        ours: Mapping[str, Sequence[str]] | None = None,
        overwrite: bool = False,
    ) -> Filled:
        """Return the export with the points of these rows.

        ours: what we wrote for each student in the past: only that is replaced, and with
        `overwrite` any other number too.
        """
        ours = ours or {}
        index = Index(self._students)
        by_student: dict[Student, list[Row]] = defaultdict(list)
        lost = []
        for row in rows:
            listed = index.find(row.student)
            if listed is not None:
                by_student[listed].append(row)
            elif row.total is not None or row.excused:
                lost.append(row)
        log = _Log()
        table = [self._guarded(cells) for cells in self._rows]
        for student, cells in zip(self._students, table, strict=True):
            mine = by_student.get(student, [])
            if len({(row.total, row.excused) for row in mine}) > 1:
                told = " and ".join(_told(self._cell(row)) for row in mine)
                log.kept.append(f"{_name(student)}: two hand-ins, {told}; neither is written")
            elif mine:
                self._put_points(cells, student, mine[0], ours, overwrite, log)
                self._put_comment(cells, student, mine[0], ours, log)
        text = csv_of([self._header, *table], self._separator)
        return Filled(text, log.replaced, log.kept, lost, log.written)

    def _put_points(
        self,
        cells: list[str],
        student: Student,
        row: Row,
        ours: Mapping[str, Sequence[str]],
        overwrite: bool,
        log: "_Log",
    ) -> None:
        key, before, new = key_of(student), cells[self._column].strip(), self._cell(row)
        if not new:
            return
        is_ours = any(_is_same(before, each) for each in ours.get(key, ()))
        if before in EMPTY or is_ours or (overwrite and NUMBER.fullmatch(before)):
            if not _is_same(before, new):
                cells[self._column] = new
                if before not in EMPTY:
                    log.replaced.append(f"{_name(student)}: {before} → {new}")
            log.written[key] = new
        elif _is_same(before, new):
            log.written[key] = new
        else:
            log.kept.append(f"{_name(student)}: {shown(before, 30)} stays; here {_told(new)}")

    def _put_comment(
        self,
        cells: list[str],
        student: Student,
        row: Row,
        ours: Mapping[str, Sequence[str]],
        log: "_Log",
    ) -> None:
        """Write staff's comment where there is none, or one of ours."""
        if self._feedback is None or not row.comment:
            return
        key, before = f"comment {key_of(student)}", cells[self._feedback].strip()
        new = guarded(" ".join(row.comment.splitlines()))
        if before in (*EMPTY, new) or before in ours.get(key, ()):
            cells[self._feedback] = log.written[key] = new
        else:
            log.kept.append(f"{_name(student)}: the comment there stays; here: {shown(new)}")

    def _cell(self, row: Row) -> str:
        if row.excused:
            return EXCUSED if self._kind is Lms.CANVAS else ""
        text = "" if row.total is None else points(row.total)
        return text.replace(".", ",") if self._has_decimal_commas else text

    def _guarded(self, cells: Sequence[str]) -> list[str]:
        """Return cells in which nothing that a student can choose runs in a spreadsheet.

        The rest is staff's own, such as comments: the LMS would take a guarded one for an edited
        one.
        """
        chosen = {*self._columns.values()}
        chosen |= {at for at, name in enumerate(self._header) if name == "Online text"}
        return [guarded(unguarded(c)) if at in chosen else c for at, c in enumerate(cells)]

    @functools.cached_property
    def _has_decimal_commas(self) -> bool:
        at = self._column
        cells = [cell.strip() for row in self._rows for cell in row[at : at + 2]]
        return any("," in cell and NUMBER.fullmatch(cell) for cell in cells)


def key_of(student: Student) -> str:
    """Return how a student of an export is remembered: the same as long as the export says so."""
    return "|".join((student.lms_id, student.email, student.name))


def _told(cell: str) -> str:
    return "excused" if cell == EXCUSED else f"{cell} points" if cell else "no points"


def _name(student: Student) -> str:
    return shown(student.name or student.email or student.sid or student.lms_id)


def _value(cell: str) -> float:
    return float(cell.strip().replace(",", "."))


def _is_same(one: str, other: str) -> bool:
    """Return whether two cells say the same: 12.50 is 12.5."""
    if NUMBER.fullmatch(one) and NUMBER.fullmatch(other):
        return abs(_value(one) - _value(other)) < 1e-6
    return one.strip() == other.strip()
