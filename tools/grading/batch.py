"""Grading of many files: jobs in, records out, by whatever workers there are."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from typing import Protocol

from tools.grading.desk import perform
from tools.grading.store import Record
from tools.grading.task import Task
from tools.grading.workers import DEATHS, Workers
from tools.terminal import Told

TICK_SECONDS = 0.5  # how often progress is reported


class WorkerDiedError(Exception):
    """Two processes in a row died while grading one submission."""

    def __init__(self) -> None:
        super().__init__("A grader process died on this submission, twice.")


class Job(Protocol):
    """One file to grade, or several (`count`) that are graded together.

    seconds: roughly how long it takes, in any unit that jobs share.
    """

    label: str
    seconds: float
    count: int

    def task(self) -> Task:
        """Return the task for a worker; the file is not read before this."""


# Takes a job with its record, or an error instead; returns whether the grader broke.
Keep = Callable[[Job, Record | None, Exception | None], bool]


@dataclass
class _Progress:
    """How far a run is, and how long the rest will take at the pace so far."""

    stage: str
    count: int
    left: float
    done: int = 0
    broken: int = 0
    spent: float = 0.0

    def __post_init__(self) -> None:
        self._started = time.monotonic()

    def add(self, job: Job, broke: bool) -> None:
        self.done += job.count
        self.broken += broke
        self.spent += job.seconds
        self.left -= job.seconds

    def told(self, doing: Sequence[Job]) -> Told:
        pace = (time.monotonic() - self._started) / self.spent if self.spent else 0.0
        labels = tuple(job.label for job in doing)
        return Told(self.stage, self.done, self.count, self.left * pace, self.broken, labels)


def work_through(
    jobs: Sequence[Job],
    workers: Workers,
    keep: Keep,
    tell: Callable[[Told], None],
    stage: str = "grading",
) -> None:
    """Perform the jobs in order; keep each result at once, even on Ctrl-C.

    Only a few are under way at a time, and only their files are in memory. A job whose worker
    died gets a second one; if that dies too, the job ends in a WorkerDiedError.
    """
    left = iter(jobs)
    doing: dict[Future, Job] = {}
    again: set[int] = set()
    progress = _Progress(stage, sum(job.count for job in jobs), sum(job.seconds for job in jobs))
    try:
        while True:
            while len(doing) < workers.window and (job := next(left, None)):
                doing[workers.submit(perform, job.task())] = job
            tell(progress.told(list(doing.values())))
            if not doing:
                return
            for future in wait(doing, TICK_SECONDS, FIRST_COMPLETED).done:
                job = doing.pop(future)
                record, error = _outcome(future)
                if isinstance(error, DEATHS) and id(job) not in again:
                    again.add(id(job))
                    doing[workers.submit(perform, job.task())] = job
                    continue
                error = WorkerDiedError() if isinstance(error, DEATHS) else error
                progress.add(job, keep(job, record, error))
    finally:
        for future, job in doing.items():
            if future.done() and not future.cancelled() and not future.exception():
                keep(job, future.result(), None)


def _outcome(future: Future) -> tuple[Record | None, Exception | None]:
    try:
        return future.result(), None
    except CancelledError as error:
        return None, RuntimeError(f"it was cancelled: {error}")
    except Exception as error:
        return None, error
