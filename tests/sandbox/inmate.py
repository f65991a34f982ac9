"""Runs hostile or honest code in the sandbox. Started by test_sandbox.py, once for each user.

    python -I inmate.py [ordinary]

Answers each line of standard input, {"do": "probe" | "canary" | "run" | …, …}, by a line of JSON.
As in grading, there is one warm server for each tier, which forks a candidate for each run.
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
from autograder.candidate.server import warm  # noqa: E402
from autograder.package import own_files  # noqa: E402
from autograder.sandbox import canary, folders, kernel, mounts  # noqa: E402
from autograder.sandbox.isolation import Isolation  # noqa: E402

SEQLAB = ROOT / "assignments/seqlab"
sys.path.append(str(SEQLAB.parent))
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


def dig(name: str, depth: int):
    """A home that is hard to remove."""
    for number in range(depth):
        os.mkdir(name)
        Path(f"file{number % 3}").touch()
        os.chdir(name)
    os.mkdir("closed", 0)


def fill(megabytes: int):
    try:
        bytearray(megabytes << 20)
    except MemoryError:
        return "MemoryError"
    return "allocated"


# What the trusted side does --------------------------------------------------------------------


def serve(tier: str, *readable: str):
    """Be the server of a tier: answer each line by what became of one candidate."""
    sandbox.load_all()
    folders_read = [*READABLE, *map(Path, readable)]
    sandbox.prepare_server(Isolation(sandbox.Tier[tier], 0, (), ()), folders_read)
    warm(["numpy", "torch"])
    sandbox.become_warden()
    for line in sys.stdin:
        print(json.dumps(look_after(json.loads(line), folders_read)), flush=True)


def look_after(setup: dict, readable: list[Path]) -> dict:
    """Warden and candidate, as in grading."""
    isolation = thaw(setup["isolation"])
    limits = sandbox.Limits(**setup.get("limits", {}))
    uid = sandbox.free_uid() if isolation.tier is sandbox.Tier.T1 else None
    home = Path(tempfile.mkdtemp(prefix="unroll-test-"))
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            os.environ.update(HOME=str(home), MPLCONFIGDIR=str(home), IPYTHONDIR=str(home))
            tempfile.tempdir = None
            sandbox.confine(isolation, uid=uid, home=home, readable=readable, limits=limits)
            answer = {"answer": globals()[setup["name"]](**setup.get("arguments", {}))}
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        os.write(writing, (json.dumps(answer) + "\n").encode())
        os._exit(0)
    os.close(writing)
    text = b""
    while not text.endswith(b"\n"):  # an orphan may hold the pipe open
        if not (more := os.read(reading, 65536)):
            break
        text += more
    os.close(reading)
    sandbox.kill_descendants()
    left = []
    if uid is not None:
        sandbox.kill_uid(uid)
    left += [entry for entry in os.listdir("/proc") if entry.isdigit() and _is_below(entry, uid)]
    answer = json.loads(text) if text else {"error": "no answer"}
    if setup.get("sweep"):  # on request only: it looks at every file in /tmp
        name = setup["arguments"]["name"]
        before = planted(name, uid)
        sandbox.remove_leftovers(isolation, uid, [home])
        answer |= {"before": before, "after": planted(name, uid)}
    disk.remove_tree(home)
    assert not home.exists()
    return answer | {"left": left, "uid": uid}


def _is_below(entry: str, uid: int | None) -> bool:
    try:
        fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
        owner = os.stat(f"/proc/{entry}").st_uid
    except OSError:
        return False
    return int(fields[1]) == os.getpid() or (uid is not None and owner == uid)


class Server:
    """The server of a tier, as a child of this process, with a folder that it may read."""

    def __init__(self, tier: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="unroll-server-"))
        self._folder.chmod(0o711)
        self.own = self._folder / "own"
        self.own.mkdir()
        self.own.chmod(0o755)
        argv = [sys.executable, "-I", "-B", __file__, "serve", tier, str(self.own)]
        readable = [*READABLE, *own_files(), Path(__file__), self.own]
        isolation = Isolation(sandbox.Tier[tier], 0, (), ())
        home = "/tmp" if tier == "T2" else str(self._folder)
        environment = {"PATH": "/usr/bin:/bin", "SECRET": "canary", "OMP_NUM_THREADS": "1"}
        environment |= {"HOME": home, "IPYTHONDIR": home, "MPLCONFIGDIR": home}
        self._process = subprocess.Popen(
            sandbox.server_command(isolation, argv, readable),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, setup: dict) -> dict:
        print(json.dumps(setup), file=self._process.stdin, flush=True)
        if not (line := self._process.stdout.readline()):
            return {"error": f"the server ended with {self._process.wait()}"}
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder)


SERVERS: dict[str, Server] = {}


def server(tier: str) -> Server:
    if tier not in SERVERS:
        SERVERS[tier] = Server(tier)
    return SERVERS[tier]


def run(setup: dict) -> dict:
    return server(setup["isolation"]["tier"]).ask(setup)


def become_ordinary() -> None:
    """As root: go on as a user unknown to the machine, with access to Python."""
    uid = sandbox.free_uid()
    mounts.open_closed([*folders.interpreter(), ROOT])
    if failed := folders.unreadable([*folders.interpreter(), ROOT / "autograder"], uid):
        print(json.dumps({"refused": f"another user cannot read {failed[0]}"}))
        sys.exit(1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execv(sys.executable, [sys.executable, "-I", "-B", __file__])


def run_on_own_file(setup: dict) -> dict:
    """Run with a readable file of this user in reach; return what became of it."""
    folder = server(setup["isolation"]["tier"]).own
    path = folder / "file"
    path.write_text("own")
    path.chmod(0o644)

    def look() -> list:
        status = path.stat()
        times = [status.st_mtime_ns, status.st_nlink, status.st_ino]
        return [oct(status.st_mode), status.st_uid, path.read_text(), *times, os.listxattr(path)]

    before = look()
    answer = run(setup | {"arguments": {"path": str(path)}})
    same = path.exists() and look() == before and os.listdir(folder) == ["file"]
    return answer | {"same": same}


def respond(setup: dict) -> dict:
    if setup["do"] == "run":
        return run(setup)
    if setup["do"] == "own file":
        return run_on_own_file(setup)
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


def main(who: str = "", *about: str) -> None:
    if who == "serve":
        serve(*about)
        return
    if who == "ordinary":
        become_ordinary()
    sandbox.hide_process()
    for line in sys.stdin:
        print(json.dumps(respond(json.loads(line))), flush=True)
    for each in SERVERS.values():
        each.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
