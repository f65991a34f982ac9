"""Where submissions are graded: processes of this machine, or an existing Dask cluster.

Both are executors of `concurrent.futures`, and both run `tools.grading.grade_one`. This module
itself imports little: a worker starts with it, before it is settled how many threads NumPy takes.
"""

import contextlib
import math
import os
import pickle
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from tools.jobs import ONE_THREAD

if TYPE_CHECKING:
    from tools.grading import Kit

CONNECT_SECONDS = 15.0
# Workers come and go; without any for so long, somebody must start some.
WORKERLESS_SECONDS = 60.0
_ADDRESS = re.compile(r"[a-z]+://\S+:\d+")


class WorkerDiedError(Exception):
    """The process that graded a submission died over it, and so did a second one."""


class ClusterError(Exception):
    """There is no such cluster; the message says what now."""


class LocalExecutor(Executor):
    """Processes of this machine, each with one task at a time.

    A pool of one process for each: so when a process dies it is known over which task, and the
    others go on. That task is tried once more, in a new process.
    """

    def __init__(self, workers: int, kit: "Kit", patience: float | None = None) -> None:
        """`patience`: after so many seconds over one task, a worker counts as dead."""
        self.window = workers + 1  # the next task waits here, its file is read
        self._patience = patience
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(workers, "grade")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        equipment = pickle.dumps(kit)
        with _without_interrupts():
            self._workers = [_Worker(equipment) for _ in range(workers)]
        for worker in self._workers:
            self._idle.put(worker)

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        return self._threads.submit(self._run, function, *arguments)

    def _run(self, function: Callable, *arguments: Any) -> Any:
        worker = self._idle.get()
        try:
            for _ in range(2):
                try:
                    return worker.run(function, arguments, self._patience)
                except (BrokenProcessPool, TimeoutError):
                    if self._closing.is_set():
                        break
                    worker.restart()
            raise WorkerDiedError("A process of the grader died over this submission, twice.")
        finally:
            self._idle.put(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; with `cancel_futures`, in the middle of what they do."""
        if cancel_futures:
            self._closing.set()
            for worker in self._workers:
                worker.stop(signal.SIGTERM)
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for worker in self._workers:
            worker.end(wait)


class _Worker:
    """One process, as a pool that is made anew when it breaks."""

    def __init__(self, equipment: bytes) -> None:
        self._equipment = equipment
        self._start()

    def _start(self) -> None:
        # A fork would copy threads and locks. The process starts at the first submit, hence here.
        context = get_context("spawn")
        arguments = (self._equipment, os.getpid())
        self._pool = ProcessPoolExecutor(1, context, _begin, arguments)
        self._process: Future[int] = self._pool.submit(os.getpid)

    def run(self, function: Callable, arguments: tuple, patience: float | None) -> Any:
        self._process.result()
        try:
            return self._pool.submit(function, *arguments).result(patience)
        except TimeoutError:
            self.stop(signal.SIGKILL)
            raise

    def restart(self) -> None:
        self._pool.shutdown()
        self._start()

    def stop(self, number: signal.Signals) -> None:
        with contextlib.suppress(Exception):  # it has ended, or not even started
            os.kill(self._process.result(timeout=5), number)

    def end(self, wait: bool) -> None:
        self._pool.shutdown(wait, cancel_futures=True)


def _begin(equipment: bytes, parent: int) -> None:
    """What a new process does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops us
    if sys.platform == "linux":
        from autograder import kernel

        # The pipes to a parent do not close with it: a worker holds both ends.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    os.environ |= dict.fromkeys(ONE_THREAD, "1") | {"MPLBACKEND": "Agg"}
    from tools import grading

    signal.signal(signal.SIGTERM, lambda *_: (grading.close(), os._exit(0)))
    grading.equip(pickle.loads(equipment))


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that start meanwhile ignore Ctrl-C from their first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class DaskExecutor(Executor):
    """An existing Dask cluster. Each worker gets the kit once, also one that joins later."""

    def __init__(self, address: str, kit: "Kit", patience: float = math.inf) -> None:
        """`patience`: after so many seconds without a result, the cluster counts as dead."""
        if not _ADDRESS.fullmatch(address):
            raise ClusterError(f'"{address}" is no address such as tcp://scheduler:8786.')
        try:
            from tools.cluster import Equipment, connect
        except ImportError:
            raise ClusterError(
                "--dask needs the package distributed. Install it: pip install 'dask[distributed]'"
            ) from None
        try:
            self._client = connect(address, CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"There is no Dask scheduler at {address} ({error}). Start one, or look up its "
                "address, such as tcp://scheduler:8786."
            ) from None
        self._equipment = Equipment(kit)
        self._client.register_plugin(self._equipment)
        self._executor = self._client.get_executor()
        self._address, self._patience = address, patience
        self._alive = self._done = time.monotonic()

    @property
    def window(self) -> int:
        """How many tasks may be under way: each worker has the next one at hand.

        Raises a ClusterError when nobody is there who would ever do them.
        """
        now = time.monotonic()
        threads = sum(self._client.nthreads().values())
        self._alive = now if threads else self._alive
        what_now = "then give the same command again: what is done is kept."
        if now - self._alive > WORKERLESS_SECONDS:
            raise ClusterError(
                f"{self._address}: for {now - self._alive:.0f} s there was no worker. Start some "
                f"(dask worker {self._address}), {what_now}"
            )
        if now - self._done > self._patience:
            raise ClusterError(
                f"{self._address}: nothing was graded for {self._patience:.0f} s. Look at what the "
                f"workers say, {what_now}"
            )
        return 2 * max(threads, 1)

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        future = self._executor.submit(function, *arguments)
        future.add_done_callback(self._note_done)
        return future

    def _note_done(self, _: Future) -> None:
        self._done = time.monotonic()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster as it was."""
        with contextlib.suppress(Exception):  # the cluster may have ended
            self._executor.shutdown(wait and not cancel_futures)
            self._client.unregister_worker_plugin(self._equipment.name)
        self._client.close()
