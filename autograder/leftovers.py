"""Files that a candidate left: in its home, and where everybody may write."""

import contextlib
import itertools
import os
import stat
import subprocess
from collections.abc import Collection
from pathlib import Path

from autograder.isolation import Isolation, Tier

PUBLIC = ["/tmp", "/var/tmp", "/dev/shm"]


def remove_leftovers(
    isolation: Isolation, uid: int | None, keep: Collection[Path] = frozenset()
) -> None:
    """After the end of a candidate's processes. Where Landlock was on, there is nothing to do.

    T1: what belongs to `uid`, its home too. T2: all in the server's own /tmp but `keep`.
    """
    if isolation.landlock_abi:
        return
    if isolation.tier is Tier.T1:
        folders = [folder for folder in PUBLIC if os.path.isdir(folder)]
        command = ["find", *folders, "-xdev", "-depth", "-user", str(uid), "-delete"]
        # Other programs' files come and go meanwhile: not finding those again is no failure.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elif isolation.tier is Tier.T2:
        for entry in Path("/tmp").iterdir():
            if entry not in keep:
                remove_tree(entry)


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
