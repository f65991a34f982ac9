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
    """Replace a file in one step: a reader finds either the old or the new contents, complete.

    Only its owner can read it (0600). What a killed process leaves behind starts with a dot.
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
# Between its creation and its lock, a folder looks abandoned.
YOUNG_SECONDS = 60.0


class Scratch:
    """A private folder (0700) in the system's temporary folder.

    It stays locked while this process or any of its forks lives. A lock, unlike a process id,
    means the same in every container that shares the disk.
    """

    def __init__(self, kind: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
        self._held = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder and everything in it."""
        remove_tree(self.path)
        os.close(self._held)


def sweep(young_seconds: float = YOUNG_SECONDS) -> None:
    """Remove what killed processes left behind."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # It may belong to another user, not be a folder, or be gone.
        with contextlib.suppress(OSError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(folder).st_mtime >= young_seconds:
                    remove_tree(path)
            finally:
                os.close(folder)


def remove_tree(path: Path) -> None:
    """Remove what a candidate made, once none of its processes is left. Ignore errors.

    `shutil.rmtree` fails on trees thousands of folders deep and on folders that their owner may
    not enter. Here each folder is moved to the top first, so nothing is deep.
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
                    # Moving a folder changes its "..", which needs write permission in it.
                    os.chmod(inner, 0o700, dir_fd=folder)
                    os.rename(inner, next(names), src_dir_fd=folder, dst_dir_fd=top)
            finally:
                os.close(folder)
            os.rmdir(name, dir_fd=top)


def _remove_files(folder: int) -> list[str]:
    """Remove everything in it except folders that hold something; return their names."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                try:
                    # One call instead of six for an empty folder: a candidate may leave 150,000.
                    os.rmdir(entry.name, dir_fd=folder)
                except OSError:
                    folders.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=folder)
    return folders
