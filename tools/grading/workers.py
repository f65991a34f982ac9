"""Processes of this machine that grade: each has one task at a time.

This module imports little: a worker starts with it, before it is settled how many threads NumPy
takes.
"""

import atexit
import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Protocol

from pebble import ProcessExpired, ProcessPool

if TYPE_CHECKING:
    from tools.grading.task import Kit, Task

# The cores are shared by the workers, not by the threads of one.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# How a task ends whose worker has died over it, or got no further.
DEATHS = (ProcessExpired, BrokenProcessPool, TimeoutError)


class ClusterError(Exception):
    """There is no such cluster; the message says what now."""


class Workers(Protocol):
    """Whoever performs tasks: processes of this machine, or a cluster.

    A worker that dies takes its own task with it, whose future then raises one of DEATHS, and no
    other.
    """

    @property
    def window(self) -> int:
        """How many tasks may be under way: the next one waits at hand."""

    def submit(self, perform: Callable[["Task"], Any], task: "Task") -> Future: ...

    def close(self, at_once: bool = False) -> None:
        """End them; `at_once`: in the middle of what they do."""


class LocalWorkers:
    """A pool of processes. One that dies or takes too long is replaced."""

    def __init__(self, count: int, kit: "Kit", patience: float | None = None) -> None:
        """`patience`: after so many seconds over one task, a worker counts as dead."""
        self._count, self._patience = count, patience
        self._asked: set[Future] = set()
        self._equipment = pickle.dumps(kit)
        self._start()

    def _start(self) -> None:
        """Start the processes: they get ready while their first tasks are looked for."""
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
        """One more than there are processes: the next task waits here, its file is read."""
        self._mend()
        return self._count + 1

    def _mend(self) -> None:
        """Replace a pool that broke, as it does when a process dies between two tasks."""
        if self._pool.active:
            return
        self.close(at_once=True)
        for future in self._asked:
            if not future.done():
                future.set_exception(BrokenProcessPool("the pool of processes broke"))
        self._start()

    def submit(self, perform: Callable[["Task"], Any], task: "Task") -> Future:
        self._mend()
        future = self._pool.schedule(perform, args=(task,), timeout=self._patience)
        self._asked = {each for each in self._asked if not each.done()} | {future}
        return future

    def close(self, at_once: bool = False) -> None:
        if at_once:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()


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


def _begin(equipment: bytes, parent: int) -> None:
    """What a new process does first."""
    if sys.platform == "linux":
        from autograder.sandbox import kernel

        # The pipes to a parent do not close with it: a worker holds both ends.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    os.environ |= dict.fromkeys(ONE_THREAD, "1") | {"MPLBACKEND": "Agg"}
    from tools.grading import desk

    signal.signal(signal.SIGTERM, _end)
    # The pool hangs up first, and then sends a signal, which must not disturb the way out.
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    desk.equip(pickle.loads(equipment))


def _end(*_: object) -> None:
    from tools.grading import desk

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    desk.close()
    os._exit(0)


def processors() -> int:
    """How many processes may run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
