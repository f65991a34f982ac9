"""Starting the server in its tier, and confining each candidate."""

import contextlib
import os
import platform
import re
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

from autograder.sandbox import bubblewrap, folders, kernel, landlock, mounts, seccomp
from autograder.sandbox.isolation import SECCOMP, Isolation, Limits, SandboxError, Tier
from autograder.sandbox.processes import count_own_threads, free_uid

# On a machine that is too small for everything, the grader comes first.
NICE = 5


def server_command(
    isolation: Isolation, argv: Sequence[str], readable: Sequence[Path]
) -> list[str]:
    """Return the command that starts the server. Descriptors passed to it stay open."""
    if isolation.tier is Tier.T2:
        return bubblewrap.command(argv, readable)
    return list(argv)


def prepare_server(isolation: Isolation, readable: Sequence[Path]) -> list[Path]:
    """Prepare the server before its large imports. Return the closed folders it had to open."""
    kernel.hide_process()
    # Once here rather than in each candidate.
    seccomp.prepare(same_user=isolation.tier is not Tier.T1)
    folders.interpreter()
    if isolation.tier is not Tier.T1:
        return []
    needed = folders.needed(readable)
    uid = free_uid()
    failed = folders.unreadable(needed, uid)
    covered: list[Path] = []
    reason = ""
    if failed:
        try:
            covered = mounts.open_closed(needed)
        except OSError as error:  # root without CAP_SYS_ADMIN, as in most containers
            reason = f", and access could not be opened ({error})"
        else:
            failed = folders.unreadable(needed, uid)
    if failed:
        raise SandboxError(
            f"another user cannot read {failed[0]}, which student code needs{reason}",
            f"Open it and the folders above it to all users, or put Python elsewhere: {failed[0]}",
        )
    return covered


def confine(
    isolation: Isolation,
    *,
    uid: int | None,
    home: Path,
    readable: Sequence[Path],
    limits: Limits,
    hidden: Sequence[Path] = (),
) -> None:
    """Confine the candidate, right after its fork and before any student code, irrevocably.

    `home` becomes the working folder and, in T1, is owned by `uid`. Raises if a step that the tier
    promises fails; the process must then end. With Landlock, nothing in `hidden` can be read.
    """
    parent = os.getppid()
    if os.getsid(0) != os.getpid():
        os.setsid()  # no terminal, and one process group for everything started here
    os.umask(0o077)
    os.nice(NICE)
    with contextlib.suppress(OSError):
        # If memory runs out, this process should be killed, not its warden.
        Path("/proc/self/oom_score_adj").write_text("1000")
    if isolation.tier is Tier.T1:
        if not uid:
            raise SandboxError("Tier T1 needs a user for the candidate.")
        os.chown(home, uid, uid, follow_symlinks=False)
        os.chmod(home, 0o700)
    _limit(limits, _processes_beside(isolation.tier))
    if isolation.tier is Tier.T1:
        _become(uid)
    os.chdir(home)
    if isolation.tier is Tier.T4:
        return
    kernel.drop_capabilities()
    kernel.hide_process()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SandboxError("The warden has ended.")
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if isolation.landlock_abi:
        read = [*folders.SYSTEM, *folders.PROC, *folders.DEVICES_READ]
        read += [*folders.interpreter(), *readable]
        landlock.restrict(isolation.landlock_abi, read, folders.DEVICES_WRITTEN, home, hidden)
    elif isolation.tier is Tier.T3:
        raise SandboxError("Tier T3 needs Landlock.")
    if SECCOMP in isolation.layers:
        seccomp.apply(same_user=isolation.tier is not Tier.T1)
    elif isolation.tier is not Tier.T1:
        raise SandboxError(f"Tier {isolation.tier.name} needs seccomp.")


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid,) * 3 or os.getresgid() != (uid,) * 3 or os.getgroups():
        raise SandboxError(f"The candidate could not become user {uid}.")


def _limit(limits: Limits, beside: int) -> None:
    for what, amount in [
        (resource.RLIMIT_AS, limits.memory_mb << 20),
        (resource.RLIMIT_NPROC, limits.processes + beside),
        (resource.RLIMIT_FSIZE, limits.file_mb << 20),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_RTPRIO, 0),
    ]:
        _, hard = resource.getrlimit(what)
        allowed = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (allowed, allowed))


def _processes_beside(tier: Tier) -> int:
    """Return what RLIMIT_NPROC must allow for the user's processes outside the candidate."""
    if tier is Tier.T1:
        return 0
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if tier is Tier.T2:
        # Since Linux 5.14 each user namespace counts separately; bubblewrap gives the server one.
        recent = release is not None and tuple(map(int, release.groups())) >= (5, 14)
        return count_own_threads() + 8 if recent else 2048
    running = count_own_threads()
    # Other programs of the same user may start threads; the candidate must not fail because of it.
    return running + max(128, running // 4)
