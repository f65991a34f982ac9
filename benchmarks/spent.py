"""What a command costs: seconds of CPU in all its processes, the most memory, seconds by the clock.

On a busy machine only the first two say something.
"""

import os
import resource
import subprocess
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psutil

from autograder.sandbox import kernel

LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Spent:
    """Seconds of CPU and by the clock; megabytes, with shared pages counted once."""

    cpu: float
    seconds: float
    memory_mb: float


def run(
    command: Sequence[object], memory: bool = False, codes: Collection[int] = (0,), **how
) -> Spent:
    """Run a command, count its orphans too; raise CalledProcessError if it fails.

    memory: look at it all the time, which takes time itself; codes: those it may end with.
    """
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    before, started, most = _cpu_of_children(), time.monotonic(), 0.0
    process = subprocess.Popen(list(map(str, command)), **how)
    while memory and process.poll() is None:
        most = max(most, _memory_mb())
        time.sleep(LOOK_SECONDS)
    code = process.wait()
    seconds = time.monotonic() - started
    _reap()
    if code not in codes:
        raise subprocess.CalledProcessError(code, list(map(str, command)))
    return Spent(_cpu_of_children() - before, seconds, most)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    """Wait for what the command left behind, such as the last warden: its time counts."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _memory_mb() -> float:
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # it has ended
            continue
    return total / 2**20
