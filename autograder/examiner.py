"""The examiner: sends the cells, forks at each check, runs the tests, judges.

Tests run here, in the trusted process; what they call runs in the candidate. One test file serves
Otter and the examiner: its functions get stand-ins in place of the student's own.
"""

import inspect
import re
import time
import traceback
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from seqlab import checks

from autograder import proxies
from autograder.bundle import Bundle, Question
from autograder.links import CandidateLink, Gone
from autograder.notebook import Submission
from autograder.room import Room
from autograder.score import Outcome, QuestionScore, TestScore
from autograder.session import Server

# A cell that ends the program costs one new start, without this cell. Somebody who does so often
# is not unlucky.
MAX_RESTARTS = 5
# After a test that hung, the others of the question get this part of the time.
AFTER_A_HANG = 0.1
MAX_FACTS = 2000

OnQuestion = Callable[[QuestionScore], None]


@dataclass
class Examination:
    """One submission being examined, and what is known of it so far."""

    bundle: Bundle
    submission: Submission
    server: Server
    on_question: OnQuestion | None = None
    scores: dict[str, QuestionScore] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    staff_notes: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0
    # What tests measured of the answers, computed here and not by the candidate.
    measured: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.bundle.limits.submission_seconds
        self._parameters = {q.name: _parameters(self.bundle, q) for q in self.bundle.graded}
        self._lost_cells: set[int] = set()
        self._cell_notes: dict[int, str] = {}
        # A hidden test has run. What it gave to the student's code may have been kept, in a memory
        # that all processes share, and come back as the text of a later exception.
        self._seen = False
        # The same for every submission: a seed of its own would make two equal answers differ.
        self._seed = zlib.crc32(f"{self.bundle.semester}/{self.bundle.name}".encode())

    def run(self) -> None:
        """Examine all questions; each ends with a score, whatever the submission does."""
        for _ in range(MAX_RESTARTS + 1):
            link = self.server.open(self.bundle.limits, self._seed)
            try:
                if self._work_through(link):
                    break
            finally:
                link.close()
                self.cpu_seconds += link.cpu_seconds
            if self._is_late():
                break
        why = self._too_late() if self._is_late() else "The program ended again and again."
        for question in self.bundle.graded:
            if question.name not in self.scores:
                self._record(self._failed(question, why))
        self.notes += [self._cell_notes[number] for number in sorted(self._cell_notes)][:10]

    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _too_late(self) -> str:
        return f"The submission used up its {self.bundle.limits.submission_seconds:g} seconds."

    def _work_through(self, link: CandidateLink) -> bool:
        """Run the cells in one candidate; False when it was lost and a new one is needed."""
        due = self._due_after()
        for number, cell in enumerate(self.submission.cells):
            runs = not cell.ignored or self._defines_an_answer(cell.source)
            if runs and number not in self._lost_cells and not self._run_cell(link, number):
                return False
            for question in due.get(number, []):
                if not self._examine(link, question):
                    return False
        return True

    def _due_after(self) -> dict[int, list[Question]]:
        """The questions that are still open, by the cell after which each is examined.

        That is its check cell; of several the last, as Otter counts; the last cell where there is
        none.
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
        names = {name for names in self._parameters.values() for name in names}
        return any(_defines(source, name) for name in names)

    def _run_cell(self, link: CandidateLink, number: int) -> bool:
        cell = self.submission.cells[number]
        if link.is_gone:
            return False  # not this cell's doing: what ran before it has left something behind
        limit = min(self.bundle.limits.cell_seconds, self._deadline - time.monotonic())
        try:
            answer = link.ask(
                {"op": "cell", "number": number, "source": cell.source},
                time.monotonic() + max(limit, 0.0),
            )
        except Gone as gone:
            self._lost_cells.add(number)
            self._cell_notes[number] = (
                f"The cell that begins `{cell.label}` {_why(link, gone)} and was left out."
            )
            return False
        if "raised" in answer:
            error = proxies.student_error(answer["raised"])
            where = f", line {error.place[1]}" if error.place and error.place[0] == number else ""
            text = f": {error.text}" if error.text and not self._seen else ""
            self._cell_notes[number] = (
                f"The cell that begins `{cell.label}`{where} raised {error.kind}{text}."
            )
        return True

    def _examine(self, link: CandidateLink, question: Question) -> bool:
        """Score a question; False when the candidate itself is lost."""
        started = time.monotonic()
        try:
            score, alive = self._examined(link, question)
        except Exception:
            # Whatever the submission is to blame for has been caught: this is the grader.
            self.staff_notes.append(f"{question.name}: {traceback.format_exc()}")
            note = "The grader broke at this question. It will be graded again; you lose nothing."
            score = QuestionScore(question.name, 0.0, question.points, Outcome.BROKEN, note=note)
            alive = True
        seconds = round(time.monotonic() - started, 3)
        self._record(QuestionScore(**{**vars(score), "seconds": seconds}))
        return alive

    def _examined(self, link: CandidateLink, question: Question) -> tuple[QuestionScore, bool]:
        from otter.test_files.abstract_test import TestCaseResult

        test_file = self.bundle.test_file(question.name)
        names = self._parameters[question.name]
        room = Room(link, self._seed + 1 + zlib.crc32(question.name.encode()) % 2**16, names)
        results, scores = [], []
        hung = False
        for case in test_file.test_cases:
            seconds = self.bundle.limits.question_seconds * (AFTER_A_HANG if hung else 1.0)
            limit = min(time.monotonic() + seconds, self._deadline)
            facts = self._run_test(room, case, limit)
            hung = hung or time.monotonic() >= limit
            results.append(TestCaseResult(case, facts, facts is None))
            scores.append(
                TestScore(
                    title=case.name,
                    hidden=case.hidden,
                    points=case.points if facts is None else 0.0,
                    max_points=case.points,
                    outcome=Outcome.PASSED if facts is None else Outcome.FAILED,
                    hint=(case.failure_message or "") if facts is not None else "",
                    facts=facts or "",
                )
            )
        room.leave()
        test_file.test_case_results = results
        points = min(max(float(test_file.score), 0.0), question.points)
        passed = all(facts.outcome is Outcome.PASSED for facts in scores)
        return (
            QuestionScore(
                question.name,
                points,
                question.points,
                Outcome.PASSED if passed else Outcome.FAILED,
                tests=tuple(scores),
                note="" if passed else self._note(question),
            ),
            room.candidate_alive,
        )

    def _run_test(self, room: Room, case: Any, deadline: float) -> str | None:
        """Run one test; None when it passes, else what may be said of the failure."""
        try:
            self._seen = self._seen or case.hidden
            checks.MEASURED.clear()
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                case.body.call_func(room.names(deadline))
        except Gone as gone:
            room.abandon()
            if self._is_late():
                return self._too_late()
            return f"Your code {_why(room.link, gone)}."
        except Exception as error:
            return self._facts(error, case.hidden)
        self.measured |= checks.MEASURED
        return None

    def _facts(self, error: Exception, hidden: bool) -> str:
        if isinstance(error, proxies.StudentError):
            where = ""
            if error.place and error.place[0] < len(self.submission.cells):
                cell = self.submission.cells[error.place[0]]
                # A number is a claim too: only that of a line which is there is worth showing.
                if error.place[1] <= cell.source.count("\n") + 1:
                    where = f" in line {error.place[1]} of the cell that begins `{cell.label}`"
            text = f": {error.text}" if error.text and not hidden and not self._seen else ""
            return f"Your code raised {error.kind}{where}{text}"
        if isinstance(error, proxies.MissingNameError):
            return f"The notebook does not define `{error}`. Was it renamed or deleted?"
        if isinstance(error, AssertionError):
            return str(error)[:MAX_FACTS]
        # A test that stumbles does so over what it was given. The text of such an error may hold a
        # student's own words, so only the commonest mistake gets a sentence.
        if isinstance(error, TypeError) and "NoneType" in str(error):
            return "The function returned None. Does it end with a return statement?"
        return f"The answer has a form that this test cannot use ({type(error).__name__})."

    def _note(self, question: Question) -> str:
        """What to say first: the cell with the answer did not even run."""
        for number, cell in enumerate(self.submission.cells):
            names = self._parameters[question.name]
            if number in self._cell_notes and any(_defines(cell.source, name) for name in names):
                return self._cell_notes[number]
        return ""

    def _failed(self, question: Question, note: str) -> QuestionScore:
        return QuestionScore(question.name, 0.0, question.points, Outcome.FAILED, note=note)

    def _record(self, score: QuestionScore) -> None:
        self.scores[score.name] = score
        if self.on_question:
            self.on_question(score)


def _why(link: CandidateLink, gone: Gone) -> str:
    return "needed more memory than there is" if link.out_of_memory else gone.reason


def _parameters(bundle: Bundle, question: Question) -> set[str]:
    """The names of the notebook that a question's tests take."""
    cases = bundle.test_file(question.name).test_cases
    return {name for case in cases for name in inspect.signature(case.body.test_func).parameters}


def _defines(source: str, name: str) -> bool:
    pattern = rf"^(?:async\s+def|def|class)\s+{name}\b|^{name}\s*(?::[^=\n]+)?=[^=]"
    return re.search(pattern, source, re.MULTILINE) is not None
