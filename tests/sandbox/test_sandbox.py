"""Every tier that this machine supports, attacked from inside; the summary names the others.

As root, T1 is tried directly, and T2 and T3 as a separate user; as another user, T2 and T3.
"""

import contextlib
import functools
import json
import os
import re
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from autograder import disk, sandbox
from autograder.sandbox import folders, landlock, mounts, processes, seccomp, syscalls
from autograder.sandbox.isolation import SECCOMP, Isolation, Tier

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

HERE = Path(__file__).parent
IS_ROOT = os.geteuid() == 0
PUBLIC = ["/tmp", "/var/tmp", "/dev/shm"]
# Each tier with this kernel's Landlock, and as on a kernel without it.
CASES = ["T1", "T1 without Landlock", "T1 by uid alone", "T2", "T2 without Landlock", "T3"]


class Inmates:
    """A process that runs inmate.py, as one user of this machine."""

    def __init__(self, ordinary: bool) -> None:
        argv = [sys.executable, "-I", "-B", str(HERE / "inmate.py"), *["ordinary"] * ordinary]
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **setup) -> dict:
        print(json.dumps(setup), file=self._process.stdin, flush=True)
        assert select.select([self._process.stdout], [], [], 120)[0], f"no answer to {setup}"
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


# By whether they run as an ordinary user; started on demand.
INMATES: dict[bool, Inmates] = {}


def ask(ordinary: bool, **setup) -> dict:
    if ordinary not in INMATES:
        INMATES[ordinary] = Inmates(ordinary)
    return INMATES[ordinary].ask(**setup)


@pytest.fixture(scope="module", autouse=True)
def _end_of_inmates() -> Iterator[None]:
    yield
    while INMATES:
        INMATES.popitem()[1].close()


@functools.cache
def found(case: str) -> dict:
    """The isolation of a case, or the reason why it is not available."""
    tier = case[:2]
    if tier == "T1" and not IS_ROOT:
        return {"refused": "it needs root"}
    found = ask(IS_ROOT and tier != "T1", do="probe", tier=tier, landlock="without" not in case)
    if case == "T1 by uid alone" and "refused" not in found:
        layers = [name for name in found["layers"] if name.startswith(("own", "resource"))]
        found |= {"layers": layers, "landlock_abi": 0}
    return found


class Place:
    """A tier as one user of this machine gets it."""

    def __init__(self, case: str) -> None:
        self.isolation = {k: found(case)[k] for k in ["tier", "landlock_abi", "layers", "notes"]}
        self.tier = self.isolation["tier"]
        self.abi = self.isolation["landlock_abi"]
        self.filtered = SECCOMP in self.isolation["layers"]
        self.ordinary = IS_ROOT and self.tier != "T1"

    def ask(self, do: str, **setup):
        return ask(self.ordinary, do=do, isolation=self.isolation, **setup)

    def run(self, name: str, /, limits: dict | None = None, sweep: bool = False, **arguments):
        about = {"arguments": arguments, "limits": limits or {}, "sweep": sweep}
        answer = self.ask("run", name=name, **about)
        assert answer.get("left", []) == []
        return answer


@pytest.fixture(params=CASES)
def place(request) -> Place:
    if reason := found(request.param).get("refused"):
        pytest.skip(f"{request.param} could not be exercised: {reason}")
    return Place(request.param)


@pytest.fixture
def open_folder():
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="unroll-open-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_canary_lives(place, open_folder):
    secrets = open_folder / "hidden"
    secrets.mkdir()
    (secrets / "q1.py").write_text("answer = 42")
    # With Landlock, a candidate cannot even read what all users may read.
    secrets.chmod(0o755 if place.abi else 0o700)
    assert "held" in place.ask("canary", secrets=[str(secrets), str(secrets / "q1.py")])


def test_the_canary_sees_that_nothing_holds():
    """Without a sandbox, as an ordinary user, each attempt can succeed."""
    claimed = {"tier": "T3", "landlock_abi": 7, "layers": ["seccomp"], "notes": []}
    others = Inmates(IS_ROOT)
    answer = others.ask(do="unconfined", isolation=claimed)
    others.close()
    for what in [
        "read /", "read /etc/passwd", "write in /tmp", "by TCP", "by UDP", "an abstract socket",
        "by a datagram", "open a socket", "signal process", "change limits",
        "signal all processes",
    ]:  # fmt: skip
        assert what in answer["refused"]


def test_the_canary_names_a_hidden_test_that_all_can_read(open_folder):
    if not IS_ROOT or "refused" in found("T1 without Landlock"):
        pytest.skip("T1 could not be exercised: it needs root")
    place = Place("T1 without Landlock")
    test = open_folder / "q1.py"
    test.write_text("answer = 42")
    test.chmod(0o644)
    assert f"could: read {test}" in place.ask("canary", secrets=[str(test)])["refused"]
    test.chmod(0o600)
    assert "held" in place.ask("canary", secrets=[str(test)])


def test_honest_work_is_done(place):
    answer = place.run("train", limits={"memory_mb": 4096})
    assert set(answer.get("answer", [answer.get("error")])) >= {
        "array.npy",
        "copy.npy",
        "figure.png",
        "weights.pt",
    }


def test_the_state_of_a_candidate(place):
    answer = place.run("state", limits={"memory_mb": 2000, "processes": 20})
    state = answer["answer"]
    if place.tier == "T1":
        assert set(state["uids"]) == set(state["gids"]) == {answer["uid"]} != {0}
        assert state["limits"][1] == [20, 20]
    assert state["groups"] == [] or not IS_ROOT
    assert state["umask"] == 0o077
    assert state["nice"] >= 5
    assert state["dumpable"] == 0
    assert state["leader"]
    assert Path(state["folder"]).name.startswith("unroll-test-")
    assert state["limits"][0] == [2000 << 20] * 2
    assert state["limits"][2] == [0, 0]


def test_no_process_outlives_its_candidate(place):
    answer = place.run("scatter", limits={"processes": 32})
    assert isinstance(answer.get("answer"), int), answer


@pytest.mark.parametrize("how", ["exit", "segfault"])
def test_a_crash_is_the_candidates_alone(place, how):
    assert place.run("end", how=how)["error"] == "no answer"


def test_memory_has_a_limit(place):
    assert place.run("fill", megabytes=3000, limits={"memory_mb": 2000})["answer"] == "MemoryError"
    assert place.run("fill", megabytes=100, limits={"memory_mb": 2000})["answer"] == "allocated"


def test_no_signal_by_way_of_a_descriptor(place):
    if not place.filtered:
        pytest.skip("the uid protects: the kernel asks for permission when it sends")
    assert place.run("signals_by_owner")["answer"] is True


def test_the_graders_files_stay_as_they_are(place):
    """Even if the candidate runs as the grader's user."""
    answer = place.ask("own file", name="metadata")
    assert answer["same"]
    assert {"truncate", "open", "link", "rename", "unlink"} <= set(answer["answer"])


def test_nothing_is_left_for_the_next_one(place):
    answer = place.run("plant", sweep=True, name=f"unroll-planted-{os.getpid()}")
    expected = [] if place.abi else ["/tmp"] if place.tier == "T2" else PUBLIC
    if not place.filtered:
        expected = [*expected, "shm", "sem", "msg"]
    # What was planted is seen before it is removed.
    assert answer["answer"] == answer["before"] == expected
    assert answer["after"] == []


def test_a_home_of_any_depth_is_removed(place):
    """Deeper than Python recurses, and with paths longer than the kernel takes."""
    assert place.run("dig", sweep=True, name="unroll-deep", depth=1100)["answer"] is None


def test_a_tree_is_removed_but_not_what_its_links_name(tmp_path):
    tree = tmp_path / "tree"
    (tree / "a/b/c").mkdir(parents=True)
    (tree / "a/b/file").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (tree / "link").symlink_to(tmp_path / "kept")
    (tree / "a/b/c").chmod(0o000)
    (tree / "a").chmod(0o000)
    disk.remove_tree(tree)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept/file").exists()
    disk.remove_tree(tmp_path / "nothing")


def test_a_closed_home_is_opened_for_the_server_alone(open_folder):
    if not IS_ROOT or "refused" in found("T1"):
        pytest.skip("T1 could not be exercised: it needs root")
    closed = open_folder / "home"
    for name in ["python/bin", "secret"]:
        (closed / name).mkdir(parents=True)
    (closed / "python/bin/file").write_text("readable")
    (closed / "secret/key").write_text("secret")
    (closed / "latest").symlink_to("python")
    closed.chmod(0o700)
    code = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from autograder.sandbox import folders, mounts, processes
closed = Path({str(closed)!r})
uid = processes.free_uid()
wanted = [closed / "latest/bin", closed / "python"]
before = folders.unreadable(wanted, uid)
covered = mounts.open_closed(wanted)
inside = sorted(str(p.relative_to(closed)) for p in closed.rglob("*"))
try:
    (closed / "python/new").touch()
    readonly = False
except OSError:
    readonly = True
after = folders.unreadable(wanted, uid)
print(json.dumps([before, [str(c) for c in covered], inside, readonly, after]))
"""
    argv = [sys.executable, "-I", "-B", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    before, covered, inside, readonly, after = json.loads(done.stdout)
    assert before and not after
    assert covered == [str(closed)]
    assert inside == ["latest", "python", "python/bin", "python/bin/file"]
    assert readonly
    assert (closed / "secret/key").exists()
    assert str(closed) not in Path("/proc/self/mounts").read_text()


def test_a_plan_shows_only_what_is_needed(open_folder):
    closed = open_folder / "closed"
    (closed / "a/b").mkdir(parents=True)
    (closed / "c").mkdir()
    (closed / "link").symlink_to(closed / "a")
    (open_folder / "venv").symlink_to("closed/link")
    closed.chmod(0o700)
    plan = mounts.plan([closed / "a", open_folder / "venv/b", closed / "link", open_folder])
    assert plan == {closed: ([closed / "a"], {closed / "link": str(closed / "a")})}


def test_a_folder_for_one_user_only_is_found(open_folder):
    package = open_folder / "site-packages/package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch(mode=0o000)
    (package / "notes.txt").touch(mode=0o000)
    uid = processes.free_uid() if IS_ROOT else None
    lost = folders.unreadable([open_folder / "site-packages"], uid)
    assert lost == [str(package / "__init__.py")]
    assert folders.unreadable([open_folder / "nowhere"], uid) == []


# The probe -------------------------------------------------------------------------------------


def test_root_may_not_use_a_tier_whose_limit_on_processes_it_escapes():
    if not IS_ROOT:
        pytest.skip("only root is exempt")
    for tier in [Tier.T2, Tier.T3]:
        with pytest.raises(sandbox.SandboxError, match=f"no {tier.name}: "):
            sandbox.find_tier([], force=tier)


def test_without_any_tier_only_trust_helps(monkeypatch):
    monkeypatch.setattr("autograder.sandbox.probe._try", lambda *_: "the kernel is too old")
    with pytest.raises(sandbox.SandboxError, match="too old") as caught:
        sandbox.find_tier([])
    assert "--trust-submissions" in caught.value.what_now
    isolation = sandbox.find_tier([], trust=True)
    assert isolation.tier is Tier.T4
    assert "too old" in isolation.describe()
    with pytest.raises(sandbox.SandboxError):
        sandbox.find_tier([], trust=True, force=Tier.T3)


def test_a_lower_tier_says_why():
    answers = {Tier.T1: "no CAP_SYS_ADMIN", Tier.T2: Isolation(Tier.T2, 7, ("seccomp",), ())}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.sandbox.probe._try", lambda tier, *_: answers[tier])
        patch.setattr(os, "geteuid", lambda: 0)
        isolation = sandbox.find_tier([])
    assert isolation.describe() == "T2: seccomp (no T1: no CAP_SYS_ADMIN)"


def test_confine_refuses_a_tier_without_its_layers(tmp_path):
    """Each in its own child, as confinement cannot be undone."""
    bare = Isolation(Tier.T3, 0, (SECCOMP,), ())
    for isolation in [bare, replace(bare, tier=Tier.T2, layers=()), replace(bare, tier=Tier.T1)]:
        child = os.fork()
        if child == 0:
            try:
                sandbox.confine(
                    isolation, uid=None, home=tmp_path, readable=[], limits=sandbox.Limits()
                )
            except sandbox.SandboxError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


# The system call filter, on both machines ------------------------------------------------------

EPERM, ENOSYS, IGNORED, ALLOWED, KILLED = 0x50001, 0x50026, 0x50000, 0x7FFF0000, 0x80000000


def judge(machine: str, call: str | int, *arguments: int, same_user=False, arch=None) -> int:
    """Run the filter as the kernel does."""
    program = seccomp.assemble(machine, same_user)
    number = syscalls.NUMBERS[machine][call] if isinstance(call, str) else call
    data = number.to_bytes(4, "little") + (arch or syscalls.AUDIT_ARCH[machine]).to_bytes(
        4, "little"
    )
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data += bytes(8) + b"".join((a & 2**64 - 1).to_bytes(8, "little") for a in padded)
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        if code == 0x20:
            accumulator = int.from_bytes(data[value : value + 4], "little")
        elif code == 0x54:
            accumulator &= value
        elif code == 0x06:
            return value
        else:
            holds = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x45: bool(accumulator & value),
            }[code]
            at += if_true if holds else if_false


@pytest.fixture(params=sorted(syscalls.NUMBERS))
def machine(request) -> str:
    return request.param


def test_the_filter_fits_the_kernel(machine):
    for same_user in [False, True]:
        program = seccomp.assemble(machine, same_user)
        assert len(program) < 4096
        assert all(max(step.if_true, step.if_false) < 256 for step in program)


def test_refused_calls(machine):
    for call in ["kill", "tgkill", "ptrace", "socket", "connect", "mount", "unshare", "keyctl"]:
        assert judge(machine, call) == EPERM
    for call in ["clone3", "io_uring_setup", "memfd_create", "openat2"]:
        assert judge(machine, call) == ENOSYS
    assert judge(machine, "setsid") == IGNORED
    assert judge(machine, syscalls.NEWEST + 1) == ENOSYS


def test_another_machines_calls_are_refused(machine):
    assert judge(machine, 1, arch=0x40000003) == KILLED  # i386
    assert judge(machine, 1, arch=0x40000028) == KILLED  # 32-bit ARM
    for number in [0x40000000 + 101, 0x40000000, 521, 2**32 - 1]:  # x32, in both numberings
        assert judge(machine, number) == ENOSYS


@pytest.mark.parametrize(
    ("call", "arguments", "verdict"),
    [
        ("clone", [0x01200011], ALLOWED),  # fork
        ("clone", [0x003D0F00], ALLOWED),  # a thread
        ("clone", [0x00004111], ALLOWED),  # posix_spawn
        *[
            ("clone", [flag | 17], EPERM)
            for flag in [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 1 << 30]
        ],
        ("clone", [0x8011], EPERM),
        ("socketpair", [1, 1], ALLOWED),
        ("socketpair", [1, 1 | 0o2000000], ALLOWED),
        ("socketpair", [1, 5], ALLOWED),
        ("socketpair", [1, 2], EPERM),  # a datagram may name its receiver
        ("socketpair", [1, 3], EPERM),  # SOCK_RAW is a datagram socket in this family
        ("socketpair", [2, 1], EPERM),
        ("socketpair", [0x1_0000_0002, 1], EPERM),
        ("prlimit64", [0, 7], ALLOWED),
        ("prlimit64", [1, 7], EPERM),
        ("prlimit64", [0x1_0000_0000, 7], ALLOWED),  # the kernel reads the low half: 0
        ("sched_setaffinity", [1], EPERM),
        ("fcntl", [3, 2], ALLOWED),
        ("fcntl", [3, 8], EPERM),
        ("fcntl", [3, 10], EPERM),
        ("fcntl", [3, 0x1_0000_000F], EPERM),
        ("fcntl", [3, 1024], EPERM),
        ("fcntl", [3, 1031, 1 << 20], EPERM),
        ("mmap", [0, 4096, 3, 0x22], ALLOWED),
        ("mmap", [0, 4096, 1, 0x01, 5], ALLOWED),  # a file
        ("mmap", [0, 4096, 3, 0x21], EPERM),
        ("mmap", [0, 4096, 3, 0x8023], EPERM),
        ("setsockopt", [3, 1, 16], ALLOWED),
        ("setsockopt", [3, 1, 7], EPERM),
        ("ioctl", [0, 0x5401], ALLOWED),
        ("ioctl", [0, 0x5412], EPERM),
        ("ioctl", [0, 0x1_0000_5412], EPERM),
        ("openat", [-100, 0, 0o0], ALLOWED),
        ("openat", [-100, 0, 0o1101], ALLOWED),
        ("openat", [-100, 0, 0o1000], EPERM),
        ("openat", [-100, 0, 0o3], EPERM),
    ],
)
def test_calls_judged_by_their_arguments(machine, call, arguments, verdict):
    assert judge(machine, call, *arguments) == verdict


def test_metadata_is_guarded_under_the_graders_user(machine):
    assert judge(machine, "fchmodat") == ALLOWED
    assert judge(machine, "fchmodat", same_user=True) == IGNORED
    assert judge(machine, "utimensat", same_user=True) == IGNORED
    assert judge(machine, "truncate", same_user=True) == EPERM
    assert judge(machine, "fsetxattr", same_user=True) == EPERM


def test_every_name_has_a_number(machine):
    """A misspelled name would refuse nothing."""
    names = {
        name
        for key, text in vars(seccomp).items()
        if key.isupper() and isinstance(text, str)
        for name in text.split()
    }
    known = set().union(*syscalls.NUMBERS.values())
    assert names > {"kill", "setsid", "prlimit64"}
    assert names <= known
    old = {"open", "chmod", "chown", "lchown", "utime", "utimes", "futimesat", "uselib"}
    x86 = {"modify_ldt", "iopl", "ioperm"}
    missing = names - set(syscalls.NUMBERS[machine])
    assert missing == (old | x86) & names - {"open"} if machine == "aarch64" else not missing


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_numbers_are_those_of_the_kernels_headers(machine, header):
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    text = Path(header).read_text()
    pairs = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", text, re.MULTILINE)
    official = {name: int(number) for name, number in pairs}
    ours = syscalls.NUMBERS[machine]
    assert {n: ours[n] for n in ours if n in official} == {
        n: official[n] for n in ours if n in official
    }
    # Calls missing from the headers are newer than they are.
    assert all(ours[n] > max(official.values()) for n in ours if n not in official)


# Landlock, each version ------------------------------------------------------------------------


def test_what_is_hidden_in_a_readable_folder_cannot_be_read(tmp_path):
    if not landlock.kernel_abi():
        pytest.skip("Landlock could not be exercised: this kernel has none")
    given, packages = tmp_path / "given", tmp_path / "given/lib/packages"
    for folder in [packages / "hidden/inner", packages / "open/inner", tmp_path / "outside"]:
        folder.mkdir(parents=True)
        (folder / "file").write_text("x")
    (given / "lib64").symlink_to("lib")  # as in a virtual environment
    (packages / "inner").symlink_to(tmp_path / "outside")
    (packages / "open/way").symlink_to("../hidden")
    child = os.fork()
    if child == 0:
        try:
            from autograder.sandbox import kernel

            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
            landlock.restrict(1, [given], [], None, [(packages / "hidden").resolve()])
            read = []
            for path in ["open/inner", "hidden/inner", "open/way/inner", "inner"]:
                for lib in ["lib", "lib64"]:
                    with contextlib.suppress(PermissionError):
                        read.append((given / lib / "packages" / path / "file").read_text())
            # Python looks for its packages in the folders that it lists.
            os._exit(len(read) if {"hidden", "open"} < set(os.listdir(packages)) else 9)
        finally:
            os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


@pytest.mark.parametrize(
    ("abi", "rights"),
    [
        (1, (0x1FFF, 0, 0)),
        (2, (0x3FFF, 0, 0)),
        (3, (0x7FFF, 0, 0)),
        (4, (0x7FFF, 3, 0)),
        (5, (0xFFFF, 3, 0)),
        (6, (0xFFFF, 3, 3)),
        (7, (0xFFFF, 3, 3)),
    ],
)
def test_a_version_takes_away_all_that_it_can(abi, rights, tmp_path):
    assert landlock.handled(abi) == rights
    if abi > landlock.kernel_abi():
        pytest.skip(f"Landlock ABI {abi} could not be exercised: this kernel has less")
    (tmp_path / "home").mkdir()
    (tmp_path / "outside").write_text("x")
    child = os.fork()
    if child == 0:
        code = 9
        try:
            from autograder.sandbox import kernel

            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
            landlock.restrict(abi, [], [], tmp_path / "home")
            (tmp_path / "home/own").write_text("x")
            code = 8
            (tmp_path / "outside").read_text()
        except PermissionError:
            code -= 8
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Processes and the command ---------------------------------------------------------------------


def test_the_warden_keeps_whom_it_is_told_to():
    code = f"""
import os, sys, time
sys.path.insert(0, {str(ROOT)!r})
from autograder import disk, sandbox
sandbox.become_warden()
def child():
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
    return pid
kept, other = child(), child()
if os.fork() == 0:
    child()
    os._exit(0)
sandbox.kill_descendants(keep={{kept}})
alive = os.waitpid(kept, os.WNOHANG) == (0, 0)
sandbox.kill_descendants()
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print(alive)
"""
    argv = [sys.executable, "-I", "-B", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "True\n", done.stderr


def test_an_own_user_is_nobodys():
    if not IS_ROOT:
        pytest.skip("only root chooses users")
    numbers = {sandbox.free_uid() for _ in range(5)}
    assert len(numbers) == 5
    assert min(numbers) > 60_000
    sandbox.kill_uid(numbers.pop())


def test_bubblewrap_gets_only_what_is_named(tmp_path):
    isolation = Isolation(Tier.T2, 0, (), ())
    command = sandbox.server_command(isolation, ["python", "-c", "pass"], [tmp_path])
    assert command[-4:] == ["--", "python", "-c", "pass"]
    bound = {command[i + 1] for i, word in enumerate(command) if word == "--ro-bind"}
    assert str(tmp_path) in bound
    assert bound.isdisjoint({"/", "/etc", "/home", "/tmp", "/proc", "/dev", str(ROOT)})
    assert "--bind" not in command
    for tier in [Tier.T1, Tier.T3, Tier.T4]:
        assert sandbox.server_command(replace(isolation, tier=tier), ["x"], []) == ["x"]


def test_the_line_for_results():
    isolation = Isolation(Tier.T1, 0, ("own uid", "seccomp"), ("no Landlock",))
    assert isolation.describe() == "T1: own uid + seccomp (no Landlock)"
