"""The examiner: sends the cells, forks at each check, runs the tests, judges.

Tests run here, in the trusted process; what they call runs in the candidate. The same test file
serves Otter and the examiner: here its functions get stand-ins for the student's own.
"""

import time
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autograder.assignment.bundle import Bundle, Question
from autograder.examiner import proxies
from autograder.examiner.line import Gone
from autograder.examiner.links import CandidateLink
from autograder.examiner.marking import Marking, defines, why
from autograder.examiner.oracle import Oracle
from autograder.examiner.room import Room
from autograder.examiner.server_process import Server
from autograder.results.score import Curve, Misconception, Outcome, QuestionScore
from autograder.submission.reading import Submission

# A cell that ends the program costs one restart, without that cell. Whoever needs many restarts is
# not just unlucky.
MAX_RESTARTS = 5

OnQuestion = Callable[[QuestionScore], None]


@dataclass
class Examination:
    """One submission being examined, and what is known about it so far.

    always_diagnose: also look for known bugs in questions that passed, which must not have any.
    """

    bundle: Bundle
    submission: Submission
    server: Server
    on_question: OnQuestion | None = None
    always_diagnose: bool = False
    scores: dict[str, QuestionScore] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    staff_notes: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def __post_init__(self) -> None:
        limits = self.bundle.limits
        self._deadline = time.monotonic() + limits.submission_seconds
        self._marking = Marking(self.bundle, self.submission, self._deadline)
        self._lost_cells: set[int] = set()
        self._cell_notes: dict[int, str] = {}
        self._reached = 0
        # The same for every submission: separate seeds would make two equal answers differ.
        self._seed = zlib.crc32(f"{self.bundle.semester}/{self.bundle.name}".encode())
        self._oracle = Oracle(self.server, self.bundle, self._seed)

    @property
    def measured(self) -> dict[str, float]:
        """The numbers that tests measured on the answers."""
        return self._marking.measured

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """The ranges in which those numbers pass, if a test judges by them."""
        return self._marking.limits

    @property
    def curves(self) -> dict[str, Curve]:
        """The curves that answers returned, one for each training."""
        return self._marking.curves

    def run(self) -> None:
        """Examine all questions; each gets a score, whatever the submission does."""
        with self._oracle:
            for _ in range(MAX_RESTARTS + 1):
                link = self.server.open(self.bundle.limits, self._seed, self.bundle.contents)
                try:
                    if self._work_through(link):
                        break
                finally:
                    link.close()
                    self.cpu_seconds += link.cpu_seconds
                if self._marking.is_late():
                    break
        late = self._marking.is_late()
        reason = self._marking.too_late() if late else "The program ended again and again."
        for question in self.bundle.graded:
            if question.name not in self.scores:
                self._record(self._failed(question, reason))
        self.notes += [self._cell_notes[number] for number in sorted(self._cell_notes)][:10]

    def _work_through(self, link: CandidateLink) -> bool:
        """Run the cells in one candidate; return False if it was lost and a new one is needed."""
        due = self._due_after()
        for number, cell in enumerate(self.submission.cells):
            self._reached = number
            runs = not cell.ignored or self._defines_an_answer(cell.source)
            if runs and number not in self._lost_cells and not self._run_cell(link, number):
                return False
            for question in due.get(number, []):
                if not self._examine(link, question):
                    return False
        return True

    def _due_after(self) -> dict[int, list[Question]]:
        """Return, for each cell, the open questions that are examined after it.

        That cell is a question's check cell (the last one if there are several, as in Otter), or
        the last cell of the notebook if it has none.
        """
        last = len(self.submission.cells) - 1
        places = {
            name: number
            for number, cell in enumerate(self.submission.cells)
            for name in cell.checks
        }
        due: dict[int, list[Question]] = {}
        for question in self.bundle.graded:
            if question.name not in self.scores:
                due.setdefault(places.get(question.name, last), []).append(question)
        return due

    def _defines_an_answer(self, source: str) -> bool:
        names = {name for names in self._marking.parameters.values() for name in names}
        return any(defines(source, name) for name in names)

    def _run_cell(self, link: CandidateLink, number: int) -> bool:
        cell = self.submission.cells[number]
        if link.is_gone:
            return False  # not this cell's fault: what ran before it left something behind
        limit = min(self.bundle.limits.cell_seconds, self._deadline - time.monotonic())
        try:
            answer = link.ask(
                {"op": "cell", "number": number, "source": cell.source},
                time.monotonic() + max(limit, 0.0),
            )
        except Gone as gone:
            self._lost_cells.add(number)
            self._cell_notes[number] = (
                f"The cell that begins `{cell.label}` {why(link, gone)} and was left out."
            )
            return False
        # A check that cannot run, say without `grader`, costs nothing: the examiner checks.
        if "raised" in answer and not cell.is_otters:
            error = proxies.student_error(answer["raised"])
            where = f", line {error.place[1]}" if error.place and error.place[0] == number else ""
            text = f": {error.text}" if error.text and not self._marking.seen else ""
            self._cell_notes[number] = (
                f"The cell that begins `{cell.label}`{where} raised {error.kind}{text}."
            )
        return True

    def _examine(self, link: CandidateLink, question: Question) -> bool:
        """Score a question; return False if the candidate itself is lost."""
        started = time.monotonic()
        try:
            score, alive = self._examined(link, question)
        except Exception:
            # Everything a submission can cause has been caught: this is the grader's fault.
            self.staff_notes.append(f"{question.name}: {traceback.format_exc()}")
            note = "The grader broke at this question. It will be graded again; you lose nothing."
            score = QuestionScore(question.name, 0.0, question.points, Outcome.BROKEN, note=note)
            alive = True
        seconds = round(time.monotonic() - started, 3)
        self._record(replace(score, seconds=seconds))
        return alive

    def _examined(self, link: CandidateLink, question: Question) -> tuple[QuestionScore, bool]:
        """Return its score, and whether the candidate is still alive."""
        seed = self._seed + 1 + zlib.crc32(question.name.encode()) % 2**16
        room = self._room(link, seed, question)
        score = self._marking.mark(room, question, lambda: self._note(question))
        room.leave()
        if score.outcome is Outcome.FAILED and room.candidate_alive:
            room, score = self._carried_forward(room, seed, question, score)
        if score.outcome is Outcome.FAILED or self.always_diagnose:
            score = replace(score, misconceptions=self._diagnosed(room, seed, question))
        return score, room.candidate_alive

    def _room(
        self, link: CandidateLink, seed: int, question: Question, lent: tuple[str, ...] = ()
    ) -> Room:
        names = self._marking.parameters[question.name]
        # IPython's history, taken from the file: the candidate's own would be a claim.
        cells = self.submission.cells[: self._reached + 1]
        ran = [cell.source for cell in cells if not cell.ignored]
        loan = (lambda: self._oracle.lend(lent)) if lent else None
        alone = question.name if question.numpy_only else ""
        return Room(link, seed, names, {"In": ["", *ran]}, lent, loan, alone)

    def _carried_forward(
        self, room: Room, seed: int, question: Question, score: QuestionScore
    ) -> tuple[Room, QuestionScore]:
        """Mark a failed question again with right answers to earlier ones: an error counts once."""
        failed = [n for n, earlier in self.scores.items() if earlier.outcome is Outcome.FAILED]
        lent = [name for each in failed for name in self.bundle.answers.names_of(each)]
        # A function that was never written fails on any input.
        if not lent or not score.tests or not self._is_written(question):
            return room, score
        second = self._room(room.link, seed, question, tuple(lent))
        again = self._marking.mark(second, question, lambda: self._note(question), score)
        second.leave()
        self._oracle.end_loans()
        if again.points > score.points:
            note = (
                f"Right answers stood in for yours to {', '.join(failed)}: mistakes there cost "
                "points there, not here again."
            )
            again = replace(again, carried=tuple(failed), note=f"{note} {again.note}".strip())
            return second, again
        room.candidate_alive = second.candidate_alive
        return room, score

    def _is_written(self, question: Question) -> bool:
        names = self.bundle.answers.names_of(question.name)
        code = "\n".join(cell.source for cell in self.submission.cells)
        return any(defines(code, name) for name in names)

    def _diagnosed(self, room: Room, seed: int, question: Question) -> tuple[Misconception, ...]:
        hints = {bug.slug: bug.hint for bug in self.bundle.answers.bugs_of(question.name)}
        try:
            slugs = self._oracle.diagnose(question.name, room.sessions, seed)
        except Gone as gone:
            # Not the submission's fault, and no points depend on it.
            self.staff_notes.append(f"{question.name}: the diagnosis {gone.reason}.")
            return ()
        return tuple(Misconception(slug, hints[slug]) for slug in slugs)

    def _note(self, question: Question) -> str:
        """Return what to say first: that the cell with the answer did not even run."""
        for number, cell in enumerate(self.submission.cells):
            names = self._marking.parameters[question.name]
            if number in self._cell_notes and any(defines(cell.source, name) for name in names):
                return self._cell_notes[number]
        return ""

    def _failed(self, question: Question, note: str) -> QuestionScore:
        return QuestionScore(question.name, 0.0, question.points, Outcome.FAILED, note=note)

    def _record(self, score: QuestionScore) -> None:
        self.scores[score.name] = score
        if self.on_question:
            self.on_question(score)
