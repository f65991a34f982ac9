"""Grading: a bundle and a file in, a Score out."""

import functools
import importlib.metadata
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from seqlab.unanswered import NOTHING, is_untouched

from autograder import sandbox
from autograder.assignment import private_package
from autograder.assignment.bundle import Bundle, Question
from autograder.examiner.apart import Apart, Send
from autograder.examiner.branch import Tree, Variant
from autograder.examiner.examiner import TOO_MUCH, Examination, OnQuestion
from autograder.examiner.line import Gone, ServerError
from autograder.examiner.server_process import Server
from autograder.huge_pages import collapse
from autograder.lasting import for_good
from autograder.results.score import Curve, Outcome, QuestionScore, Score, question_to_json
from autograder.submission.reading import Submission, SubmissionError, read_submission
from autograder.warming import import_for_tests

OnUpdate = Callable[[Score], None]

CANARY_SECONDS = 60.0
# So many questions may end the process of their tests; then something else is wrong.
MAX_DEATHS = 5
# From here on it is worth a third of a second to make forks cheaper.
MANY_FORKS = 3
OTHER_SEMESTER = "This notebook is from another semester"
BROKE = "The grader broke. Your submission will be graded again; you lose nothing."


def readable_folders() -> list[Path]:
    """Return what a candidate may read besides Python, its packages and the system libraries."""
    import seqlab

    return [Path(seqlab.__file__).parent]


class Grader:
    """A warm grader for one assignment: a context manager that grades any number of files."""

    def __init__(
        self,
        bundle: Bundle,
        trust: bool = False,
        force: sandbox.Tier | None = None,
        secrets: Sequence[Path] = (),
    ) -> None:
        """Start the server. Raise SandboxError if a candidate could read the tests or `secrets`."""
        self.bundle = bundle
        self._forks = 0
        readable = readable_folders()
        # The examiner's memory holds tests and answers.
        sandbox.hide_process()
        self.isolation = sandbox.find_tier(readable, trust=trust, force=force)
        hidden = ["torch"] if bundle.numpy_only else []
        self._server = Server(self.isolation, bundle.packages, readable, hidden)
        try:
            # Both import what takes seconds, at the same time.
            with for_good():
                import_for_tests(bundle.folder.rglob("*.py"))
            self._server.wait()
            sandbox.send_canary(
                self.isolation,
                self._in_a_candidate,
                secrets=[bundle.folder, *sorted(bundle.folder.rglob("*")), *secrets],
                processes=[self._server.pid],
            )
        except BaseException:
            self._server.close()
            raise

    def _in_a_candidate(self, attempt: functools.partial) -> list[str]:
        """Run the canary where student code will run."""
        link = self._server.open(self.bundle.limits, seed=0)
        said: dict = {}
        try:
            source = (
                "from autograder.sandbox.canary import attempt\n"
                f"succeeded = attempt(**{attempt.keywords!r})\n"
            )
            limit = time.monotonic() + CANARY_SECONDS
            said = link.ask({"op": "cell", "number": 0, "source": source}, limit)
            said = said or link.ask({"op": "get", "names": ["succeeded"]}, limit)["values"]
            return said["succeeded"]
        except (Gone, KeyError) as error:
            raise ServerError(f"the canary did not come back: {error} {said}") from None
        finally:
            link.close()

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def grade(
        self,
        path: Path,
        on_update: OnUpdate | None = None,
        *,
        bundle: Bundle | None = None,
        always_diagnose: bool = False,
        blank_too: bool = False,
        files: Mapping[str, bytes] | None = None,
    ) -> Score:
        """Grade one file. `on_update` gets a complete score at the start and after each question.

        `bundle` may come from another semester; for `always_diagnose` see Examination. `files`:
        modules that were handed in beside it; `blank_too`: test even where nothing was answered.
        """
        started = time.monotonic()
        bundle = bundle or self.bundle
        if on_update:
            on_update(self._unfinished(bundle, path.name, {}))
        try:
            submission = read_submission(path, bundle.name)
            submission = replace(submission, files={**(files or {}), **submission.files})
            notes = _identity_notes(bundle, submission)
        except SubmissionError as error:
            return self._score(bundle, path.name, {}, [str(error)], readable=False)

        asked = {question.name: question for question in bundle.graded}
        held = {a.question: a.variables for a in bundle.answers.answers if not a.functions}
        held = {name: names for name, names in held.items() if names and name in asked}
        if is_untouched(submission.cells, list(asked), held) and not blank_too:
            nothing = {n: _nothing(q, Outcome.FAILED, "Not answered.") for n, q in asked.items()}
            return self._score(bundle, submission.file, nothing, [NOTHING, *notes])
        scores: dict[str, QuestionScore] = {}

        def record(score: QuestionScore) -> None:
            scores[score.name] = score
            if on_update:
                on_update(self._unfinished(bundle, path.name, scores))

        ends = self._examine(bundle, submission, always_diagnose, scores, record)
        ends.append({"seconds": time.monotonic() - started})
        return self._finished(bundle, submission, scores, ends)

    def _finished(
        self,
        bundle: Bundle,
        submission: Submission,
        scores: Mapping[str, QuestionScore],
        ends: Sequence[Mapping],
    ) -> Score:
        notes = [*submission.notes, *_identity_notes(bundle, submission)]
        return self._score(
            bundle,
            submission.file,
            scores,
            [*notes, *_joined(ends, "notes")],
            staff_notes=_joined(ends, "staff_notes"),
            seconds=sum(end.get("seconds", 0.0) for end in ends),
            cpu_seconds=sum(end.get("cpu_seconds", 0.0) for end in ends),
            measured=_merged(ends, "measured"),
            limits={name: tuple(pair) for name, pair in _merged(ends, "limits").items()},
            curves={
                name: tuple(map(tuple, pairs)) for name, pairs in _merged(ends, "curves").items()
            },
        )

    def grade_alike(
        self, base: Path, others: Sequence[tuple[Path, Bundle, bool]], bundle: Bundle
    ) -> list[Score | None]:
        """Grade files that begin as `base` does: much faster, for our own notebooks only.

        others: each with its own bundle, perhaps of fewer questions, and whether to diagnose what
        passes. Return None for a file that must be graded by itself.
        """
        self._will_fork(len(others))
        tree = Tree(self._server, bundle, read_submission(base, bundle.name))
        variants = [
            Variant(asked, read_submission(path, bundle.name), diagnose)
            for path, asked, diagnose in others
        ]
        return [
            one and self._finished(each.bundle, each.submission, one.scores, [one.summary])
            for each, one in zip(variants, tree.examine(variants), strict=True)
        ]

    def _examine(
        self,
        bundle: Bundle,
        submission: Submission,
        always_diagnose: bool,
        scores: dict[str, QuestionScore],
        record: OnQuestion,
    ) -> list[dict]:
        """Examine in a fork, and in another one what the death of the first has left open."""

        def work(send: Send) -> None:
            private_package.import_from(bundle.folder)
            examination = Examination(
                bundle,
                submission,
                self._server,
                on_question=lambda score: send("question", score),
                on_start=lambda name: send("start", name),
                on_public=lambda found, notes: send(
                    "public", {"scores": [*map(question_to_json, found)], "notes": notes}
                ),
                always_diagnose=always_diagnose,
                done=dict(scores),
            )
            examination.run()
            send("end", examination.summary())

        self._will_fork()
        ends: list[dict] = []
        while len(ends) <= MAX_DEATHS and any(q.name not in scores for q in bundle.graded):
            apart = Apart(work, 2 * bundle.limits.submission_seconds)
            if apart.run(record):
                ends.append(apart.ended)
                break
            # What the submission returned was too much for the tests of this question.
            ends.append({"notes": apart.notes})
            for question in bundle.graded:
                if question.name == apart.started and question.name not in scores:
                    nothing = _nothing(question, Outcome.FAILED, TOO_MUCH)
                    record(apart.public.get(question.name, nothing))
        for question in bundle.graded:
            if question.name not in scores:
                scores[question.name] = _nothing(question, Outcome.BROKEN, BROKE)
        told = [f"the examiner broke: {end['broken']}" for end in ends if "broken" in end]
        return [*ends, {"staff_notes": told}]

    def _will_fork(self, times: int = 1) -> None:
        """Make forks cheaper, once, if there are many."""
        before = self._forks
        self._forks += times
        if before < MANY_FORKS <= self._forks:
            collapse()

    def _unfinished(self, bundle: Bundle, file: str, scores: dict[str, QuestionScore]) -> Score:
        return self._score(bundle, file, scores, ["The grader has not finished."])

    def _score(
        self,
        bundle: Bundle,
        file: str,
        scores: dict[str, QuestionScore],
        notes: list[str],
        staff_notes: list[str] | None = None,
        readable: bool = True,
        seconds: float = 0.0,
        cpu_seconds: float = 0.0,
        measured: Mapping[str, float] | None = None,
        limits: Mapping[str, tuple[float, float]] | None = None,
        curves: Mapping[str, Curve] | None = None,
    ) -> Score:
        questions = []
        for question in bundle.questions:
            blank = QuestionScore(
                question.name,
                0.0,
                0.0 if question.manual else question.points,
                Outcome.FAILED,
                manual=question.manual,
            )
            questions.append(replace(scores.get(question.name, blank), bonus=question.bonus))
        return Score(
            assignment=bundle.name,
            semester=bundle.semester,
            submission=file,
            questions=tuple(questions),
            notes=tuple(notes),
            staff_notes=tuple(staff_notes or ()),
            isolation=self.isolation.describe(),
            versions=self._server.versions | {"otter": importlib.metadata.version("otter-grader")},
            seconds=round(seconds, 3),
            cpu_seconds=round(cpu_seconds, 3),
            measured=measured or {},
            limits=limits or {},
            curves=curves or {},
            readable=readable,
        )


def _identity_notes(bundle: Bundle, submission: Submission) -> list[str]:
    """Return warnings about the notebook's metadata; refuse another assignment's notebook."""
    if submission.assignment not in (None, bundle.name):
        raise SubmissionError(
            f"This notebook belongs to another assignment, {submission.assignment[:80]!r}. Submit "
            f"the notebook of {bundle.name!r}."
        )
    if submission.semester not in (None, bundle.semester):
        return [
            f"{OTHER_SEMESTER} ({submission.semester[:80]}). It was graded "
            f"with the tests of {bundle.semester}."
        ]
    return []


def _nothing(question: Question, outcome: Outcome, note: str) -> QuestionScore:
    return QuestionScore(question.name, 0.0, question.points, outcome, note=note)


def _joined(ends: Sequence[dict], key: str) -> list[str]:
    return list(dict.fromkeys(text for end in ends for text in end.get(key, ())))


def _merged(ends: Sequence[dict], key: str) -> dict:
    return {name: value for end in ends for name, value in end.get(key, {}).items()}
