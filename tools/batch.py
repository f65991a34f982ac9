"""A class graded: from hand-ins to records in a store, by whatever executor there is."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.bundle import Bundle
from autograder.notebook import MAX_BYTES, SubmissionError, read_submission
from autograder.run import unexamined
from autograder.score import Outcome, Score
from tools.essays import Essay
from tools.executors import WorkerDiedError
from tools.grading import Kit, StartError, Task, grade_one, grader_version
from tools.handin import Handin
from tools.likeness import Fingerprint
from tools.stamp import sha256
from tools.store import Record, Store, score_of

TICK_SECONDS = 0.5  # how often the one who waits is told
# So many submissions in a row over which workers do not start, or die: it is not the submissions.
HOPELESS = 5


@dataclass
class Job:
    """One hand-in, the hash of its file, and the key of its record: empty without a file.

    The key is a hash of all that the record depends on.
    """

    handin: Handin
    digest: str = ""
    key: str = ""


@dataclass(frozen=True)
class Told:
    """How far a run is. `doing`: ids of the hand-ins under way."""

    done: int
    count: int
    broken: int
    doing: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What is known of a hand-in. Without a score there is no file, or it waits for its turn."""

    handin: Handin
    score: Score | None = None
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    essays: Mapping[str, Essay] = field(default_factory=dict)
    waiting: bool = False


class Batch:
    """The hand-ins of a class and the store of their records.

    as_graded: the last record of a file counts, also that of other tests or of another version.
    """

    def __init__(
        self,
        handins: Sequence[Handin],
        bundle: Bundle,
        kit: Kit,
        store: Store,
        as_graded: bool = False,
    ) -> None:
        self._bundle, self.kit, self.store, self._as_graded = bundle, kit, store, as_graded
        self._version = grader_version()
        self.done = 0  # how many this run has graded
        self.jobs = [self._job(handin) for handin in handins]

    def _job(self, handin: Handin) -> Job:
        if handin.file is None:
            return Job(handin)
        problem = _problem(handin.file)
        if problem:
            return Job(replace(handin, file=None, problem=problem))
        job = Job(handin)
        self._look(job, handin.file.read_bytes())
        return job

    def _look(self, job: Job, contents: bytes) -> None:
        job.digest = sha256(contents)
        about = (job.handin.id, job.handin.file.name, job.digest, self.kit.key, self._version)
        job.key = sha256(json.dumps(about).encode())[:32]

    def to_do(self, after: Mapping[str, int] | None = None) -> list[Job]:
        """The jobs without a record, or with one over which the grader broke.

        `after`: only records with a greater number than this count, by hand-in.
        """
        return [job for job in self.jobs if job.key and not self._is_done(job, after or {})]

    def _is_done(self, job: Job, after: Mapping[str, int]) -> bool:
        entry = self.store.last(job.handin.id, job.key)
        if entry is None or entry.number <= after.get(job.handin.id, 0):
            return False
        score = score_of(entry.read())
        return score is not None and score.outcome is not Outcome.BROKEN

    def grade(self, jobs: Sequence[Job], executor: Executor, tell: Callable[[Told], None]) -> None:
        """Grade; each record is kept at once. StartError where nothing can be graded here.

        Only a few submissions are under way at a time, and only their files are in memory.
        """
        left = iter(jobs)
        doing: dict[Future, Job] = {}
        broken = failures = 0
        try:
            while True:
                while len(doing) < executor.window and (job := next(left, None)):
                    doing[executor.submit(grade_one, self._task(job))] = job
                ids = tuple(job.handin.id for job in doing.values())
                tell(Told(self.done, len(jobs), broken, ids))
                if not doing:
                    return
                for future in wait(doing, TICK_SECONDS, FIRST_COMPLETED).done:
                    job = doing.pop(future)
                    record, error = self._record(job, future)
                    failures = failures + 1 if error else 0
                    # Where no worker has ever started, one failure is enough.
                    never = failures == self.done + 1 and isinstance(error, StartError)
                    if never or failures >= HOPELESS:
                        raise StartError(str(error))
                    broken += score_of(record).outcome is Outcome.BROKEN
                    self.store.put(job.handin.id, job.key, record)
                    self.done += 1
        finally:
            for future, job in doing.items():
                if future.done() and not future.cancelled() and not future.exception():
                    self.store.put(job.handin.id, job.key, self._record(job, future)[0])

    def _task(self, job: Job) -> Task:
        contents = job.handin.file.read_bytes()
        self._look(job, contents)  # the file may have changed meanwhile
        return Task(job.handin.id, job.handin.file.name, contents, self.kit.key, self._version)

    def _record(self, job: Job, future: Future) -> tuple[Record, Exception | None]:
        """What a worker says, or that it failed, as a record."""
        error = None
        try:
            record = future.result()
        except (Exception, CancelledError) as failure:
            error = failure
            known = isinstance(error, StartError | WorkerDiedError)
            record = self._broken(job, str(error) if known else f"{type(error).__name__}: {error}")
        about = {"file": job.digest, "kit": self.kit.key, "grader": self._version}
        return record | about, error

    def _broken(self, job: Job, note: str) -> Record:
        score = unexamined(self._bundle, [], Outcome.BROKEN)
        score = replace(score, submission=job.handin.file.name, staff_notes=(note,))
        return {"score": score.to_json(), "fingerprint": {}, "essays": {}, "seconds": 0.0}

    def results(self) -> Iterator[Result]:
        """What is known by now, one by one."""
        for job in self.jobs:
            yield _result(job, self._known(job))

    def _known(self, job: Job) -> Record | None:
        entry = self.store.last(job.handin.id, job.key) if job.key else None
        if entry or not self._as_graded:
            return entry.read() if entry else None
        earlier = (entry.read() for entry in reversed(self.store.entries(job.handin.id)))
        return next((each for each in earlier if each and each.get("file") == job.digest), None)


def _problem(file: Path) -> str:
    """Why a file cannot even be sent to a worker."""
    try:
        if file.is_file() and file.stat().st_size <= MAX_BYTES:
            with file.open("rb"):
                return ""
        read_submission(file)
    except SubmissionError as error:
        return str(error)
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    return "This is no ordinary file. Submit the notebook itself."


def _result(job: Job, record: Record | None) -> Result:
    score = score_of(record)
    if score is None:
        return Result(job.handin, waiting=bool(job.key))
    prints: dict[str, Any] = record.get("fingerprint") or {}
    if prints:
        prints = prints | {"blank": tuple(prints["blank"])}
    essays = {name: Essay(**each) for name, each in record.get("essays", {}).items()}
    return Result(job.handin, score, Fingerprint(**prints), essays)
