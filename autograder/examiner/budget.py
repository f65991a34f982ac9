"""Seconds of CPU that a submission may use, measured from outside; the clock only stops sleepers.

A busy machine must cost nobody points, so a limit counts the CPU time of the submission's
processes. Time in which they neither compute nor wait for a processor is sleep, which has the same
limit: a process that sleeps would never use up its CPU.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

SHORTEST_LOOK = 0.05  # seconds between two looks at what was used
SLEEP_ALLOWANCE = 5.0  # on top of the limit: starts, disks and forks are nobody's sleep


@dataclass(frozen=True)
class Usage:
    """What all processes of a submission have used so far, in seconds.

    waited: runnable, but without a processor; None where the kernel does not say.
    """

    cpu: float = 0.0
    waited: float | None = 0.0


class Budget:
    """A limit that begins when it is made; what it asks of `usage` costs a message."""

    def __init__(self, seconds: float, usage: Callable[[], Usage]) -> None:
        self._seconds = seconds
        self._usage = usage
        self._begun = time.monotonic()
        self._before = usage()

    def left(self) -> float:
        """Return after how many seconds to look again; 0 when the limit is reached."""
        wall = time.monotonic() - self._begun
        if wall < self._seconds:
            return self._seconds - wall  # no more CPU than time has passed
        left = self.remaining()
        return max(left, SHORTEST_LOOK) if left > 0 else 0.0

    def remaining(self) -> float:
        """Return how many seconds of CPU or of sleep are left, whichever is less."""
        now, wall = self._usage(), time.monotonic() - self._begun
        cpu = now.cpu - self._before.cpu
        waited = 0.0 if now.waited is None else max(now.waited - (self._before.waited or 0.0), 0.0)
        sleep = (wall - cpu - waited) / _crowding(now) - SLEEP_ALLOWANCE
        return self._seconds - max(cpu, sleep)

    def overlook(self, seconds: float) -> None:
        """Do not count so many seconds of the clock: they were the grader's own."""
        self._begun += seconds

    def part(self, seconds: float) -> "Budget":
        """Return a budget for a part of the work, which ends no later than this one."""
        return Budget(max(min(seconds, self.remaining()), SHORTEST_LOOK), self._usage)


def _crowding(usage: Usage) -> float:
    """How many processes share a processor, where the kernel does not say who waited."""
    if usage.waited is not None:
        return 1.0
    return max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)
