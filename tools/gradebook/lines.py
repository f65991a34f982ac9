"""The table of scores: a line for each student."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, Score
from tools.decisions.totals import Final
from tools.gradebook import lms
from tools.gradebook.class_report import StudentRow, Who
from tools.handins.handin import Handin, Student
from tools.table import points, write_table


class Status(StrEnum):
    """What became of one student's hand-in. Only GRADED has a total, unless staff gave one."""

    GRADED = "graded"
    BROKEN = "broken"
    UNREADABLE = "nothing to grade"
    WAITING = "not graded yet"
    EXCUSED = "excused"
    MISSING = "nothing handed in"


@dataclass(frozen=True)
class Line:
    """One student in the table of scores. `score`: as graded and marked; `final`: what counts."""

    student: Student
    status: Status
    handin: Handin | None = None
    score: Score | None = None
    listed: str = ""
    final: Final = field(default_factory=Final)

    @property
    def points(self) -> dict[str, float]:
        """The points that count, by question, where they are final."""
        return dict(self.final.points)

    @property
    def total(self) -> float | None:
        return self.final.total


def graded_points(status: Status, score: Score | None) -> dict[str, float]:
    """Return points by question as graded and marked, where they are final."""
    if score is None or status not in (Status.GRADED, Status.BROKEN):
        return {}
    return {
        q.name: q.points
        for q in score.questions
        if (q.max_points or q.points) and (q.manual or q.outcome is not Outcome.BROKEN)
    }


def needed(status: Status, score: Score | None) -> list[str] | None:
    """Return the questions without whose points there is no total; None if there cannot be one."""
    if score is None or status not in (Status.GRADED, Status.BROKEN):
        return None
    return [q.name for q in score.questions if not q.manual and (q.max_points or q.points)]


def decided_score(score: Score, lines: Sequence[Line]) -> Score:
    """Return a score for the student's page with what staff and lateness changed in it.

    A page of a group says only what holds for all of its members.
    """
    finals = [line.final for line in lines]
    decided = finals[0]
    if any(each != decided for each in finals) or not decided.comment:
        return score
    questions = tuple(
        replace(q, points=decided.points.get(q.name, q.points)) for q in score.questions
    )
    score = replace(score, questions=questions, notes=(*score.notes, decided.comment))
    if decided.total is not None and abs(decided.total - score.points) > 1e-9:
        told = f"That makes {points(decided.total)} points."
        score = replace(score, notes=(*score.notes, told))
    return score


def student_row(line: Line, changed: Mapping[str, str], shared: Collection[str]) -> StudentRow:
    """Return the line as the report shows it.

    changed: a regrade in words, by hand-in; shared: names that need an id to tell people apart.
    """
    handin, student = line.handin, line.student
    id_ = handin.id if handin else ""
    name = student.name or student.email or student.sid or student.lms_id or id_
    if student.name in shared:
        name = f"{name} ({student.email or student.sid or id_ or 'no id'})"
    return StudentRow(
        Who(id_, name),
        line.status,
        line.points,
        line.total,
        handin.late if handin else "",
        changed.get(id_, ""),
        student.section,
        has_page=bool(id_) and line.status is not Status.WAITING,
        comment=line.final.comment,
    )


def lms_row(line: Line) -> lms.Row:
    """Return the line as an LMS is told of it."""
    handin, counts = line.handin, line.total is not None
    status = lms.Status.GRADED if counts else lms.Status.UNGRADED
    if handin is None and not counts:
        status = lms.Status.MISSING
    return lms.Row(
        line.student,
        line.total,
        line.points if counts else {},
        status,
        handin.late if handin else "",
        handin.submitted if handin else "",
        handin.id if handin else "",
        line.final.excused,
        line.final.comment,
    )


def scores_csv(lines: Iterable[Line], bundle: Bundle) -> str:
    """Return a table with a row for each student. Cells without final points are empty.

    Points are those that count; the last columns say what staff and lateness changed.
    """
    questions = [question.name for question in bundle.questions]
    header = ["id", "name", "email", "sid", "lms_id", *questions, "total", "max", "status"]
    header += ["late", "submitted", "hints", "in roster"]
    header += ["adjusted", "late days", "late penalty", "comment"]
    rows = []
    for line in lines:
        who, handin, final = line.student, line.handin, line.final
        most = line.score.max_points if line.score else bundle.most
        found = (
            [m.slug for q in line.score.questions for m in q.misconceptions] if line.score else []
        )
        rows.append(
            [handin.id if handin else "", who.name, who.email, who.sid, who.lms_id]
            + [points(final.points[name]) if name in final.points else "" for name in questions]
            + ["" if final.total is None else points(final.total), points(most), line.status]
            + ([handin.late, handin.submitted] if handin else ["", ""])
            + [" ".join(found), line.listed, "; ".join(final.changes)]
            + ["?" if final.late_days is None else str(final.late_days or "")]
            + [points(final.penalty) if final.penalty else "", " ".join(final.comments)]
        )
    return write_table(header, rows)
