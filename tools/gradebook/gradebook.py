"""The files made from a graded class: scores, results, pages.

Equal records give equal files.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.disk import write_atomically
from autograder.results import gradescope
from autograder.results.feedback import Profile, without_edits
from autograder.results.score import Score, unexamined
from tools.decisions.marks import WrittenAnswer
from tools.errors import ClassError
from tools.files import sha256
from tools.gradebook import lms, marking_pages, pages, staff_pages
from tools.gradebook.class_report import ClassReport
from tools.gradebook.history import history_of
from tools.gradebook.lines import Line, Status, decided_score, lms_row, scores_csv, student_row
from tools.gradebook.lms import feedback_zip
from tools.gradebook.roll import Class, slim, status_of
from tools.gradebook.statistics import Graded, class_report
from tools.gradebook.template import Filled, Template
from tools.grading.class_batch import Result
from tools.grading.ledger import Ledger
from tools.grading.made import Made
from tools.grading.store import Entry
from tools.handins.handin import Handin, Student

SCORES, REPORT = "scores.csv", "report.html"
RESULTS, FEEDBACK, WRITTEN = "results", "feedback", "written"
STAFF, ALIKE, ANONYMOUS = "staff", "alike", "report-anonymous.html"


class Gradebook:
    """A writer of each result's files, and at the end of the class's files.

    It keeps no texts of tests, so a thousand results fit into memory many times over.
    """

    def __init__(self, folder: Path, of: Class, made: Made | None = None) -> None:
        self.folder = folder
        self._of, self._made = of, made
        self.lines: list[Line] = []
        self.graded: list[Graded] = []
        self._essays: dict[str, list[WrittenAnswer]] = {name: [] for name in of.manual}
        # What goes into everybody's pages.
        common = (of.bundle, of.bundle.answers, of.published, folder.absolute())
        self._common_hash = sha256(repr(common).encode(errors="replace"))

    def add(self, result: Result, records: Sequence[Entry] = ()) -> None:
        """Write the files of one hand-in, and keep what the class needs of it.

        records: all that were ever made of the hand-in, oldest first.
        """
        handin, score = result.handin, self._of.marked(result)
        slim_score = score and slim(score)
        lines = self._of.lines(handin, status_of(result), slim_score)
        self.lines += lines
        if not result.waiting:
            self._write_files(result, score, lines, records)
            self.graded.append(Graded(handin, slim_score, result.fingerprint))
        # A mark for what cannot be read would count nowhere.
        if handin.file is not None and (score is None or score.readable):
            essays = self._of.essays.get(handin.id, result.essays)
            for question, answers in self._essays.items():
                essay = essays.get(question)
                text, images = (essay.text, essay.images) if essay else ("", 0)
                answers.append(WrittenAnswer(handin, text, images))

    def _write_files(
        self, result: Result, score: Score | None, lines: Sequence[Line], records: Sequence[Entry]
    ) -> None:
        """Write the hand-in's own files, unless they would be the same."""
        handin = result.handin
        paths = (f"{RESULTS}/{handin.id}.json", f"{FEEDBACK}/{handin.id}.html")
        files = [self.folder / path for path in (*paths, f"{STAFF}/{handin.id}.html")]
        made_of = [self._common_hash, handin, result.record, self._of.marks_of(handin)]
        made_of += [(line.student, line.status, line.final) for line in lines]
        made_of += [(entry.file.name, entry.file.stat().st_mtime_ns) for entry in records]
        if self._made and self._made.is_current(handin.id, made_of, files):
            return
        self._write_own(handin, score, lines)
        self._write_for_staff(handin, score, lines, history_of(records))
        if self._made:
            self._made.note(handin.id, made_of, files)

    def _write_own(self, handin: Handin, score: Score | None, lines: Sequence[Line]) -> None:
        bundle, published = self._of.bundle, self._of.published
        if score is not None and not bundle.nearest_edit:
            score = without_edits(score)
        shown = score or replace(unexamined(bundle, [handin.problem]), readable=False)
        values = gradescope.results(shown, bundle.feedback, leaderboard=bundle.leaderboard)
        gradescope.write_results(self.folder / RESULTS / f"{handin.id}.json", values)
        if score is not None and (published or bundle.feedback == Profile.PRACTICE):
            score = decided_score(score, lines)
        profile = {"profile": bundle.feedback, "published": published}
        page = pages.feedback_page(handin, score, title=bundle.title, **profile)
        self._write(f"{FEEDBACK}/{handin.id}.html", page)

    def _write_for_staff(
        self,
        handin: Handin,
        score: Score | None,
        lines: Sequence[Line],
        history: Sequence[staff_pages.Attempt],
    ) -> None:
        bundle = self._of.bundle
        page = staff_pages.staff_page(
            handin,
            score,
            title=bundle.title,
            assignment=bundle.name,
            answers=bundle.answers,
            folder=(self.folder / STAFF).absolute(),
            history=history,
            decided=[(line.student.name or handin.id, line.final) for line in lines],
        )
        self._write(f"{STAFF}/{handin.id}.html", page)

    def finish(self, changed: Mapping[str, str] | None = None) -> list[Path]:
        """Write the files of the whole class but the scores; return their paths.

        changed: what the last regrade changed, in words, by hand-in.
        """
        self.lines += self._of.missing_lines()
        report = self._side_by_side(self._report(changed or {}))
        written = [self._write(REPORT, staff_pages.class_page(report, FEEDBACK, STAFF))]
        if self._of.anonymous:
            page = staff_pages.class_page(staff_pages.anonymous(report), feedback=None)
            written.append(self._write(ANONYMOUS, page))
        written += [self._write_marking(question) for question in self._essays]
        graded = [each.handin for each in self.graded]
        pages_of = {h.id: self.folder / FEEDBACK / f"{h.id}.html" for h in graded}
        if contents := feedback_zip(graded, pages_of):
            written.append(self.folder / f"feedback-{self._of.layout}.zip")
            write_atomically(written[-1], contents)
        if self._made:
            self._made.save()
        ids = {handin.id for handin in graded}
        self.remove_others(f"{RESULTS}/*.json", ids)
        self.remove_others(f"{FEEDBACK}/*.html", ids)
        self.remove_others(f"{STAFF}/*.html", ids)
        self.remove_others(f"{ALIKE}/*.html", {Path(pair.page).stem for pair in report.alike})
        self.remove_others(ANONYMOUS, {file.stem for file in written})
        self.remove_others(f"{WRITTEN}/*.html", self._essays)
        self.remove_others("feedback-*.zip", {file.stem for file in written})
        return written

    def _report(self, changed: Mapping[str, str]) -> ClassReport:
        of, notes = self._of, list(self._of.notes)
        waiting = {line.handin.id for line in self.lines if line.status is Status.WAITING}
        if waiting:
            notes.insert(0, f"{len(waiting)} hand-ins are not graded yet: the run was interrupted.")
        count = Counter(line.student.name for line in self.lines if line.student.name)
        shared = {name for name, times in count.items() if times > 1}
        return class_report(
            self.graded,
            [student_row(line, changed, shared) for line in self.lines],
            title=of.bundle.title,
            missing=of.missing,
            strangers=self.strangers(),
            notes=notes,
            known=of.known,
            others={label: prints for label, (_, prints) in of.others.items()},
        )

    def _write_marking(self, question: str) -> Path:
        """Write the page on which staff mark the answers to one question."""
        most = self._of.limits.questions[question]
        rubric = self._of.rubrics.get(question, ())
        if not math.isfinite(most):
            most = sum(worth for _, worth in rubric) or None
        bundle = self._of.bundle
        titles = {"assignment": bundle.name, "title": bundle.title}
        answers = self._essays[question]
        page = marking_pages.written_page(
            question, answers, **titles, max_points=most, rubric=rubric
        )
        return self._write(f"{WRITTEN}/{question}.html", page)

    def strangers(self) -> list[Handin]:
        """Return the hand-ins with a student who is not in the roster."""
        handins = {line.handin.id: line.handin for line in self.lines if line.handin}
        return [handins[id_] for id_ in sorted(self._of.strangers or ()) if id_ in handins]

    def account(self) -> str:
        """Say where the hand-ins are that came in; a ClassError if one has got lost."""
        own = {line.handin.id for line in self.lines if line.handin}
        gone = [id_ for id_ in self._of.arrived if id_ not in own]
        lost = [id_ for id_ in gone if not any(f" {id_} " in note for note in self._of.notes)]
        arrived = len(self._of.arrived) or len(own)
        if lost or len(own) + len(gone) != arrived:
            what = f"{arrived} hand-ins came in, but {len(own)} have a row: {', '.join(lost[:5])}"
            what_now = "Report this, and trust no table until then."
            raise ClassError(f"{what} got lost", self.folder / SCORES, what_now)
        rest = f" and {len(gone)} superseded, listed above" if gone else ""
        return f"{arrived} hand-in{'s' if arrived != 1 else ''} in = {len(own)} with a row{rest}"

    def _side_by_side(self, report: ClassReport) -> ClassReport:
        """Write a page for each pair that the report shows at once."""
        files = {each.handin.id: each.handin.file for each in self.graded}
        files |= {label: file for label, (file, _) in self._of.others.items()}
        pairs = list(report.alike)
        about = {"answers": self._of.bundle.answers, "assignment": self._of.bundle.name}
        for number, pair in enumerate(pairs[: staff_pages.MOST_PAIRS]):
            two = [(who, files[who.id]) for who in pair.found]
            path = f"{ALIKE}/{number + 1}.html"
            self._write(path, staff_pages.pair_page(*two, pair.shared, **about))
            pairs[number] = replace(pair, page=path)
        return replace(report, alike=tuple(pairs))

    def remove_others(self, pattern: str, stems: Collection[str]) -> None:
        """Remove files of an earlier run: none may be older than the scores beside it."""
        for file in self.folder.glob(pattern):
            if file.stem not in stems and file.is_file():
                file.unlink()

    def write_scores(self) -> Path:
        """Write the table of scores, the last of all files."""
        return self._write(SCORES, scores_csv(self.lines, self._of.bundle))

    def fill_lms(
        self,
        kind: str,
        template: Template | None = None,
        ours: Mapping[str, Sequence[str]] | None = None,
        overwrite: bool = False,
    ) -> Filled:
        """Return what this LMS imports, filled into its own export if there is one."""
        bundle = self._of.bundle
        rows = [lms_row(line) for line in self.lines if line.student != Student()]
        if template is not None:
            return template.fill(rows, ours, overwrite)
        most = {q.name: q.points for q in bundle.questions if q.points}
        return Filled(lms.write_csv(kind, rows, bundle.title, sum(most.values()), most))

    def write_lms(self, kind: str, filled: Filled, ledger: Ledger) -> tuple[Path, Path | None]:
        """Write the file, and return it; and where a file of somebody else's in its place went."""
        file, moved = self.folder / f"scores-{kind}.csv", None
        if file.exists() and not ledger.is_ours(file):
            moved = _free(file)
            file.rename(moved)
        contents = filled.text.encode("utf-8", errors="replace")
        ledger.note(kind, filled.ours)
        ledger.note_file(file, contents)
        ledger.save()
        write_atomically(file, contents)
        return file, moved

    def _write(self, path: str, text: str) -> Path:
        # Names from outside may hold half characters, which no file can.
        write_atomically(self.folder / path, text.encode("utf-8", errors="replace"))
        return self.folder / path


def _free(file: Path) -> Path:
    """Return a name beside a file that is not taken."""
    number = 1
    while (other := file.with_name(f"{file.stem}.kept-{number}{file.suffix}")).exists():
        number += 1
    return other
