"""The warden of a candidate: it watches memory and CPU, and ends what outlives its question.

It is trusted, runs no student code, and obeys single bytes: `q` ends a question's processes, `u`
asks what was used. On its own it says `m`: something was killed for using too much memory.
"""

import contextlib
import os
import resource
import select
import socket
import struct
import time
from pathlib import Path

from autograder import sandbox

# How often it looks at its processes.
WATCH_SECONDS = 0.25
# Seconds of CPU, and seconds of waiting for a processor.
USAGE = struct.Struct("<dd")
_TICKS = os.sysconf("SC_CLK_TCK")


class Warden:
    """Watches the descendants of this process, of which `first` is the candidate itself."""

    def __init__(self, link: socket.socket, first: int, memory_mb: int) -> None:
        self._link, self._first, self._memory_mb = link, first, memory_mb
        self._known: list[int] = [first]
        self._waited: dict[int, float] = {}
        self._looked = time.monotonic()

    def watch(self) -> None:
        """Watch until the examiner hangs up."""
        while True:
            ready, _, _ = select.select([self._link], [], [], WATCH_SECONDS)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            command = self._link.recv(1) if ready else b"-"
            if command == b"q":  # the question is over: only the candidate itself stays
                sandbox.kill_descendants(keep={self._first})
                self._link.sendall(b"q")
            elif command == b"u":
                self._link.sendall(b"u" + USAGE.pack(*self._usage()))
            elif command != b"-":
                return
            if command == b"q" or time.monotonic() - self._looked >= WATCH_SECONDS:
                self._look()

    def _look(self) -> None:
        self._looked = time.monotonic()
        self._known = _descendants()
        if _memory_mb(self._known) > self._memory_mb:
            sandbox.kill_descendants()
            self._link.sendall(b"m")

    def _usage(self) -> tuple[float, float]:
        """Return the seconds of CPU used, and those of waiting: negative if the kernel is silent.

        Processes younger than the last look are missing: a fraction of a second.
        """
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = ended.ru_utime + ended.ru_stime
        for pid in {self._first, *self._known}:
            with contextlib.suppress(OSError, IndexError, ValueError):
                # Its own, and those of the children that it has waited for.
                cpu += sum(map(int, _stat(str(pid))[11:15])) / _TICKS
                text = Path(f"/proc/{pid}/schedstat").read_text()
                self._waited[pid] = int(text.split()[1]) / 1e9
        return cpu, sum(self._waited.values()) if self._waited else -1.0


def _memory_mb(pids: list[int]) -> float:
    """Return the memory of all descendants; count pages that they share once."""
    total = 0.0
    for pid in pids:
        try:
            # Proportional set size: a page shared by n processes counts 1/n for each.
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(b"Pss:"))
        except OSError:
            # A process of the same user that hides itself. Subtract what it inherited by the fork
            # and shares with the warden, or many forks would look like a lot of memory.
            with contextlib.suppress(OSError, IndexError, ValueError):
                total += max(_resident_kb(str(pid)) - _resident_kb("self"), 0.0)
    return total / 1024


def _resident_kb(pid: str) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _descendants() -> list[int]:
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parents[int(entry)] = int(_stat(entry)[1])
    found, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return sorted(found - {os.getpid()})


def _stat(pid: str) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on."""
    # A program's name may hold spaces and parentheses; the text after the last one cannot.
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
