"""Files and folders: never seen half written, private while a run lasts, and gone after it."""

import contextlib
import fcntl
import itertools
import os
import stat
import tempfile
import time
from pathlib import Path


def write_atomically(file: Path, contents: bytes) -> None:
    """Replace a file at once: whoever reads it, whenever, finds the old or the new, whole.

    It is its owner's alone, 0600. What a killed process leaves behind begins with a dot.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(contents)
        os.replace(name, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


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


def remove_tree(path: Path) -> None:
    """Remove what a candidate made, when none of its processes is left. Errors are let be.

    A tree thousands of folders deep, or of folders that their owner may not enter, stops
    `shutil.rmtree`. Here each folder met is first moved to the top, so that nothing is deep.
    """
    with contextlib.suppress(OSError):
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
            return
        path.chmod(0o700)
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _empty(top)
        finally:
            os.close(top)
        path.rmdir()


def _empty(top: int) -> None:
    names = (f"unroll-{os.urandom(8).hex()}-{n}" for n in itertools.count())
    while folders := _remove_files(top):
        for name in folders:
            os.chmod(name, 0o700, dir_fd=top)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            folder = os.open(name, flags, dir_fd=top)
            try:
                for inner in _remove_files(folder):
                    # Moving a folder changes its "..", which needs the right to write in it.
                    os.chmod(inner, 0o700, dir_fd=folder)
                    os.rename(inner, next(names), src_dir_fd=folder, dst_dir_fd=top)
            finally:
                os.close(folder)
            os.rmdir(name, dir_fd=top)


def _remove_files(folder: int) -> list[str]:
    """Remove all but the folders in it; their names."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=folder)
    return folders
