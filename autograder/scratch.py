"""Folders for the time of a run. Those of killed processes are removed by the next one."""

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

from autograder.leftovers import remove_tree

PREFIX = "unroll-scratch-"
# Between its making and its lock, a folder looks abandoned.
YOUNG_SECONDS = 60.0


class Scratch:
    """A private folder, 0700, below the system's temporary one.

    It is locked as long as this process lives, and those that it forks; a lock, unlike a number of
    a process, means the same in every container that shares the disk.
    """

    def __init__(self, kind: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
        self._held = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        remove_tree(self.path)
        os.close(self._held)


def sweep(young_seconds: float = YOUNG_SECONDS) -> None:
    """Remove what was left by processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # It may be another user's, no folder, or gone.
        with contextlib.suppress(OSError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(folder).st_mtime >= young_seconds:
                    remove_tree(path)
            finally:
                os.close(folder)
