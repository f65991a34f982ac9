"""One of the examiner's lines: requests go out, answers come in, and any failure is a `Gone`."""

import select
import socket
from collections.abc import Callable
from typing import Any

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


class Line:
    """Requests and answers over one socket; what arrives is a claim."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.remote: Any = None  # makes a stand-in for a value that cannot be sent
        self.number: Any = None  # the number behind a stand-in
        # Whether a request and its answer hold no stand-in but a function that is called.
        self.is_by_value: Callable[[dict, Any], bool] = lambda _request, _answer: False
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
            sent = wire.encode(request, opaque=self.number)
            wire.write_frame(self._end, sent, deadline)
            if line is not None:
                socket.send_fds(self._end, [b"!"], [line.fileno()])
            frame = wire.read_frame(self._end, wire.Limits(), deadline)
            self._received += len(frame)
            if self._received > MAX_RECEIVED:
                raise Gone("returned more data than any answer needs")
            answer = wire.decode(frame, handle=self.remote, tensor=wire.torch_tensor)
            self._note(sent, frame, self.is_by_value(request, answer))
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
