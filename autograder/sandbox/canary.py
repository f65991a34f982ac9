"""The canary: an attack from inside the sandbox, before the first submission.

It makes every attempt; if one succeeds, nothing is graded.
"""

import contextlib
import functools
import mmap
import os
import resource
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from autograder.disk import Scratch
from autograder.sandbox import kernel, syscalls, trial
from autograder.sandbox.isolation import BUBBLEWRAP, SECCOMP, Isolation, SandboxError, Tier

_PTRACE_SEIZE = 0x4206
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def send_canary(
    isolation: Isolation,
    run: Callable[[Callable[[], list[str]]], list[str]],
    *,
    secrets: Sequence[Path] = (),
    processes: Sequence[int] = (),
) -> None:
    """Raise SandboxError naming everything that student code could do here but must not.

    `run` calls the function it is given in a candidate and returns its answer. The function is a
    `functools.partial` of `attempt` whose keywords JSON can carry. `secrets` are files or folders
    that no candidate may read; `processes`, like this one, are processes it must not reach.
    """
    if isolation.tier is Tier.T4:
        return
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(Scratch("canary"))
        folder.chmod(0o755)
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text("canary")
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        name = f"unroll-canary-{os.getpid()}-{os.urandom(8).hex()}"
        for kind, prefix in [(socket.SOCK_STREAM, "s-"), (socket.SOCK_DGRAM, "d-")]:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            listener.bind(f"\0{prefix}{name}")
            if kind == socket.SOCK_STREAM:
                listener.listen()
        succeeded = run(
            functools.partial(
                attempt,
                tier=isolation.tier.name,
                landlock_abi=isolation.landlock_abi,
                layers=list(isolation.layers),
                secrets=[str(secret), *(os.path.abspath(path) for path in secrets)],
                processes=[os.getpid(), *processes],
                folder=str(folder),
                port=tcp.getsockname()[1],
                name=name,
            )
        )
        if not _is_as_before(secret):
            succeeded = [*succeeded, f"change {secret}"]
    if succeeded:
        raise SandboxError(
            f"The sandbox ({isolation.describe()}) leaks. Student code could: "
            f"{'; '.join(succeeded)}.",
            "Nothing was graded. Close these (chmod 700 for files), or grade elsewhere.",
        )


def _is_as_before(secret: Path) -> bool:
    try:
        return stat.S_IMODE(secret.stat().st_mode) == 0o600 and secret.read_text() == "canary"
    except OSError:
        return False


def attempt(**setup) -> list[str]:
    """In a candidate: try everything its isolation promises to prevent; return what succeeded."""
    return [what for what, action in _attempts(**setup) if _succeeds(action)]


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        return action() is not False
    except (OSError, MemoryError, ValueError):
        return False


def _attempts(
    tier: str,
    landlock_abi: int,
    layers: list[str],
    secrets: list[str],
    processes: list[int],
    folder: str,
    port: int,
    name: str,
) -> Iterator[tuple[str, Callable[[], object]]]:
    bound = functools.partial
    filtered = SECCOMP in layers
    apart = BUBBLEWRAP in layers
    for path in secrets:
        yield f"read {path}", bound(_read, path)
    yield f"change {secrets[0]}", bound(_append, secrets[0])
    yield f"write in {folder}", bound(_write, f"{folder}/planted")
    if apart or landlock_abi:
        # In bubblewrap, the server has its own /tmp, emptied after each candidate.
        for public in ["/var/tmp", "/dev/shm", *(["/tmp"] if landlock_abi else [])]:
            yield f"write in {public}", bound(_write, f"{public}/unroll-planted-{os.getpid()}")
        for path in ["/", "/home", "/etc/passwd"]:
            if landlock_abi:
                yield f"read {path}", bound(_read, path)
    yield "write in /proc/sys", bound(_open, "/proc/sys/kernel/core_pattern")

    if filtered or apart:
        yield "connect by TCP", bound(socket.create_connection, ("127.0.0.1", port), 5)
        yield "send by UDP", bound(_send_udp, port)
        yield "reach an abstract socket", bound(_connect_unix, f"\0s-{name}")
        yield "reach a socket by a datagram", bound(_send_datagram, f"\0d-{name}")
    if filtered:
        yield "open a socket", socket.socket
        yield "make a user namespace", bound(kernel.unshare, _CLONE_NEWUSER)
        yield "make a network namespace", bound(kernel.unshare, _CLONE_NEWNET)
    yield "become root", bound(os.setresuid, 0, 0, 0) if os.getuid() else bound(os.chroot, "/")
    yield "mount", bound(kernel.mount, "none", os.getcwd(), "tmpfs", 0)

    # In a PID namespace, the id of an outside process means another process, or none.
    for pid in {os.getppid(), *([] if apart else processes)}:
        yield f"signal process {pid}", bound(os.kill, pid, 0)
        yield f"change limits of process {pid}", bound(_change_limits, pid)
        yield f"trace process {pid}", bound(_trace, pid)
        yield f"read the memory of process {pid}", bound(_read, f"/proc/{pid}/mem")
        yield f"read the environment of process {pid}", bound(_read, f"/proc/{pid}/environ")
        yield f"list the files of process {pid}", bound(os.listdir, f"/proc/{pid}/fd")
    if filtered:
        yield "signal all processes", bound(os.kill, -1, 0)

    yield "take more memory than allowed", _exceed_memory
    yield "write a larger file than allowed", _exceed_file
    yield "start more processes than allowed", trial.forks_beyond_limit


def _read(path: str) -> object:
    return os.listdir(path) if os.path.isdir(path) else Path(path).open("rb").read(1)


def _open(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))


def _append(path: str) -> None:
    with open(path, "ab") as file:
        file.write(b"x")


def _write(path: str) -> None:
    _append(path)
    with contextlib.suppress(OSError):
        os.unlink(path)


def _connect_unix(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(address)


def _send_datagram(address: str) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"x", address)


def _send_udp(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", ("127.0.0.1", port))


def _change_limits(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_NOFILE, resource.prlimit(pid, resource.RLIMIT_NOFILE))


def _trace(pid: int) -> None:
    number = {"x86_64": 101, "aarch64": 117}[syscalls.machine()]
    kernel.syscall("ptrace", number, _PTRACE_SEIZE, pid, 0, 0)


def _exceed_memory() -> None:
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    if allowed != resource.RLIM_INFINITY:
        mmap.mmap(-1, allowed, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()


def _exceed_file() -> None:
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    with tempfile.TemporaryFile(dir=".") as file:
        os.truncate(file.fileno(), allowed + 1)
