"""Runs hostile or honest code in the sandbox. Started by test_sandbox.py, as any user.

    python -I inmate.py '{"do": "probe" | "canary" | "run" | "serve" | "unconfined", …}'

Prints one JSON value.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


from autograder import disk, sandbox  # noqa: E402
from autograder.package import own_files  # noqa: E402
from autograder.sandbox import canary, folders, kernel, mounts  # noqa: E402
from autograder.sandbox.isolation import Isolation  # noqa: E402

SEQLAB = ROOT / "assignments/seqlab"
READABLE = [SEQLAB]


def thaw(record: dict) -> Isolation:
    return Isolation(
        sandbox.Tier[record["tier"]],
        record["landlock_abi"],
        tuple(record["layers"]),
        tuple(record["notes"]),
    )


def freeze(isolation: Isolation) -> dict:
    return {
        "tier": isolation.tier.name,
        "landlock_abi": isolation.landlock_abi,
        "layers": isolation.layers,
        "notes": isolation.notes,
    }


# What the candidate does -----------------------------------------------------------------------


def attempt(**setup):
    return canary.attempt(**setup)


def train():
    """Honest work: what notebooks do."""
    sys.path.append(str(SEQLAB.parent))
    import matplotlib.pyplot as plt
    import numpy as np
    import seqlab  # noqa: F401
    import torch
    from IPython.core.interactiveshell import InteractiveShell

    torch.set_num_threads(1)
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(3, 5)
    optimizer = torch.optim.Adam(lstm.parameters(), lr=0.01)
    inputs = torch.ones(7, 2, 3)
    losses = []
    for _ in range(5):
        outputs, _ = lstm(inputs)
        loss = (outputs - 0.5).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    torch.save(lstm.state_dict(), "weights.pt")
    assert np.allclose(np.linalg.inv(np.eye(3)), np.eye(3))
    np.save("array.npy", np.eye(3))
    shutil.copy("array.npy", "copy.npy")  # sets the mode, which two tiers ignore
    figure, axes = plt.subplots()
    axes.plot(losses)
    figure.savefig("figure.png")
    shell = InteractiveShell.instance()
    assert shell.run_cell("%timeit -n 1 -r 1 sum(range(10))\nx = 3").success
    assert shell.user_ns["x"] == 3
    pid = os.fork()
    if pid == 0:
        os._exit(int(lstm(inputs)[0].shape != (7, 2, 5)))
    assert os.waitpid(pid, 0)[1] == 0
    code = "import json, numpy; print(numpy.ones(3).sum())"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.stdout == "3.0\n", done.stderr
    done = subprocess.run("echo $((20 + 3)) | cat", shell=True, capture_output=True, text=True)
    assert done.stdout == "23\n", done.stderr
    subprocess.run(["/bin/true"], check=True, start_new_session=True)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1)
    assert callback(1) == 2
    import asyncio

    assert asyncio.run(asyncio.sleep(0, "awake")) == "awake"
    return sorted(path.name for path in Path().iterdir() if path.suffix != ".json")


def state():
    limits = [resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CORE]
    return {
        "uids": os.getresuid(),
        "gids": os.getresgid(),
        "groups": os.getgroups(),
        "folder": os.getcwd(),
        "umask": os.umask(0o077),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "dumpable": kernel.prctl(kernel.PR_GET_DUMPABLE),
        "limits": [resource.getrlimit(limit) for limit in limits],
        "leader": os.getpgid(0) == os.getpid(),
    }


def metadata(path: str):
    """Change everything but the contents of a readable file that the grader's user owns."""
    refused = []
    with open(path, "rb") as file:
        for name, action in {
            "chmod": lambda: os.chmod(path, 0),
            "fchmod": lambda: os.fchmod(file.fileno(), 0),
            "utime": lambda: os.utime(path, (0, 0)),
            "xattr": lambda: os.setxattr(path, "user.unroll", b"x"),
            "truncate": lambda: os.truncate(path, 0),
            "open": lambda: os.close(os.open(path, os.O_RDONLY | os.O_TRUNC)),
            "open for nothing": lambda: os.close(os.open(path, 3 | os.O_TRUNC)),
            "link": lambda: os.link(path, "link"),
            "rename": lambda: os.rename(path, "renamed"),
            "unlink": lambda: os.unlink(path),
        }.items():
            try:
                action()
            except OSError:
                refused.append(name)
    return refused


def signals_by_owner():
    """F_SETOWN and F_SETSIG would make the kernel send any signal to any process."""
    one, _ = socket.socketpair()
    refused = []
    for command, argument in [(fcntl.F_SETOWN, os.getppid()), (fcntl.F_SETSIG, signal.SIGKILL)]:
        try:
            fcntl.fcntl(one, command, argument)
        except PermissionError:
            refused.append(command)
    return len(refused) == 2


def scatter(seconds: float = 60.0):
    """Leave orphans in every known way: double fork, new session, an endless chain of forks."""
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(seconds)
            os._exit(0)
    if os.fork() == 0:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(BlockingIOError):
                if os.fork():
                    os._exit(0)
        os._exit(0)
    time.sleep(0.1)
    return os.getpid()


def end(how: str):
    {"exit": lambda: os._exit(3), "segfault": lambda: ctypes.string_at(0)}[how]()


def plant(name: str):
    """Leave something for the next one in every known place; return where that worked."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = []
    for public in ["/tmp", "/var/tmp", "/dev/shm"]:
        with contextlib.suppress(OSError):
            Path(public, name).write_text("for the next one")
            Path(public, name + "-folder").mkdir()
            Path(public, name + "-folder", "file").write_text("for the next one")
            made.append(public)
    for kind, arguments in {"shm": (4096, 0o1600), "sem": (1, 0o1600), "msg": (0o1600,)}.items():
        if getattr(libc, f"{kind}get")(0, *arguments) >= 0:
            made.append(kind)
    if libc.mq_open(f"/{name}".encode(), os.O_CREAT | os.O_RDWR, 0o600, None) >= 0:
        made.append("mq")
    return made


def planted(name: str, uid: int | None):
    """Return where something of the candidate is."""
    found = [p for p in ["/tmp", "/var/tmp", "/dev/shm"] if list(Path(p).glob(f"{name}*"))]
    for kind in ["shm", "sem", "msg"]:
        with contextlib.suppress(OSError):
            rows = Path("/proc/sysvipc", kind).read_text().splitlines()[1:]
            found += [kind] * any(str(uid) in row.split() for row in rows)
    return found


def dig(depth: int):
    """A home that is hard to remove."""
    for number in range(depth):
        os.mkdir("x")
        Path(f"file{number % 3}").touch()
        os.chdir("x")
    os.mkdir("closed", 0)


def fill(megabytes: int):
    try:
        bytearray(megabytes << 20)
    except MemoryError:
        return "MemoryError"
    return "allocated"


def nothing():
    return None


# What the trusted side does --------------------------------------------------------------------


def serve(setup: dict):
    """Server, warden and candidate, as in grading."""
    isolation = thaw(setup["isolation"])
    readable = [*READABLE, *map(Path, setup.get("readable", []))]
    sandbox.prepare_server(isolation, readable)
    for module in setup.get("modules", []):
        __import__(module)
    sandbox.become_warden()
    limits = sandbox.Limits(**setup.get("limits", {}))
    uid = sandbox.free_uid() if isolation.tier is sandbox.Tier.T1 else None
    home = Path(tempfile.mkdtemp(prefix="unroll-test-"))
    reading, writing = os.pipe()
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            os.environ.update(HOME=str(home), MPLCONFIGDIR=str(home), MPLBACKEND="Agg")
            os.environ.update(OMP_NUM_THREADS="1", IPYTHONDIR=str(home))
            tempfile.tempdir = None
            sandbox.confine(isolation, uid=uid, home=home, readable=readable, limits=limits)
            confined = (time.perf_counter() - started) * 1000
            answer = {"answer": globals()[setup["name"]](**setup.get("arguments", {}))}
        except BaseException as error:
            confined = None
            answer = {"error": f"{type(error).__name__}: {error}"}
        os.write(writing, (json.dumps({**answer, "ms": confined}) + "\n").encode())
        os._exit(0)
    os.close(writing)
    text = b""
    while not text.endswith(b"\n"):  # an orphan may hold the pipe open
        if not (more := os.read(reading, 65536)):
            break
        text += more
    sandbox.kill_descendants()
    left = []
    if uid is not None:
        sandbox.kill_uid(uid)
    left += [entry for entry in os.listdir("/proc") if entry.isdigit() and _is_below(entry, uid)]
    name = setup.get("arguments", {}).get("name", "nothing")
    before = planted(name, uid)
    sandbox.remove_leftovers(isolation, uid, [home])
    after = planted(name, uid)
    disk.remove_tree(home)
    assert not home.exists()
    answer = json.loads(text) if text else {"error": "no answer"}
    return answer | {"left": left, "before": before, "after": after, "uid": uid}


def _is_below(entry: str, uid: int | None) -> bool:
    try:
        fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
        owner = os.stat(f"/proc/{entry}").st_uid
    except OSError:
        return False
    return int(fields[1]) == os.getpid() or (uid is not None and owner == uid)


def run(setup: dict) -> dict:
    argv = [sys.executable, "-I", "-B", __file__, json.dumps(setup | {"do": "serve"})]
    package = [*own_files(), Path(__file__)]
    package += map(Path, setup.get("readable", []))
    argv = sandbox.server_command(thaw(setup["isolation"]), argv, [*READABLE, *package])
    environment = {"PATH": "/usr/bin:/bin", "SECRET": "canary", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        argv, capture_output=True, text=True, env=environment, timeout=100, check=False
    )
    if not done.stdout:
        return {"error": f"{done.returncode}: {done.stderr}"}
    return json.loads(done.stdout)


def become_ordinary(then: dict):
    """As root: run as a user unknown to the machine, with access to Python."""
    uid = sandbox.free_uid()
    mounts.open_closed([*folders.interpreter(), ROOT])
    if failed := folders.unreadable([*folders.interpreter(), ROOT / "autograder"], uid):
        return {"refused": f"another user cannot read {failed[0]}"}
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    argv = [sys.executable, "-I", "-B", __file__, json.dumps(then)]
    return json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)


def run_on_own_file(setup: dict) -> dict:
    """Run with a readable file of this user in reach; return what became of it."""
    folder = Path(tempfile.mkdtemp(prefix="unroll-own-"))
    folder.chmod(0o755)
    path = folder / "file"
    path.write_text("own")
    path.chmod(0o644)

    def look() -> list:
        status = path.stat()
        times = [status.st_mtime_ns, status.st_nlink, status.st_ino]
        return [oct(status.st_mode), status.st_uid, path.read_text(), *times, os.listxattr(path)]

    before = look()
    answer = run(setup | {"readable": [str(folder)], "arguments": {"path": str(path)}})
    same = path.exists() and look() == before and os.listdir(folder) == ["file"]
    shutil.rmtree(folder)
    return answer | {"same": same}


def main(setup: dict):
    sandbox.hide_process()
    if setup["do"] == "serve":
        return serve(setup)
    if setup["do"] == "run":
        return run(setup)
    if setup["do"] == "own file":
        return run_on_own_file(setup)
    if setup["do"] == "ordinary":
        return become_ordinary(setup["then"])
    try:
        if setup["do"] == "probe":
            force = sandbox.Tier[setup["tier"]]
            found = sandbox.find_tier(READABLE, force=force, use_landlock=setup["landlock"])
            return freeze(found) | {"who": os.getuid(), "line": found.describe()}

        def run_it(function):
            if setup["do"] == "unconfined":
                return function()
            request = {"isolation": setup["isolation"], "name": "attempt"}
            answer = run(request | {"arguments": function.keywords})
            if "answer" not in answer:
                raise RuntimeError(str(answer))
            return answer["answer"]

        secrets = [Path(path) for path in setup.get("secrets", [])]
        sandbox.send_canary(
            thaw(setup["isolation"]), run_it, secrets=secrets, processes=[os.getppid()]
        )
    except sandbox.SandboxError as error:
        return {"refused": str(error)}
    return {"held": asdict(thaw(setup["isolation"]))["layers"]}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
