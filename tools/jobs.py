"""Work spread over processes: each result is kept, and what was done once is not done again."""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

from autograder.atomic import write_atomically

# The cores are shared by the workers, not by the threads of one.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
STOP_SECONDS = 10.0

Result = dict[str, Any]
Perform = Callable[[Any], Result]
# Opens what a worker works with, such as a warm grader; it is pickled, and called in the worker.
Start = Callable[[], AbstractContextManager[Perform]]


class WorkerError(Exception):
    """A worker ended or broke; the message says over which job."""


@dataclass(frozen=True)
class Job:
    """One piece of work; `key` is a hash of all that its result depends on."""

    key: str
    label: str
    task: Any
    # What it will take in seconds, about: the longest jobs go first.
    seconds: float = 1.0


class Store:
    """Results in files, one for each key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Result | None:
        """The result under a key; None where there is none, or a damaged one."""
        try:
            return json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def put(self, key: str, result: Result) -> None:
        """Keep a result; a reader sees all of it or none."""
        write_atomically(self.folder / f"{key}.json", json.dumps(result).encode())

    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not any(self.folder.glob("*.json"))

    def prune(self, keys: Collection[str]) -> None:
        """Remove all results but those under these keys."""
        for file in self.folder.glob("*.json"):
            if file.stem not in keys:
                file.unlink(missing_ok=True)


class Pool:
    """Workers that stay for several rounds of jobs; a context manager that ends them."""

    def __init__(self, start: Start, count: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads and locks
        self._idle: list[_Worker] = []
        self._workers: list[_Worker] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, start), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(STOP_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Do the jobs, the longest first; yields each with its result as soon as it is there."""
        waiting = sorted(jobs, key=lambda job: job.seconds)
        busy = [worker for worker in self._workers if worker.job]
        left = len(waiting) + len(busy)
        while left:
            for worker in self._workers:
                if worker.is_ready and not worker.job and waiting:
                    worker.give(waiting.pop())
            ready = connection.wait([worker.pipe for worker in self._workers])
            for worker in [worker for worker in self._workers if worker.pipe in ready]:
                job, result = worker.take()
                if job:
                    left -= 1
                    yield job, result


class _Worker:
    """The parent's view of a worker."""

    def __init__(self, process: Any, pipe: connection.Connection) -> None:
        self.process, self.pipe = process, pipe
        self.is_ready = False
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(OSError):  # it has ended: `take` says so
            self.pipe.send(job.task)

    def take(self) -> tuple[Job | None, Result]:
        """What it has done; None and nothing when it has only become ready."""
        job, self.job = self.job, None
        doing = f"over {job.label}" if job else "while it started"
        try:
            said, value = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(STOP_SECONDS)
            code = self.process.exitcode
            raise WorkerError(f"a worker ended {doing} (exit code {code})") from None
        if said == "broken":
            raise WorkerError(f"a worker broke {doing}: {value}")
        self.is_ready = True
        return (job, value) if said == "done" else (None, {})


def _work(pipe: connection.Connection, start: Start) -> None:
    """The life of a worker: do what comes until the parent hangs up or stops it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for name in ONE_THREAD:
        os.environ[name] = "1"
    os.environ["MPLBACKEND"] = "Agg"
    try:
        with start() as perform:
            pipe.send(("ready", None))
            while True:
                pipe.send(("done", perform(pipe.recv())))
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        # What a machine lacks is said in words; all else is a mistake of ours, and needs the place.
        known = type(error).__name__ in ("BundleError", "SandboxError", "ServerError")
        with contextlib.suppress(OSError):
            pipe.send(("broken", str(error) if known else traceback.format_exc()))
