"""The warden of a candidate: it watches memory, CPU and files, and ends what outlives its question.

It is trusted, runs no student code, and obeys single bytes: `q` ends a question's processes, `u`
asks what was used. On its own it says what it has killed everything for: `m`, too much memory;
`f`, too many files and folders; `d`, too much in them.
"""

import contextlib
import math
import os
import resource
import select
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder import disk, sandbox

# How often it looks at its processes.
WATCH_SECONDS = 0.25
# A look at many files takes long, so it waits this many times longer for the next one.
MEASURE_SHARE = 10
# Seconds of CPU, and seconds of waiting for a processor.
USAGE = struct.Struct("<dd")
_TICKS = os.sysconf("SC_CLK_TCK")
# It depends on how the kernel was built.
_LISTS_CHILDREN = os.path.exists("/proc/thread-self/children")


@dataclass(frozen=True)
class Allowance:
    """What all processes of a candidate may use together."""

    memory_mb: int
    disk_mb: int
    files: int


class Warden:
    """Watches the descendants of this process, of which `first` is the candidate itself.

    places: what they may have filled with files and folders.
    """

    def __init__(
        self,
        link: socket.socket,
        first: int,
        allowance: Allowance,
        places: Callable[[], Iterable[Path]],
    ) -> None:
        self._link, self._first, self._allowance, self._places = link, first, allowance, places
        self._known: list[int] = [first]
        self._waited: dict[int, float] = {}
        self._looked = self._measure_next = time.monotonic()

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
            if time.monotonic() - self._looked >= WATCH_SECONDS:
                self._look()

    def _look(self) -> None:
        self._looked = time.monotonic()
        self._known = _descendants()
        if _memory_mb(self._known, self._allowance.memory_mb) > self._allowance.memory_mb:
            self._kill(b"m")
        if self._looked >= self._measure_next:
            self._measure()

    def _measure(self) -> None:
        """Look at the disk, less often where that takes long."""
        count, size = 0, 0
        for place in self._places():
            more = disk.measure_tree(place, self._allowance.files)
            count, size = count + more[0], size + more[1]
        size += _unlinked_bytes(self._known)
        now = time.monotonic()
        self._measure_next = now + MEASURE_SHARE * (now - self._looked)
        if count > self._allowance.files or size > self._allowance.disk_mb << 20:
            self._kill(b"f" if count > self._allowance.files else b"d")
            self._measure_next = math.inf  # nothing can be added any more

    def _kill(self, why: bytes) -> None:
        sandbox.kill_descendants()
        self._link.sendall(why)

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
                self._waited[pid] = int(_read(f"/proc/{pid}/schedstat").split()[1]) / 1e9
        return cpu, sum(self._waited.values()) if self._waited else -1.0


def _memory_mb(pids: list[int], limit: float) -> float:
    """Return the memory of these processes; count pages that they share once, if that matters."""
    # The kernel needs ten milliseconds to say who shares what, and a thousandth of it for this.
    most = sum(map(_resident_kb, pids)) / 1024
    if most <= limit:
        return most
    total = 0.0
    for pid in pids:
        try:
            # Proportional set size: a page shared by n processes counts 1/n for each.
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(b"Pss:"))
        except OSError:
            # A process of the same user that hides itself. Subtract what it inherited by the fork
            # and shares with the warden, or many forks would look like a lot of memory.
            total += max(_resident_kb(pid) - _resident_kb("self"), 0.0)
    return total / 1024


def _unlinked_bytes(pids: Iterable[int]) -> int:
    """Return what is in files that these processes hold open and that have no name any more."""
    sizes = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    status = os.stat(f"/proc/{pid}/fd/{descriptor}")
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def _resident_kb(pid: int | str) -> float:
    """Return what a process has in memory; nothing if it has ended."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        pages = int(_read(f"/proc/{pid}/statm").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024
    return 0.0


def _descendants() -> list[int]:
    """Return the processes below this one, to which the kernel gives all orphans."""
    if not _LISTS_CHILDREN:
        return _found_among_all()
    found: list[int] = []
    left = [os.getpid()]
    while left:
        with contextlib.suppress(OSError, ValueError):  # it may have ended
            parent = left.pop()
            for task in os.listdir(f"/proc/{parent}/task"):
                text = _read(f"/proc/{parent}/task/{task}/children")
                children = [int(number) for number in text.split()]
                found += children
                left += children
    return sorted(found)


def _found_among_all() -> list[int]:
    """Find them where the kernel lists no children, which takes as long as the list of all is."""
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
    return [field.decode() for field in _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()]


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()
