"""Frames over a socket: a whole frame passes, or an error says what the other side did."""

import math
import select
import socket
import time
from collections.abc import Callable
from typing import Any, Protocol

from autograder.wire.values import LENGTHS, Limits, WireError, frame_lengths

# As a number: an enum takes longer to combine than the call itself takes.
AT_ONCE = int(socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
LONGEST_POLL = 60.0  # seconds; poll() takes milliseconds in a C int


class Limit(Protocol):
    """A deadline that is not a moment: a budget of CPU time, say."""

    def left(self) -> float:
        """Return after how many seconds to look again; 0 when it is reached."""


# A value of `time.monotonic()`, or whoever knows; None waits for ever.
Deadline = float | Limit | None


class Closed(WireError):  # noqa: N818 - what the other side did, not a mistake
    """The other side closed the connection."""


class Late(WireError):  # noqa: N818 - what the clock says, not a mistake
    """The deadline passed."""


def write_frame(sock: socket.socket, frame: bytes, deadline: Deadline) -> None:
    """Send a whole frame. `deadline` is a value of `time.monotonic()`; None waits forever."""
    rest = memoryview(frame)

    def send(flags: int) -> int:
        return sock.send(rest, flags)

    while rest:
        rest = rest[when_ready(sock, select.POLLOUT, deadline, send) :]


def read_frame(sock: socket.socket, limits: Limits, deadline: Deadline) -> bytes:
    """Receive one frame, and not a byte more.

    It goes by the lengths instead of reading to the end: a stray process may keep the stream open.
    """
    head = _read(sock, LENGTHS.size, deadline)
    return head + _read(sock, sum(frame_lengths(head, limits)), deadline)


def _read(sock: socket.socket, size: int, deadline: Deadline) -> bytes:
    buffer = bytearray(size)
    rest = memoryview(buffer)

    def receive(flags: int) -> int:
        return sock.recv_into(rest, 0, flags)

    while rest:
        received = when_ready(sock, select.POLLIN, deadline, receive)
        if received == 0:
            raise Closed("the other side closed the connection")
        rest = rest[received:]
    return bytes(buffer)


def _left(deadline: Deadline) -> float:
    if deadline is None:
        return LONGEST_POLL
    return deadline - time.monotonic() if isinstance(deadline, float) else deadline.left()


def when_ready(
    sock: socket.socket, event: int, deadline: Deadline, act: Callable[[int], Any]
) -> Any:
    """Act once, without blocking and without changing the socket's mode, which may be shared."""
    while True:
        left = _left(deadline)
        if left <= 0:
            raise Late("the deadline passed")
        try:
            return act(AT_ONCE)
        except (BlockingIOError, TimeoutError):
            pass
        except ConnectionError as error:
            raise Closed("the other side closed the connection") from error
        except OSError as error:
            raise WireError(f"the connection failed: {error}") from error
        poll = select.poll()
        poll.register(sock, event)
        poll.poll(math.ceil(min(left, LONGEST_POLL) * 1000))
