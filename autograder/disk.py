"""Files and folders: never seen half written, private while a run lasts, and gone after it."""

import contextlib
import fcntl
import itertools
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
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


# Folders with others beside them, on one path: whoever nests more of them hides something.
MAX_FORKS = 200


def measure_tree(path: Path, most: int) -> tuple[int, int]:
    """Return how many files and folders are below a path, and their bytes, while they may change.

    Stops beyond `most` of them. Follows no links, and looks into folders that nobody may list.
    """
    count, size = 0, 0
    waiting: list[tuple[int, list[str]]] = []
    top = _enter(path, None)
    if top is None:
        return 0, 0
    try:
        while True:
            inner = []
            with contextlib.suppress(OSError), os.scandir(top) as entries:
                for entry in entries:
                    count += 1
                    if count > most:
                        return count, size
                    if entry.is_dir(follow_symlinks=False):
                        inner.append(entry.name)
                    else:
                        with contextlib.suppress(OSError):
                            size += entry.stat(follow_symlinks=False).st_blocks * 512
            waiting.append((top, inner))
            top = None
            while waiting and top is None:
                folder, names = waiting[-1]
                if names:
                    top = _enter(names.pop(), folder)
                if not names:  # a long chain of single folders keeps none of them open
                    os.close(folder)
                    waiting.pop()
            if top is None:
                return count, size
            if len(waiting) > MAX_FORKS:
                return most + 1, size
    finally:
        for folder in [folder for folder, _ in waiting] + ([] if top is None else [top]):
            with contextlib.suppress(OSError):
                os.close(folder)


def _enter(name: Path | str, parent: int | None) -> int | None:
    """Open a folder; None if it is gone, is no folder any more, or cannot be opened."""
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, os.O_RDONLY | flags, dir_fd=parent)
    except PermissionError:
        # By its descriptor: a path could meanwhile lead somewhere else.
        with contextlib.suppress(OSError):
            folder = os.open(name, os.O_PATH | flags, dir_fd=parent)
            try:
                os.chmod(f"/proc/self/fd/{folder}", 0o700)
                return os.open(f"/proc/self/fd/{folder}", os.O_RDONLY | os.O_CLOEXEC)
            finally:
                os.close(folder)
    except OSError:
        pass
    return None


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


# Removing waits for the disk each time, which many can do at once.
REMOVERS = 16
FEW = 50


def _empty(top: int) -> None:
    # Imported here: every command needs this module, and few remove anything.
    from concurrent.futures import ThreadPoolExecutor

    prefix, numbers = f"unroll-{os.urandom(8).hex()}", itertools.count()

    def flatten(name: str) -> None:
        """Move the folders in this one to the top, and remove it."""
        os.chmod(name, 0o700, dir_fd=top)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(name, flags, dir_fd=top)
        try:
            for inner in _remove_files(folder, map):
                # Moving a folder changes its "..", which needs write permission in it.
                os.chmod(inner, 0o700, dir_fd=folder)
                new = f"{prefix}-{next(numbers)}"
                os.rename(inner, new, src_dir_fd=folder, dst_dir_fd=top)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)

    with ThreadPoolExecutor(REMOVERS) as pool:

        def at_once(function: Callable, *names: Iterable) -> Iterator:
            try:
                return pool.map(function, *names)
            except RuntimeError:  # an interpreter that is about to end starts no threads
                return map(function, *names)

        while folders := _remove_files(top, at_once):
            for _ in (at_once if len(folders) > FEW else map)(flatten, folders):
                pass


def _remove_files(folder: int, each: Callable) -> list[str]:
    """Remove everything in it except folders that hold something; return their names.

    each: maps a function over many names.
    """

    def remove(name: str, is_folder: bool) -> str:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
            return ""
        try:
            # One call instead of six for an empty folder: a candidate may leave thousands.
            os.rmdir(name, dir_fd=folder)
        except OSError:
            return name
        return ""

    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    each = each if len(found) > FEW else map
    return [name for name in each(remove, *zip(*found, strict=True)) if name] if found else []
