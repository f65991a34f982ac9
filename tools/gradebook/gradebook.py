"""The files made from a graded class: scores, results, pages.

Equal records give equal files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from autograder.assignment.bundle import Bundle
from autograder.disk import write_atomically
from autograder.results import gradescope
from autograder.results.score import Outcome, Score, unexamined
from tools.gradebook import lms, marking_pages, pages, staff_pages
from tools.gradebook.class_report import ClassReport, StudentRow, Who
from tools.gradebook.lms import feedback_zip
from tools.gradebook.marks import WrittenAnswer, marked
from tools.gradebook.statistics import Graded, class_report
from tools.grading.class_batch import Result
from tools.handins.handin import Handin, Student
from tools.handins.likeness import Fingerprint
from tools.table import points, write_table

SCORES, REPORT = "scores.csv", "report.html"
RESULTS, FEEDBACK, WRITTEN = "results", "feedback", "written"
STAFF, ALIKE, ANONYMOUS = "staff", "alike", "report-anonymous.html"


class Status(StrEnum):
    """What became of one student's hand-in. Only GRADED has a total: no other zero is final."""

    GRADED = "graded"
    BROKEN = "broken"
    UNREADABLE = "nothing to grade"
    WAITING = "not graded yet"
    MISSING = "nothing handed in"


_LMS_STATUS = {Status.GRADED: lms.Status.GRADED, Status.MISSING: lms.Status.MISSING}


@dataclass(frozen=True)
class Line:
    """One student in the table of scores."""

    student: Student
    status: Status
    handin: Handin | None = None
    score: Score | None = None
    listed: str = ""

    @property
    def points(self) -> dict[str, float]:
        """Points by question, where they are final."""
        if self.score is None or self.status not in (Status.GRADED, Status.BROKEN):
            return {}
        return {
            q.name: q.points
            for q in self.score.questions
            if (q.max_points or q.points) and (q.manual or q.outcome is not Outcome.BROKEN)
        }

    @property
    def total(self) -> float | None:
        return self.score.points if self.score and self.status is Status.GRADED else None


@dataclass(frozen=True)
class Class:
    """What is known of a class besides its results."""

    bundle: Bundle
    missing: Sequence[Student] = ()
    strangers: frozenset[str] | None = None  # ids of hand-ins; None without a roster
    notes: Sequence[str] = ()
    marks: Mapping[str, Mapping[str, float]] | None = None
    published: bool = False
    layout: str = ""
    # For the report: answers that people find on their own, and another class by label.
    known: Sequence[Fingerprint] = ()
    others: Mapping[str, tuple[Path, Fingerprint]] = field(default_factory=dict)
    # Criteria with points of each question marked by hand.
    rubrics: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    anonymous: bool = False


class Gradebook:
    """A writer of each result's files, and at the end of the class's files.

    It keeps no texts of tests, so a thousand results fit into memory many times over.
    """

    def __init__(self, folder: Path, of: Class) -> None:
        self.folder = folder
        self._of = of
        self.lines: list[Line] = []
        self.graded: list[Graded] = []
        self._essays: dict[str, list[WrittenAnswer]] = {
            q.name: [] for q in of.bundle.questions if q.manual
        }

    def add(self, result: Result, history: Sequence[staff_pages.Attempt] = ()) -> None:
        """Write the files of one hand-in, and keep what the class needs of it."""
        bundle, handin = self._of.bundle, result.handin
        score = result.score
        if score is not None and self._of.marks:
            most = {q.name: q.points for q in bundle.questions if q.manual}
            score = marked(score, self._of.marks.get(handin.id, {}), most)
        if not result.waiting:
            self._write_own(handin, score)
            folder = (self.folder / STAFF).absolute()
            about = {"title": bundle.title, "answers": bundle.answers, "folder": folder}
            page = staff_pages.staff_page(handin, score, history=history, **about)
            self._write(f"{STAFF}/{handin.id}.html", page)
            self.graded.append(Graded(handin, score and _slim(score), result.fingerprint))
        if handin.file is not None:
            for question, answers in self._essays.items():
                essay = result.essays.get(question)
                text, images = (essay.text, essay.images) if essay else ("", 0)
                answers.append(WrittenAnswer(handin, text, images))
        listed = ""
        if self._of.strangers is not None:
            listed = "no" if handin.id in self._of.strangers else "yes"
        for student in handin.students or (Student(),):
            line = Line(student, _status(result), handin, score and _slim(score), listed)
            self.lines.append(line)

    def _write_own(self, handin: Handin, score: Score | None) -> None:
        bundle = self._of.bundle
        shown = score or replace(unexamined(bundle, [handin.problem]), readable=False)
        values = gradescope.results(shown, bundle.feedback, leaderboard=bundle.leaderboard)
        gradescope.write_results(self.folder / RESULTS / f"{handin.id}.json", values)
        profile = {"profile": bundle.feedback, "published": self._of.published}
        page = pages.feedback_page(handin, score, title=bundle.title, **profile)
        self._write(f"{FEEDBACK}/{handin.id}.html", page)

    def finish(self, changed: Mapping[str, str] | None = None) -> list[Path]:
        """Write the files of the whole class; return their paths.

        changed: what the last regrade changed, in words, by hand-in.
        """
        bundle, of = self._of.bundle, self._of
        self.lines += [Line(student, Status.MISSING, listed="yes") for student in of.missing]
        waiting = {line.handin.id for line in self.lines if line.status is Status.WAITING}
        notes = list(of.notes)
        if waiting:
            notes.insert(0, f"{len(waiting)} hand-ins are not graded yet: the run was interrupted.")
        handins = {line.handin.id: line.handin for line in self.lines if line.handin}
        strangers = [handins[id_] for id_ in sorted(of.strangers or ()) if id_ in handins]
        about = {"missing": of.missing, "strangers": strangers, "notes": notes}
        rows = [_student_row(line, changed or {}) for line in self.lines]
        others = {label: prints for label, (_, prints) in of.others.items()}
        about |= {"rows": rows, "known": of.known, "others": others}
        report = class_report(self.graded, title=bundle.title, **about)
        report = self._side_by_side(report)
        written = [
            self._write(SCORES, scores_csv(self.lines, bundle)),
            self._write(REPORT, staff_pages.class_page(report, FEEDBACK, STAFF)),
        ]
        if of.anonymous:
            page = staff_pages.class_page(staff_pages.anonymous(report), feedback=None)
            written.append(self._write(ANONYMOUS, page))
        for question, answers in self._essays.items():
            most = next(q.points for q in bundle.questions if q.name == question) or None
            titles = {"assignment": bundle.name, "title": bundle.title}
            rubric = of.rubrics.get(question, ())
            most = most or sum(points for _, points in rubric) or None
            titles |= {"max_points": most, "rubric": rubric}
            page = marking_pages.written_page(question, answers, **titles)
            written.append(self._write(f"{WRITTEN}/{question}.html", page))
        graded = [each.handin for each in self.graded]
        pages_of = {h.id: self.folder / FEEDBACK / f"{h.id}.html" for h in graded}
        if contents := feedback_zip(graded, pages_of):
            written.append(self.folder / f"feedback-{of.layout}.zip")
            write_atomically(written[-1], contents)
        return written

    def write_lms(self, kind: str, template: str) -> tuple[Path, list[str]]:
        """Write what this LMS imports; return the names missing from its own export."""
        bundle = self._of.bundle
        rows = [_row(line) for line in self.lines if line.student != Student()]
        most = {q.name: q.points for q in bundle.questions if q.points}
        text = lms.write_csv(kind, rows, bundle.title, sum(most.values()), most, template)
        lost = lms.unplaced(kind, rows, template) if template else []
        names = [row.student.name or row.student.email or row.submission for row in lost]
        return self._write(f"scores-{kind}.csv", text), names

    def _side_by_side(self, report: ClassReport) -> ClassReport:
        """Write a page for each pair that the report shows at once."""
        files = {each.handin.id: each.handin.file for each in self.graded}
        files |= {label: file for label, (file, _) in self._of.others.items()}
        pairs = list(report.alike)
        for number, pair in enumerate(pairs[: staff_pages.MOST_PAIRS]):
            two = [(who, files[who.id]) for who in pair.found]
            page = staff_pages.pair_page(*two, pair.shared, self._of.bundle.answers)
            path = f"{ALIKE}/{number + 1}.html"
            self._write(path, page)
            pairs[number] = replace(pair, page=path)
        return replace(report, alike=tuple(pairs))

    def _write(self, path: str, text: str) -> Path:
        # Names from outside may hold half characters, which no file can.
        write_atomically(self.folder / path, text.encode("utf-8", errors="replace"))
        return self.folder / path


def _status(result: Result) -> Status:
    if result.waiting:
        return Status.WAITING
    if result.score is None or not result.score.readable:
        return Status.UNREADABLE
    return Status.BROKEN if result.score.outcome is Outcome.BROKEN else Status.GRADED


def _slim(score: Score) -> Score:
    """Return the score without what only the student's own page shows."""
    questions = [
        replace(q, tests=tuple(replace(test, hint="", facts="") for test in q.tests))
        for q in score.questions
    ]
    return replace(score, questions=tuple(questions))


def _student_row(line: Line, changed: Mapping[str, str]) -> StudentRow:
    handin, student = line.handin, line.student
    id_ = handin.id if handin else ""
    name = student.name or student.email or student.sid or student.lms_id or id_
    return StudentRow(
        Who(id_, name),
        line.status,
        line.points,
        line.total,
        handin.late if handin else "",
        changed.get(id_, ""),
        getattr(student, "section", ""),
        has_page=bool(id_) and line.status is not Status.WAITING,
    )


def _row(line: Line) -> lms.Row:
    handin = line.handin
    return lms.Row(
        line.student,
        line.total,
        line.points if line.status is Status.GRADED else {},
        _LMS_STATUS.get(line.status, lms.Status.UNGRADED),
        handin.late if handin else "",
        handin.submitted if handin else "",
        handin.id if handin else "",
    )


def scores_csv(lines: Iterable[Line], bundle: Bundle) -> str:
    """Return a table with a row for each student. Cells without final points are empty."""
    questions = [question.name for question in bundle.questions]
    header = ["id", "name", "email", "sid", "lms_id", *questions, "total", "max", "status"]
    header += ["late", "submitted", "hints", "in roster"]
    rows = []
    for line in lines:
        who, handin = line.student, line.handin
        earned, total = line.points, line.total
        most = line.score.max_points if line.score else sum(q.points for q in bundle.graded)
        found = (
            [m.slug for q in line.score.questions for m in q.misconceptions] if line.score else []
        )
        rows.append(
            [handin.id if handin else "", who.name, who.email, who.sid, who.lms_id]
            + [points(earned[name]) if name in earned else "" for name in questions]
            + ["" if total is None else points(total), points(most), line.status]
            + ([handin.late, handin.submitted] if handin else ["", ""])
            + [" ".join(found), line.listed]
        )
    return write_table(header, rows)
