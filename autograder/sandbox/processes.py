"""Users and processes of candidates: a separate user for each, and an end to all it started."""

import contextlib
import os
import pwd
import random
import signal
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.sandbox import kernel
from autograder.sandbox.isolation import SandboxError

# Neither range is assigned (systemd's table of users and groups). The second is for containers
# that map only the first 65536 users.
_RANGES = [(1_900_000_000, 2_000_000_000), (60_578, 61_183)]
# Longer than any process takes to die, unless it is stuck in a driver.
PATIENCE_SECONDS = 10.0


def free_uid() -> int:
    """Return a number that no process runs as and no account has as its user or group."""
    source = random.SystemRandom()
    accounts = {entry.pw_uid for entry in pwd.getpwall()} | {e.pw_gid for e in pwd.getpwall()}
    for first, last in _RANGES:
        if not (_mapped("uid_map", first, last) and _mapped("gid_map", first, last)):
            continue
        for _ in range(100):
            uid = source.randrange(first, last)
            if uid not in accounts and not _has_processes(uid):
                return uid
    raise SandboxError(
        "There is no unused user to run student code as: this container has only one user.",
        "Run the grader as an ordinary user of the machine.",
    )


def _mapped(name: str, first: int, last: int) -> bool:
    """Return whether this user namespace has all these numbers."""
    try:
        lines = Path("/proc/self", name).read_text().splitlines()
    except OSError:
        return True
    extents = [(int(fields[0]), int(fields[2])) for fields in map(str.split, lines)]
    return any(start <= first and last <= start + count for start, count in extents)


def _has_processes(uid: int) -> bool:
    try:
        os.getpriority(os.PRIO_USER, uid)
    except ProcessLookupError:
        return False
    return True


def kill_uid(uid: int) -> None:
    """End all processes of a candidate's user.

    Only zombies may remain: they run nothing, and their parents reap them.
    """
    # The killer needs a different user, or its victims could kill it first. That user has no other
    # process, as kill(-1) would end it too.
    killer = free_uid()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _has_processes(uid):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                os.setgroups([])
                os.setresuid(killer, uid, killer)
                # Atomic: no victim can fork between being found and being signalled.
                os.kill(-1, signal.SIGKILL)
            os._exit(0)
        os.waitpid(child, 0)
        if all(state == "Z" for _, state in _processes_of(uid)):
            return
        _wait(deadline, f"Processes of user {uid} do not end.")


def _processes_of(uid: int) -> Iterator[tuple[int, str]]:
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                lines = Path("/proc", entry, "status").read_text(errors="replace").splitlines()
                # A program chooses its name, the first line; the kernel writes the rest.
                fields = dict(line.partition(":\t")[::2] for line in lines[1:])
                if str(uid) in fields["Uid"].split():
                    yield int(entry), fields["State"][0]


def become_warden() -> None:
    """Adopt all orphans below this process, and end when its own parent ends."""
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def kill_descendants(keep: Collection[int] = frozenset()) -> None:
    """End and reap, as a warden, all descendants except `keep`.

    With `keep`, the children of those survive until they are orphans, and so may a process that
    forks and exits without pause. Without it, none survives: candidates cannot leave their group.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while children := [child for child in _children() if child[0] not in keep]:
        for pid, state, group in children:
            with contextlib.suppress(ProcessLookupError):
                if not keep and group != os.getpgrp():
                    os.killpg(group, signal.SIGKILL)
                if state != "Z":
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if keep and time.monotonic() > deadline - PATIENCE_SECONDS + 1:
            return
        _wait(deadline, "Processes of a candidate do not end.")


def _children() -> list[tuple[int, str, int]]:
    """Return the id, state and process group of each child."""
    own = os.getpid()
    found = []
    for pid in _child_numbers(own):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            # A program's name may hold spaces and parentheses; the text after the last one cannot.
            state, parent, group = text.rpartition(")")[2].split()[:3]
            if int(parent) == own:
                found.append((pid, state, int(group)))
    return found


def _child_numbers(own: int) -> list[int]:
    try:
        tasks = os.listdir(f"/proc/{own}/task")
        texts = [Path(f"/proc/{own}/task/{task}/children").read_text() for task in tasks]
        return [int(number) for text in texts for number in text.split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _wait(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise SandboxError(what, "Restart the grader, and check for a stuck file system.")
    time.sleep(0.001)


def count_own_threads() -> int:
    """Count what the kernel counts against RLIMIT_NPROC, as far as /proc shows it."""
    own = os.getuid()
    total = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, KeyError, ValueError):
                lines = Path("/proc", entry, "status").read_text(errors="replace").splitlines()
                fields = dict(line.partition(":\t")[::2] for line in lines[1:])
                if int(fields["Uid"].split()[0]) == own:
                    total += int(fields["Threads"])
    return total
