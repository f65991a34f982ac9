"""Many files graded: jobs in, records in a store out, by whatever workers there are."""

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

TICK_SECONDS = 0.5  # how often whoever waits is told


class WorkerDiedError(Exception):
    """The process that graded a submission died over it, and so did a second one."""

    def __init__(self) -> None:
        super().__init__("A process of the grader died over this submission, twice.")


class Job(Protocol):
    """One file to grade. `seconds`: about how long it takes, in any unit that jobs share."""

    label: str
    seconds: float

    def task(self) -> Task:
        """What a worker is asked for; a file is read no earlier than this."""


# What became of a job: its record, or the error instead of one. Returns whether the grader broke.
Keep = Callable[[Job, Record | None, Exception | None], bool]


@dataclass
class _Progress:
    """How far a run is, and what it will still take at the pace so far."""

    stage: str
    count: int
    left: float
    done: int = 0
    broken: int = 0
    spent: float = 0.0

    def __post_init__(self) -> None:
        self._started = time.monotonic()

    def add(self, job: Job, broke: bool) -> None:
        self.done += 1
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
    """Perform the jobs in their order; what becomes of each is kept at once, also on Ctrl-C.

    Only a few are under way at a time, and only their files are in memory. A job over which a
    worker died is given to a second one, then it ends as a WorkerDiedError.
    """
    left = iter(jobs)
    doing: dict[Future, Job] = {}
    again: set[int] = set()
    progress = _Progress(stage, len(jobs), sum(job.seconds for job in jobs))
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
