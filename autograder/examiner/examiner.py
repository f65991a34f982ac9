"""The examiner: has the cells run, runs the tests on stand-ins, and judges.

Tests run here, in a trusted process; what they call runs in the candidate. First all cells run,
then the public tests of all questions, then the hidden ones: what a student reads of cells and of
public tests was said before any hidden input was seen. A question that fails is examined again:
with right answers to earlier questions, and as it was at its check if later cells changed it. Once
an answer was lent, no hidden test of its question runs in that candidate.
"""

import traceback
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from seqlab.unanswered import is_untouched

from autograder.assignment.bundle import Bundle, Question
from autograder.examiner.attempt import Attempt
from autograder.examiner.line import Gone
from autograder.examiner.links import MAX_NOTED_BYTES, CandidateLink
from autograder.examiner.marking import Marking, better, is_function
from autograder.examiner.oracle import Oracle
from autograder.examiner.program import Ended, Program
from autograder.examiner.room import Room
from autograder.examiner.server_process import Server
from autograder.examiner.surroundings import TestBrokeError
from autograder.results.score import NO_DIAGNOSIS, Misconception, Outcome, QuestionScore
from autograder.submission.reading import Submission

OnQuestion = Callable[[QuestionScore], None]
BROKE = "The grader broke at this question. It will be graded again; you lose nothing."
TEST_BROKE = "A test of this question could not run. It will be graded again; you lose nothing."
TOO_MUCH = "The tests of this question came to no end with your answer: it returns far too much."
# Names that may be lent, by the question that they answer.
Lent = dict[str, tuple[str, ...]]


@dataclass
class Examination:
    """One submission under examination, and what is known of it so far.

    done: scores from an earlier process, which ended over another question; on_public: gets the
    scores after the public tests, in case a hidden one ends this process, and the notes;
    always_diagnose: also look for known bugs in what has passed, which must not have any; start:
    makes the program; oracle: one that is used by several examinations, which somebody else ends.
    """

    bundle: Bundle
    submission: Submission
    server: Server
    on_question: OnQuestion | None = None
    on_start: Callable[[str], None] | None = None
    on_public: Callable[[Sequence[QuestionScore], list[str]], None] | None = None
    always_diagnose: bool = False
    start: Callable[..., Program] = Program
    oracle: Oracle | None = None
    done: dict[str, QuestionScore] = field(default_factory=dict)
    staff_notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._seed = seed_of(self.bundle)
        self._oracle = self.oracle or Oracle(self.server, self.bundle, self._seed)
        self._attempts = {
            question.name: Attempt(question, self.bundle.tests_of(question.name))
            for question in self.bundle.graded
        }
        self._names = {
            name: {each for case in attempt.cases for each in case.parameters}
            for name, attempt in self._attempts.items()
        }
        self._functions = {
            name
            for answer in self.bundle.answers.answers
            for name in answer.names
            if is_function(answer.source, name)
        }
        self._has_lent = False
        about = (self.server, self.bundle, self.submission, self._seed, self._names)
        self.program = self.start(*about)
        self.marking = Marking(self.bundle, self.submission, self.program)

    def summary(self) -> dict[str, Any]:
        """Return what is known beside the questions' scores, as plain values."""
        return {
            "notes": self.program.all_notes(),
            "staff_notes": [*self.staff_notes, *self._oracle.notes],
            "cpu_seconds": self.program.cpu_seconds,
            "measured": self.marking.measured,
            "limits": self.marking.limits,
            "curves": self.marking.curves,
        }

    def run(self) -> None:
        """Examine all questions; each ends with a score, whatever the submission does."""
        attempts = [a for name, a in self._attempts.items() if name not in self.done]
        if self.bundle.manner.backwards:
            attempts.reverse()
        with nullcontext() if self.oracle else self._oracle:
            try:
                self._examine(attempts, hidden=False)
                self._close(attempts)
                self._examine(attempts, hidden=True)
            except Ended as ended:
                for attempt in attempts:
                    attempt.give_up(str(ended))
            finally:
                self.program.close()
            for attempt in attempts:
                self._finish(attempt)

    def _examine(self, attempts: Sequence[Attempt], hidden: bool) -> None:
        """Run the public or the hidden tests in every way that may help an answer.

        Public ones come to their end first: what becomes of them is told at once, and a hidden
        input that a submission has seen could make them pass or fail.
        """
        for attempt in attempts:
            self._safely(attempt, lambda a: self._first(a, hidden))
        for attempt in attempts:
            self._safely(attempt, lambda a: self._carry_forward(a, hidden))
        self._as_at_their_checks([a for a in attempts if a.failing_of(hidden)], hidden)
        if self._has_lent and not hidden:
            # Its answers may be in files, or wherever this candidate remembers things: no question
            # whose right answer was lent may meet its hidden inputs there.
            self.program.renew()

    def _close(self, attempts: Sequence[Attempt]) -> None:
        """Settle all that is told at once, before any hidden input is seen."""
        self.program.close_notes()
        for attempt in attempts:
            attempt.open_note = self._open_note(attempt)
        if self.on_public:
            lost = [replace(attempt, tests=dict(attempt.tests)) for attempt in attempts]
            for attempt in lost:
                attempt.give_up(TOO_MUCH)
            self.on_public([self._score(a) for a in lost], self.program.all_notes())

    def _safely(self, attempt: Attempt, step: Callable[[Attempt], None]) -> None:
        """Take a step with a question; where the grader itself breaks, only this one is lost."""
        if attempt.broken:
            return
        if self.on_start:
            self.on_start(attempt.question.name)
        started = monotonic()
        try:
            step(attempt)
        except (Ended, Gone):
            raise
        except TestBrokeError as error:
            self.staff_notes.append(f"{attempt.question.name}: {error}")
            attempt.note, attempt.broken = TEST_BROKE, True
        except Exception:
            # Whatever the submission is to blame for has been caught: this is the grader.
            self.staff_notes.append(f"{attempt.question.name}: {traceback.format_exc()}")
            attempt.broken = True
        attempt.seconds += monotonic() - started

    # --- the ways to examine a question ----------------------------------------------------------

    def _first(self, attempt: Attempt, hidden: bool) -> None:
        """Run the public or the hidden tests, on the notebook as it is after its last cell."""
        numbers = [n for n, case in enumerate(attempt.cases) if case.hidden is hidden]
        if self.bundle.manner.backwards:
            numbers.reverse()
        if numbers:
            room = self._room(self.program.link(), attempt.question)
            self._run(attempt, room, numbers)

    def _carry_forward(self, attempt: Attempt, hidden: bool) -> None:
        """Count an error once: what failed runs again with right answers to earlier questions."""
        lent = self._lent_to(attempt, hidden)
        if attempt.failing_of(hidden) and lent:
            self._retry(attempt, self.program.link(), hidden, lent)

    def _as_at_their_checks(self, failed: Sequence[Attempt], hidden: bool) -> None:
        """Examine again at their checks the answers that later cells may have changed."""
        checks = self.program.checks()
        later = self.program.later
        open_ = [a for a in failed if (a.question.name in later or a.lost) and not a.broken]
        if not open_:
            return
        for number, link in self.program.walk():
            for attempt in open_:
                if checks[attempt.question.name] == number and not link.is_gone:
                    # A right answer is lent once its own question has had its turn.
                    later = {a.question.name for a in open_ if checks[a.question.name] > number}
                    self._safely(
                        attempt, lambda a, li=link, la=later: self._at_the_check(a, li, hidden, la)
                    )

    def _at_the_check(
        self, attempt: Attempt, link: CandidateLink, hidden: bool, later: Collection[str]
    ) -> None:
        self._retry(attempt, link, hidden)
        lent = self._lent_to(attempt, hidden)
        lent = {name: names for name, names in lent.items() if name not in later}
        if attempt.failing_of(hidden) and lent:
            self._retry(attempt, link, hidden, lent)

    def _retry(
        self, attempt: Attempt, link: CandidateLink, hidden: bool, lent: Lent | None = None
    ) -> None:
        """Run what failed again, and keep the result if it is better."""
        self._has_lent = self._has_lent or bool(lent)
        room = self._room(link, attempt.question, lent)
        failing = attempt.failing_of(hidden)
        again = Attempt(attempt.question, attempt.cases, hung=attempt.hung)
        self._run(again, room, failing)
        attempt.hung = again.hung
        self._oracle.end_loans()
        before = [attempt.tests[n] for n in failing if n in attempt.tests]
        if not before or better(before, [again.tests[n] for n in failing]):
            # What still fails keeps what was said of it at first.
            passed = {n: t for n, t in again.tests.items() if t.outcome is Outcome.PASSED}
            attempt.tests = again.tests | attempt.tests | passed
            attempt.rooms = [room]
            if hidden:
                attempt.carried = tuple(lent or ())
            else:
                attempt.helped = tuple(lent or ())

    def _run(self, attempt: Attempt, room: Room, numbers: Iterable[int]) -> None:
        numbers = list(numbers)
        cases = [attempt.cases[number] for number in numbers]
        scores, attempt.hung = self.marking.mark(room, attempt.question.name, cases, attempt.hung)
        attempt.tests |= dict(zip(numbers, scores, strict=True))
        attempt.rooms.append(room)
        room.leave()

    def _room(self, link: CandidateLink, question: Question, lent: Lent | None = None) -> Room:
        # IPython's history as the file has it: the candidate's own would be a claim.
        ran = [cell.source for cell in self.submission.cells if not cell.ignored]
        names = tuple(name for each in (lent or {}).values() for name in each)
        loan = (lambda: self._oracle.lend(names)) if names else None
        seed = self._seed_of(question)
        given, wanted = {"In": ["", *ran]}, self._names[question.name]
        functions = frozenset(wanted & self._functions)
        alone = question.name if question.numpy_only else ""
        return Room(link, seed, wanted, given, names, loan, functions, alone)

    def _seed_of(self, question: Question) -> int:
        return seed_of(self.bundle, question.name)

    def _lent_to(self, attempt: Attempt, hidden: bool) -> Lent:
        """Return the questions before this one that failed, with the names that may be lent.

        For its public tests, all of them: which ones fail hidden tests is not known yet.
        """
        own = set(self.bundle.answers.names_of(attempt.question.name))
        unwritten = is_untouched(self.submission.cells, [attempt.question.name])
        if unwritten or any(own & room.undefined for room in attempt.rooms):
            return {}  # a function that was not written fails with whatever it is given
        lent = {}
        for question in self.bundle.graded:
            if question.name == attempt.question.name:
                break
            names = self.bundle.answers.functions_of(question.name)
            broken = self._attempts[question.name].broken
            if names and not broken and (not hidden or self._has_failed(question.name)):
                lent[question.name] = names
        return lent

    def _has_failed(self, question: str) -> bool:
        done = self.done.get(question)
        return done.outcome is Outcome.FAILED if done else bool(self._attempts[question].failing)

    # --- what becomes of it --------------------------------------------------------------------

    def _finish(self, attempt: Attempt) -> None:
        score = self._score(attempt)
        if score.outcome is Outcome.FAILED or (self.always_diagnose and not attempt.broken):
            started = monotonic()
            found = self._diagnosed(attempt, relate=score.outcome is Outcome.FAILED)
            attempt.seconds += monotonic() - started
            score = replace(self._score(attempt), misconceptions=found)
        self.done[score.name] = score
        if self.on_question:
            self.on_question(score)

    def _score(self, attempt: Attempt) -> QuestionScore:
        question, seconds = attempt.question, round(attempt.seconds, 3)
        if attempt.broken:
            about = {"note": attempt.note or BROKE, "seconds": seconds}
            return QuestionScore(question.name, 0.0, question.points, Outcome.BROKEN, **about)
        tests = tuple(attempt.tests[number] for number in sorted(attempt.tests))
        passed = bool(tests) and not attempt.failing
        # Summed here and not by Otter; that both come to the same is the law *agree*.
        points = min(sum(test.points for test in tests), question.points)
        carried = self._carried(attempt)
        return QuestionScore(
            question.name,
            points,
            question.points,
            Outcome.PASSED if passed else Outcome.FAILED,
            tests=tests,
            note=self._note(attempt, passed, ", ".join(carried)),
            open_note=attempt.open_note,
            seconds=seconds,
            carried=carried,
        )

    def _carried(self, attempt: Attempt) -> tuple[str, ...]:
        """Return the earlier questions that failed and for which right answers stood in."""
        helped = [name for name in attempt.helped if self._has_failed(name)]
        return tuple(dict.fromkeys([*(helped or attempt.helped), *attempt.carried]))

    def _open_note(self, attempt: Attempt) -> str:
        """Return the note as far as it does not depend on hidden tests."""
        public = any(not case.hidden for case in attempt.cases)
        passed = public and not attempt.failing_of(hidden=False)
        return self._note(attempt, passed, "earlier questions" if attempt.helped else "")

    def _note(self, attempt: Attempt, passed: bool, carried: str) -> str:
        """What comes first: what stood in for other answers, or why this one did not even run."""
        if carried:
            return (
                f"Right answers stood in for yours to {carried}: what fails "
                f"there costs points there, and not here again. {attempt.note}"
            ).strip()
        if passed:
            return ""
        names = self._names[attempt.question.name]
        for name in sorted(names & self.program.causes.keys()):
            return f"{self.program.explained[name]} {attempt.note}".strip()
        return attempt.note

    def _diagnosed(self, attempt: Attempt, relate: bool) -> tuple[Misconception, ...]:
        question, seed = attempt.question, self._seed_of(attempt.question)
        sessions = _within(MAX_NOTED_BYTES, [s for room in attempt.rooms for s in room.sessions])
        try:
            return self._oracle.diagnose(question.name, sessions, seed, relate)
        except Gone as gone:
            # The submission is not to blame, and none of its points depend on it.
            self.staff_notes.append(f"{question.name}{NO_DIAGNOSIS}{gone.reason}.")
            return ()


def seed_of(bundle: Bundle, question: str | None = None) -> int:
    """Return the seed of the cells, or of a question.

    It is the same for all submissions: with a seed of its own, equal answers would differ.
    """
    seed = zlib.crc32(f"{bundle.semester}/{bundle.name}".encode())
    return seed if question is None else seed + 1 + zlib.crc32(question.encode()) % 2**16


def _within(room: int, sessions: Sequence[list[tuple[bytes, bytes]]]) -> list[list]:
    """Return the first sessions that fit into so many bytes together."""
    kept = []
    for session in sessions:
        room -= sum(len(request) + len(answer) for request, answer in session)
        if room >= 0:
            kept.append(session)
    return kept
