"""The examiner's end of the lines to a candidate: one to it, and one to each question's process.

Everything that arrives here is a claim. A process that hangs, dies or breaks the protocol is
killed, and ends as a `Gone` that says what happened.
"""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator

from autograder import wire
from autograder.assignment.bundle import Limits
from autograder.examiner.budget import Usage
from autograder.examiner.line import Gone, Line, ServerError

# At the start and at the end of each test; a gradient check calls a function hundreds of times.
MAX_NOTED_CALLS = 8
MAX_NOTED = 200
# For all exchanges of a process; usually they take some kilobytes.
MAX_NOTED_BYTES = 4 * 2**20
# As the warden sends it: seconds of CPU, and seconds of waiting for a processor.
USAGE = struct.Struct("<dd")


# An exchange: how many there were before, the request, and the answer.
Noted = tuple[int, bytes, bytes]


class Exchanges:
    """The first and the last calls of a test: a failed test failed on the last.

    A gradient check calls one function hundreds of times, by value: calls in the middle can be left
    out, for nothing later depends on them. Requests about objects, such as a model and its
    parameters one by one, are kept from the first on: later ones make no sense without them.
    """

    def __init__(self, room: int) -> None:
        """`room`: how many bytes may be kept, by this test and those after it."""
        self._first: list[Noted] = []
        self._last: deque[Noted] = deque()
        self.room = room
        self._seen = self._calls = 0
        self._is_complete = True

    def add(self, request: bytes, answer: bytes, by_value: bool) -> None:
        """Keep an exchange if there is room; `by_value`: a function's call without any objects."""
        self._seen += 1
        size = len(request) + len(answer)
        has_room = size <= min(MAX_NOTED_BYTES // 8, self.room)
        if not by_value:
            # After the first one that is missing, those that follow cannot be repeated.
            self._is_complete &= has_room and len(self._first) < MAX_NOTED
            if self._is_complete:
                self._keep(self._first, request, answer)
        elif has_room:
            self._calls += 1
            if self._calls <= MAX_NOTED_CALLS and len(self._first) < MAX_NOTED:
                self._keep(self._first, request, answer)
            else:
                self._keep(self._last, request, answer)
                while len(self._last) > MAX_NOTED_CALLS:
                    _, *dropped = self._last.popleft()
                    self.room += sum(map(len, dropped))

    def _keep(self, kept: list[Noted] | deque[Noted], request: bytes, answer: bytes) -> None:
        self.room -= len(request) + len(answer)
        kept.append((self._seen, request, answer))

    def in_order(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield requests and answers as they came."""
        for _, request, answer in sorted((*self._first, *self._last)):
            yield request, answer


# An answer about usage that is no older than this is still good: limits are seconds.
FRESH_SECONDS = 0.05
FORK_SECONDS = 120.0  # of the clock, on a machine as busy as it may be


class ForkingLine(Line):
    """A line to a process that forks copies of itself."""

    @property
    def is_gone(self) -> bool:
        """Whether its process ended before the next request."""
        return self.is_dead or bool(select.select([self._end], [], [], 0)[0] and self.is_closed())

    def fork(
        self, seed: int, deadline: wire.Deadline = None, numpy_only: str = ""
    ) -> "QuestionLink":
        """Fork a copy of the process as it is now; `numpy_only`: a question without PyTorch.

        A student's copy may do as it likes before it says a word, so this has a deadline too.
        """
        deadline = deadline or time.monotonic() + FORK_SECONDS
        ours, theirs = socket.socketpair()
        try:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self.expect_silence()
            request = {"op": "fork", "seed": seed, "numpy_only": numpy_only}
            wire.write_frame(self._end, wire.encode(request), deadline)
            socket.send_fds(self._end, [b"!"], [theirs.fileno()])
            theirs.close()
            pid = _verified_sender(ours, deadline)
            return QuestionLink(ours, os.pidfd_open(pid))
        except (OSError, wire.WireError) as error:
            ours.close()
            late = isinstance(error, wire.Late)
            raise Gone("did not finish in time" if late else "ended") from None
        finally:
            theirs.close()


class QuestionLink(ForkingLine):
    """The process of one question."""

    def __init__(self, end: socket.socket, pidfd: int) -> None:
        super().__init__(end)
        self._pidfd = pidfd
        self._noted: list[Exchanges] = []

    def begin_test(self) -> None:
        """Assign the calls that follow to another test."""
        room = self._noted[-1].room if self._noted else MAX_NOTED_BYTES
        self._noted.append(Exchanges(room))

    def _note(self, request: bytes, answer: bytes, by_value: bool) -> None:
        if self._noted:
            self._noted[-1].add(request, answer, by_value)

    @property
    def exchanges(self) -> list[tuple[bytes, bytes]]:
        """Requests and answers for the diagnosis: some from each test, in order."""
        return [pair for notes in self._noted for pair in notes.in_order()]

    def close(self) -> None:
        super().close()
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.close(self._pidfd)


class CandidateLink(ForkingLine):
    """The process that runs the cells, and the warden above it."""

    def __init__(self, warden: socket.socket, end: socket.socket, limits: Limits) -> None:
        super().__init__(end)
        self._warden = warden
        # What the warden says when it kills, as the end of a sentence about the program.
        self._excesses = {
            b"m": "needed more memory than there is",
            b"f": f"made more files and folders than it may have ({limits.files:,})",
            b"d": f"filled more of the disk than it may use ({limits.disk_mb:,} MB)",
        }
        self.cpu_seconds = 0.0
        self._last_usage, self._asked = Usage(), -FRESH_SECONDS
        self._excess = ""
        try:
            said = self._from_warden(FORK_SECONDS, b"+?")
        except Gone:
            raise ServerError("no candidate could be started: the warden ended") from None
        if said != b"+":
            raise ServerError(f"no candidate could be started: {_words(warden)}")
        # It speaks once unasked, before any student code runs: to say that it is confined.
        end.settimeout(FORK_SECONDS)
        try:
            confined = end.recv(1)
        except OSError:
            confined = b""
        if confined != b"+":
            words = _words(end)
            self.close()
            raise ServerError(f"a candidate could not be confined: {words}")
        end.settimeout(None)

    def _from_warden(self, seconds: float, expected: bytes) -> bytes:
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._warden], [], [], left)[0]:
                raise Gone("could not be stopped")
            byte = self._warden.recv(1)
            if not byte:
                raise Gone("ended")
            self._excess = self._excesses.get(byte, self._excess)
            if byte in expected:
                return byte

    def usage(self) -> Usage:
        """Ask the warden what all processes of the candidate have used, but not all the time."""
        if time.monotonic() - self._asked < FRESH_SECONDS:
            return self._last_usage
        try:
            self._warden.sendall(b"u")
            self._from_warden(FORK_SECONDS, b"u")
            data = b""
            while len(data) < USAGE.size:
                if not (more := self._warden.recv(USAGE.size - len(data))):
                    raise Gone("ended")
                data += more
        except (OSError, Gone):
            return self._last_usage
        cpu, waited = USAGE.unpack(data)
        self._last_usage = Usage(cpu, waited if waited >= 0 else None)
        self._asked = time.monotonic()
        return self._last_usage

    @property
    def excess(self) -> str:
        """What the warden killed it for, such as too much memory; nothing if it did not."""
        with contextlib.suppress(OSError):
            while select.select([self._warden], [], [], 0)[0]:
                byte = self._warden.recv(1)
                if not byte:
                    break
                self._excess = self._excesses.get(byte, self._excess)
        return self._excess

    def end_question(self) -> None:
        """Kill what the last question left behind."""
        try:
            self._warden.sendall(b"q")
            self._from_warden(FORK_SECONDS, b"q")
        except OSError:
            raise Gone("ended") from None

    def close(self) -> None:
        """Kill all its processes; return when none is left."""
        super().close()
        with contextlib.suppress(OSError):
            self._warden.sendall(b"x")
            self._warden.settimeout(FORK_SECONDS)
            said = b""
            while chunk := self._warden.recv(4096):
                said += chunk
            text = said[said.find(b"{") :] if b"{" in said else b"{}"
            self.cpu_seconds = float(json.loads(text).get("cpu", 0.0))
        self._warden.close()


def _words(end: socket.socket) -> str:
    """Read the rest of what trusted code says before it gives up."""
    end.settimeout(1)
    with contextlib.suppress(OSError):
        return end.recv(1000).decode(errors="replace")
    return "no reason given"


def _verified_sender(end: socket.socket, deadline: wire.Deadline) -> int:
    """Return the process id at the other end, as the kernel reports it; its own word is a claim."""
    size = struct.calcsize("3i")

    def receive(flags: int) -> tuple:
        return end.recvmsg(1, socket.CMSG_SPACE(size), flags)

    data, ancillary, _, _ = wire.when_ready(end, select.POLLIN, deadline, receive)
    for level, kind, payload in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and data == b"!":
            pid = struct.unpack("3i", payload[:size])[0]
            # 0 is a process outside our process namespace: never ours to kill.
            if pid > 1 and pid != os.getpid():
                return pid
    raise Gone("ended")
