"""Processes on this machine that grade, each with one task at a time.

This module imports little: a worker starts with it, before NumPy's number of threads is set.
"""

import contextlib
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, util
from typing import TYPE_CHECKING, Any, Protocol

from pebble import ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from tools.grading.task import Kit, Task

# The workers share the cores; the threads of one worker do not.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SALT = "PYTHONHASHSEED"
# Finalizers run in this order, those of multiprocessing itself at 0 to 15.
FIRST = 100
# How a task fails when its worker dies or hangs.
DEATHS = (ProcessExpired, BrokenProcessPool, TimeoutError)


class ClusterError(Exception):
    """There is no such cluster; the message says what to do."""


class Workers(Protocol):
    """Whatever performs tasks: processes on this machine, or a cluster.

    A worker that dies takes only its own task with it, whose future then raises one of DEATHS.
    """

    @property
    def window(self) -> int:
        """The number of tasks that may be under way, with the next one at hand."""

    def submit(self, perform: Callable[["Task"], Any], task: "Task") -> Future: ...

    def close(self, at_once: bool = False) -> None:
        """End them; `at_once`: in the middle of a task."""


class LocalWorkers:
    """A pool of processes. One that dies or takes too long is replaced."""

    def __init__(self, count: int, kit: "Kit", patience: float | None = None) -> None:
        """`patience`: after this many seconds on one task, a worker counts as dead."""
        self._count, self._patience = count, patience
        self._asked: set[Future] = set()
        self._equipment = pickle.dumps(kit)
        self._next: tuple[str, bytes] | None = None
        self._start()

    def _start(self) -> None:
        """Start the processes: they get ready while their first tasks are prepared."""
        self._pool = ProcessPool(
            self._count,
            initializer=_begin,
            initargs=(self._equipment, os.getpid()),
            context=get_context("spawn"),  # a fork would copy threads and locks
        )
        with _without_interrupts():
            self._pool.schedule(os.getpid)

    @property
    def window(self) -> int:
        """One more than there are processes: the next task waits here, its file already read."""
        self._mend()
        return self._count + 1

    def _mend(self) -> None:
        """Replace a broken pool: one breaks when a process dies between two tasks."""
        if self._pool.active:
            return
        self.close(at_once=True)
        for future in self._asked:
            if not future.done():
                future.set_exception(BrokenProcessPool("the pool of processes broke"))
        self._start()

    def take_up(self, kit: "Kit") -> None:
        """Let all further tasks be about another kit, which travels with them."""
        self._next = kit.key, pickle.dumps(kit)

    def submit(self, perform: Callable[["Task"], Any], task: "Task") -> Future:
        self._mend()
        args: tuple = (task,)
        if self._next:
            perform, args = _with_kit, (*self._next, perform, task)
        future = self._pool.schedule(perform, args=args, timeout=self._patience)
        self._asked = {each for each in self._asked if not each.done()} | {future}
        return future

    def close(self, at_once: bool = False) -> None:
        if at_once:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()


class Staff:
    """A context manager: workers who are hired when there is work, and stay for the next kit."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._workers: LocalWorkers | None = None
        self._kit = ""

    def __enter__(self) -> "Staff":
        # Otter runs in the workers: with another order of sets than the examiner has, always the
        # same, a test that depends on it does not agree.
        self._salt = os.environ.get(SALT)
        os.environ[SALT] = "1"
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        os.environ.pop(SALT)
        os.environ |= {SALT: self._salt} if self._salt is not None else {}
        if self._workers is not None:
            self._workers.close(at_once=kind is not None)

    def equipped(self, kit: "Kit", on_hire: Callable[[], None]) -> LocalWorkers:
        """Return the workers, with this kit; call `on_hire` before they start."""
        if self._workers is None:
            on_hire()
            self._workers = LocalWorkers(self.count, kit)
        elif self._kit != kit.key:
            self._workers.take_up(kit)
        self._kit = kit.key
        return self._workers


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Keep Ctrl-C from processes and threads that start meanwhile; here it waits for the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(equipment: bytes, parent: int) -> None:
    """Set up a new process; whoever sends an interrupt means the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if sys.platform == "linux":
        from autograder.sandbox import kernel

        # A parent's pipes do not close when it dies: a worker holds both ends.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    os.environ |= dict.fromkeys(ONE_THREAD, "1") | {"MPLBACKEND": "Agg"}
    from tools.grading import desk

    signal.signal(signal.SIGTERM, _end)
    # The pool hangs up first, then sends a signal, which must not disturb the exit: before anything
    # else is finalized, it is ignored.
    util.Finalize(None, signal.signal, (signal.SIGTERM, signal.SIG_IGN), exitpriority=FIRST)
    desk.equip(pickle.loads(equipment))


def _with_kit(key: str, equipment: bytes, perform: Callable[["Task"], Any], task: "Task") -> Any:
    from tools.grading import desk

    desk.change_to(key, equipment)
    return perform(task)


def _end(*_: object) -> None:
    from tools.grading import desk

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    desk.close()
    util._exit_function()  # or the semaphores of this process would outlive it
    os._exit(0)


def processors() -> int:
    """Return how many processes may run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
