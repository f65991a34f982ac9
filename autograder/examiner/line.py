"""One of the examiner's lines: requests go out, answers come in, and any failure is a `Gone`."""

import select
import socket
from collections.abc import Callable
from typing import Any, Protocol

from autograder import wire

# What one process may return in total. The largest answer, to a training, takes some kilobytes.
MAX_RECEIVED = 256 * 2**20


class Gone(Exception):  # noqa: N818 - a state of the other side, not a mistake
    """The process at the other end is no longer usable; `reason` completes "the program …"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsentArgument(wire.WireError):
    """A test passes an object that cannot be sent to an answer."""


class ServerError(Exception):
    """The grader itself cannot work here. No submission is to blame."""


class Objects(Protocol):
    """What becomes of objects that cannot travel."""

    stand_in: Callable[[int, str], Any] | None  # made for the number and the type of one over there
    number_of: Callable[[Any], int] | None  # of the one behind a stand-in

    def is_by_value(self, request: dict, answer: Any) -> bool:
        """Say whether a function was called, and neither got nor returned an object."""


class NoObjects:
    """For a line on which only plain values travel."""

    stand_in = number_of = None

    def is_by_value(self, _request: dict, _answer: Any) -> bool:
        return False


class Line:
    """Requests and answers over one socket; what arrives is a claim."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.objects: Objects = NoObjects()
        self._gone: Gone | None = None
        self._received = 0

    def ask(self, request: dict, deadline: float, line: socket.socket | None = None) -> dict:
        """Send a request and return the answer. After a Gone the line is dead.

        If the request concerns a `line` to a third process, send its end along.
        """
        if self._gone is None:
            try:
                return self._ask(request, deadline, line)
            except Gone as gone:
                self._gone = gone
        raise self._gone

    @property
    def is_dead(self) -> bool:
        """Whether it ended in a Gone, which a test may have swallowed."""
        return self._gone is not None

    def _note(self, request: bytes, answer: bytes, by_value: bool) -> None:
        """Do nothing; a subclass may record the exchange; `by_value`: without any object."""

    def _ask(self, request: dict, deadline: float, line: socket.socket | None) -> dict:
        self.expect_silence()
        try:
            sent = wire.encode(request, opaque=self.objects.number_of)
            wire.write_frame(self._end, sent, deadline)
            if line is not None:
                socket.send_fds(self._end, [b"!"], [line.fileno()])
            frame = wire.read_frame(self._end, wire.Limits(), deadline)
            self._received += len(frame)
            if self._received > MAX_RECEIVED:
                raise Gone("returned more data than any answer needs")
            answer = wire.decode(frame, handle=self.objects.stand_in, tensor=wire.torch_tensor)
            self._note(sent, frame, self.objects.is_by_value(request, answer))
        except wire.Closed:
            raise Gone("ended") from None
        except wire.Late:
            raise Gone("did not finish in time") from None
        except UnsentArgument:
            raise
        except wire.WireError:
            # Always the same words: lengths and counts could reveal a hidden input.
            raise Gone("returned something that cannot be sent here") from None
        except OSError:
            raise Gone("ended") from None
        if not isinstance(answer, dict):
            raise Gone("sent something that is not an answer")
        return answer

    def expect_silence(self) -> None:
        """Raise a Gone if something has arrived unasked."""
        if select.select([self._end], [], [], 0)[0]:
            # Either an answer sent ahead of its question, or the end of the stream.
            raise Gone("ended" if self.is_closed() else "spoke without being asked")

    def is_closed(self) -> bool:
        """Return whether the other end has hung up."""
        try:
            return not self._end.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def close(self) -> None:
        """Hang up."""
        self._end.close()
