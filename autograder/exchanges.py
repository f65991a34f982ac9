"""What was asked and answered in a test, as far as a diagnosis repeats it."""

from collections import deque

# At the beginning and at the end of each test; a gradient check calls a function hundreds of times.
MAX_NOTED_CALLS = 8
MAX_NOTED = 200
# Of a process's exchanges; an ordinary one has some kilobytes.
MAX_NOTED_BYTES = 4 * 2**20


class Exchanges:
    """The first requests and answers of a test, and the last: with these it failed, if it failed.

    Calls are counted. What leads to them, such as the parameters of a model one by one, is cheap
    to repeat, and without it nobody knows what the calls are about.
    """

    def __init__(self) -> None:
        self.first: list[tuple[bytes, bytes]] = []
        self.last: deque[tuple[bytes, bytes]] = deque()
        self._calls = 0
        self._is_call: deque[bool] = deque()

    def add(self, request: bytes, answer: bytes, is_call: bool) -> None:
        """Keep one, or not; `is_call`: whether it called a function."""
        if len(request) + len(answer) > MAX_NOTED_BYTES // 8:
            return
        self._calls += is_call
        if self._calls <= MAX_NOTED_CALLS and len(self.first) < MAX_NOTED:
            self.first.append((request, answer))
            return
        self.last.append((request, answer))
        self._is_call.append(is_call)
        while sum(self._is_call) > MAX_NOTED_CALLS or len(self.last) > MAX_NOTED:
            self.last.popleft()
            self._is_call.popleft()
