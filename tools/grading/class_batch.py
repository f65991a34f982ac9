"""Grading of a class: hand-ins in, stored records out, and what is known of each."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, Score, unexamined
from autograder.submission.reading import MAX_BYTES, SubmissionError, read_submission
from tools.files import sha256
from tools.grading.batch import Job, WorkerDiedError, work_through
from tools.grading.reuse import merged, unsettled
from tools.grading.store import Entry, Record, Store, score_of
from tools.grading.task import Examine, Kit, StartError, Task
from tools.grading.version import grader_version
from tools.grading.workers import Workers
from tools.handins.essays import Essay
from tools.handins.handin import Handin
from tools.likeness.likeness import Fingerprint
from tools.terminal import Told

# When workers fail to start this many times in a row, no submission is to blame. A worker that dies
# over a submission says nothing of the kind: a class may hold any number of hostile files.
HOPELESS = 5


@dataclass
class HandinJob:
    """One hand-in, the hash of its file, and the key of its record: empty without a file.

    The key is a hash of everything the record depends on. `kept`: a score of the same file in which
    only the questions `only` are to be examined again, because of those in `changed`.
    """

    handin: Handin
    kit: str
    digest: str = ""
    key: str = ""
    seconds: float = 1.0
    only: tuple[str, ...] | None = None
    kept: Score | None = None
    changed: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.handin.id

    @property
    def count(self) -> int:
        return 1

    def look(self) -> bytes:
        """Read the file, and compute the key of its record."""
        contents = self.handin.file.read_bytes()
        self.digest = sha256(contents)
        about = (self.label, self.handin.file.name, self.digest, self.kit, grader_version())
        self.key = sha256(json.dumps(about).encode())[:32]
        return contents

    def task(self) -> Task:
        before = self.digest
        contents = self.look()
        if self.digest != before:  # the file has changed since
            self.only = self.kept = None
        work = Examine(only=self.only)
        return Task(self.handin.file.name, contents, self.kit, grader_version(), work)


@dataclass(frozen=True)
class Again:
    """What to grade again, even if its results cannot have changed.

    after: of these hand-ins, only records with a greater number count; questions: only these are
    asked for, or all.
    """

    after: Mapping[str, int] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What is known of a hand-in. No score: there is no file, or it is not graded yet.

    record: the name of the stored record that it comes from.
    """

    handin: Handin
    score: Score | None = None
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    essays: Mapping[str, Essay] = field(default_factory=dict)
    waiting: bool = False
    record: str = ""


class ClassBatch:
    """The hand-ins of a class and the store of their records.

    as_graded: a file's last record counts, even from other tests or another version.
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
        self.done = 0  # how many this run has graded
        self._failures = 0  # in a row
        self.jobs = [self._job(handin) for handin in handins]

    def _job(self, handin: Handin) -> HandinJob:
        job = HandinJob(handin, self.kit.key)
        if handin.file is not None:
            problem = _problem(handin.file)
            if problem:
                job.handin = replace(handin, file=None, problem=problem)
            else:
                job.look()
        return job

    def to_do(
        self, again: Again | None = None, ids: Collection[str] | None = None
    ) -> list[HandinJob]:
        """Return the jobs without a record, or with one on which the grader broke.

        Where an earlier record of the same file tells part of it, a job examines the rest.
        `again`: what to grade again anyway; `ids`: only these hand-ins.
        """
        again = again or Again()
        jobs = [job for job in self.jobs if job.key and (ids is None or job.label in ids)]
        jobs = [job for job in jobs if not self._is_done(job, again.after)]
        for job in jobs:
            job.kept = job.only = None
            if again.questions or job.label not in again.after:
                self._reuse(job, again.questions)
        return jobs

    def _is_done(self, job: HandinJob, after: Mapping[str, int]) -> bool:
        entry = self.store.last(job.label, job.key)
        if entry is None or entry.number <= after.get(job.label, 0):
            return False
        score = score_of(entry.read())
        return score is not None and score.outcome is not Outcome.BROKEN

    def _reuse(self, job: HandinJob, asked: Collection[str]) -> None:
        """Keep what an earlier record of the file still tells; examine only the rest."""
        parts = self.kit.parts
        for entry in reversed(self.store.entries(job.label)):
            record = entry.read() or {}
            same = record.get("file") == job.digest and record.get("grader") == grader_version()
            if not same or record.get("shared") != parts.shared:
                continue
            score = score_of(record)
            if score is None or not score.readable or score.outcome is Outcome.BROKEN:
                continue
            changed = {*asked, *parts.changed_since(record["questions"])}
            wanted = changed | unsettled(score)
            job.only = tuple(q.name for q in self._bundle.graded if q.name in wanted)
            job.changed = tuple(sorted(changed))
            job.kept = score
            return

    def grade(
        self, jobs: Sequence[HandinJob], workers: Workers, tell: Callable[[Told], None]
    ) -> None:
        """Grade the jobs, keep each record at once; StartError if nothing can be graded here."""
        work_through(jobs, workers, self._keep, tell)

    def _keep(self, job: Job, record: Record | None, error: Exception | None) -> bool:
        is_start = isinstance(error, StartError)
        self._failures = self._failures + 1 if is_start else 0
        # If no worker has ever started, one failure is enough.
        never = is_start and self.done == 0
        if never or self._failures >= HOPELESS:
            raise StartError(str(error))
        if record is None:
            known = isinstance(error, StartError | WorkerDiedError)
            note = str(error) if known else f"{type(error).__name__}: {error}"
            record = self._broken(job, note)
        fresh = score_of(record)
        if job.kept is not None and fresh.readable:
            score = merged(job.kept, fresh, job.only, self._bundle)
            record = record | {"score": score.to_json()}
        parts = self.kit.parts
        about = {"file": job.digest, "kit": self.kit.key, "grader": grader_version()}
        about |= {"shared": parts.shared, "questions": dict(parts.questions)}
        self.store.put(job.label, job.key, record | about)
        self.done += 1
        return score_of(record).outcome is Outcome.BROKEN

    def _broken(self, job: HandinJob, note: str) -> Record:
        score = unexamined(self._bundle, [], Outcome.BROKEN)
        score = replace(score, submission=job.handin.file.name, staff_notes=(note,))
        return {"score": score.to_json(), "seconds": 0.0}

    def results(self) -> Iterator[Result]:
        """Yield what is known so far, one by one."""
        for job in self.jobs:
            yield self._result(job)

    def _result(self, job: HandinJob) -> Result:
        for entry in self._known(job):
            record = entry.read()
            score = score_of(record)
            if score is None or record.get("file") != job.digest:
                continue
            prints: dict[str, Any] = record.get("fingerprint") or {}
            if prints:
                prints = prints | {"blank": tuple(prints["blank"])}
            essays = {name: Essay(**each) for name, each in record.get("essays", {}).items()}
            about = {"fingerprint": Fingerprint(**prints), "essays": essays}
            return Result(job.handin, score, **about, record=entry.file.name)
        return Result(job.handin, waiting=bool(job.key))

    def _known(self, job: HandinJob) -> list[Entry]:
        """Return the records that tell of the file, the best first."""
        entry = self.store.last(job.label, job.key) if job.key else None
        if entry or not self._as_graded:
            return [entry] if entry else []
        return self.store.entries(job.label)[::-1]


def _problem(file: Path) -> str:
    """Say why a file cannot even be sent to a worker."""
    try:
        if file.is_file() and file.stat().st_size <= MAX_BYTES:
            with file.open("rb"):
                return ""
        read_submission(file)
    except SubmissionError as error:
        return str(error)
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."
    return "This is not a regular file. Submit the notebook itself."
