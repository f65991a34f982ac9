"""The trial of a tier: a server and a candidate, set up as for grading, check their limits."""

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.disk import Scratch
from autograder.sandbox import folders
from autograder.sandbox.confinement import confine, prepare_server
from autograder.sandbox.isolation import SECCOMP, Isolation, Limits, SandboxError, Tier
from autograder.sandbox.processes import become_warden, free_uid, kill_descendants, kill_uid

# A trial needs little memory.
_LIMITS = Limits(memory_mb=1024, processes=8, file_mb=1, open_files=64, cpu_seconds=30)
# So many processes are started to see whether there is a limit.
_FEW = 4


def trial(text: str) -> None:
    """Run the server's part of a trial in its own process; answer on standard output."""
    setup = json.loads(text)
    tier = Tier[setup["tier"]]
    isolation = Isolation(tier, setup["landlock_abi"], tuple(setup["layers"]), ())
    readable = [Path(path) for path in setup["readable"]]
    try:
        covered = [str(path) for path in prepare_server(isolation, readable)]
        become_warden()
        scratch = Scratch("trial")
        home = scratch.path
        try:
            uid = free_uid() if isolation.tier is Tier.T1 else None
            reason = in_child(lambda: _check(isolation, uid, home, readable))
            kill_descendants()
            if uid is not None:
                kill_uid(uid)
        finally:
            scratch.remove()
        answer = {"covered": covered, "failed": reason}
    except (OSError, SandboxError) as error:
        answer = {"failed": error.what if isinstance(error, SandboxError) else str(error)}
    print(json.dumps(answer))


def _check(
    isolation: Isolation, uid: int | None, home: Path, readable: Sequence[Path]
) -> str | None:
    """As a candidate, return what is wrong, or None."""
    confine(isolation, uid=uid, home=home, readable=readable, limits=_LIMITS)
    Path("trial").write_text("written")
    Path("/dev/null").write_text("written")
    if isolation.landlock_abi and allowed(lambda: os.listdir("/")):
        return "Landlock refuses nothing"
    if SECCOMP in isolation.layers and allowed(socket.socket):
        return "seccomp refuses nothing"
    if failed := folders.unreadable(folders.needed(readable), None):
        return f"student code cannot read {failed[0]}"
    if forks_beyond_limit():
        who = "root is exempt from" if os.getuid() == 0 else "nothing enforces"
        return f"{who} the limit on processes"
    return None


def forks_beyond_limit() -> bool:
    """Return whether this process may start more than RLIMIT_NPROC; try only one more.

    The limit is lowered meanwhile: forks cost time, and who is exempt from few is so from many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft == resource.RLIM_INFINITY:
        return True
    count = min(soft, _FEW)
    reading, writing = os.pipe()
    started = []
    refused = False
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (count, hard))
        for _ in range(count + 1):
            pid = os.fork()
            if pid == 0:
                os.close(writing)
                os.read(reading, 1)
                os._exit(0)
            started.append(pid)
    except BlockingIOError:
        refused = True
    finally:
        os.close(writing)  # the children read end-of-file and exit
        os.close(reading)
        for pid in started:
            os.waitpid(pid, 0)
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))
    return not refused


def allowed(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return False
    return True


def in_child(function: Callable[[], str | None]) -> str | None:
    """Run the function in a child process; return its result, or what stopped it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(reading)
            try:
                result = function()
            except Exception as error:
                result = f"{type(error).__name__}: {error}"
            os.write(writing, json.dumps([result]).encode()[:4096])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        code = os.waitstatus_to_exitcode(status)
        return f"it ended with {signal.Signals(-code).name if code < 0 else code}"
    return json.loads(answer)[0]
