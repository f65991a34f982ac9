"""When to give up: a limit of CPU seconds that is cheap to ask for."""

import math
from time import process_time

# Asking the system takes about as long as calling a small function.
ASKED_EVERY = 8


class Patience:
    """CPU seconds of this process, from now on; for ever if not said."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._until = process_time() + seconds
        self._asked = 0

    def is_over(self) -> bool:
        """Return whether they are used up, a little late."""
        self._asked += 1
        return self._asked % ASKED_EVERY == 1 and process_time() >= self._until
