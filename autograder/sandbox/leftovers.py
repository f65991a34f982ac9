"""Files that a candidate left behind: in its home, and where everybody may write."""

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.disk import remove_tree
from autograder.sandbox.isolation import SECCOMP, Isolation, Tier

PUBLIC = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/run/shm", "/var/crash"]
# System V's shared memory, semaphores and message queues; they outlive those who made them.
SYSV = {"shm": "shmctl", "sem": "semctl", "msg": "msgctl"}
_IPC_RMID = 0


def writable(isolation: Isolation, uid: int | None, home: Path) -> Iterator[Path]:
    """Yield what a candidate may have filled: its home, and elsewhere what is its own."""
    if isolation.landlock_abi or isolation.tier in {Tier.T3, Tier.T4}:
        yield home
    elif isolation.tier is Tier.T2:
        yield Path("/tmp")  # the server's own
    else:
        yield home
        for folder in PUBLIC:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        if entry.stat(follow_symlinks=False).st_uid == uid:
                            path = Path(entry.path)
                            if path != home:
                                yield path


def remove_leftovers(
    isolation: Isolation, uid: int | None, keep: Collection[Path] = frozenset()
) -> None:
    """Clean up once a candidate's processes have ended. With Landlock, no files are left.

    T1: what belongs to `uid`, including its home. T2: the server's own /tmp except `keep`.
    """
    if isolation.tier is Tier.T1 and SECCOMP not in isolation.layers:
        _remove_sysv(uid)
    if isolation.landlock_abi:
        return
    if isolation.tier is Tier.T1:
        folders = [folder for folder in PUBLIC if os.path.isdir(folder)]
        command = ["find", *folders, "-xdev", "-depth", "-user", str(uid), "-delete"]
        # Other programs' files come and go meanwhile: a vanished one is not a failure.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elif isolation.tier is Tier.T2:
        for entry in Path("/tmp").iterdir():
            if entry not in keep:
                remove_tree(entry)


def _remove_sysv(uid: int) -> None:
    libc = ctypes.CDLL(None)
    for kind, control in SYSV.items():
        with contextlib.suppress(OSError):
            names, *rows = Path("/proc/sysvipc", kind).read_text().splitlines()
            for row in rows:
                about = dict(zip(names.split(), row.split(), strict=False))
                if str(uid) in {about["uid"], about["cuid"]}:
                    number = int(row.split()[1])  # named shmid, semid, msqid
                    arguments = (0, _IPC_RMID) if kind == "sem" else (_IPC_RMID,)
                    getattr(libc, control)(number, *arguments, None)
