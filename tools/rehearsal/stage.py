"""A stand-in for Gradescope: its folders, filled as it does, and runs of the autograder."""

import contextlib
import ctypes
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# Gradescope's defaults.
MEMORY_MB = 768
MINUTES = 10
SAMPLE_SECONDS = 0.1
PR_SET_CHILD_SUBREAPER = 36
# Where setup.sh installs everything.
OPT = Path("/opt/unroll")
# Shows a folder as /opt/unroll to the program that it starts, and to nobody else.
WITH_OPT = f'mount --bind "$1" {OPT}; shift; exec "$@"'

# As Gradescope documents it. A submission must not be able to read the results in it.
METADATA = {
    "id": 1,
    "created_at": "2026-01-01T12:00:00.000000-00:00",
    "assignment": {"id": 1, "title": "A rehearsal", "total_points": "100.0"},
    "submission_method": "upload",
    "users": [{"email": "student@example.edu", "id": 1, "name": "A Student"}],
    "previous_submissions": [
        {"submission_time": "2026-01-01T11:00:00.000000-00:00", "score": 0.0, "results": {}}
    ],
}


@dataclass(frozen=True)
class Run:
    """The outcome of one run. `ended` says why it was stopped, if it was."""

    exit_code: int
    ended: str
    seconds: float
    peak_mb: float
    output: str
    results: bytes | None
    left_over: tuple[str, ...]
    open_folders: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """`base` stands for /autograder; `inside` is its path as seen by programs that run there."""

    base: Path
    inside: Path
    # The command prefix that starts a program there, and the Python in place of the one that
    # setup.sh installs.
    start: tuple[str, ...] = ()
    python: str = sys.executable
    # This machine's path of /opt/unroll there, if setup.sh can be run.
    opt: Path | None = None

    def put(self, contents: bytes) -> None:
        """Unpack the zip, and leave the folder as setup.sh would."""
        self.unpack(contents)
        source = self.base / "source"
        # setup.sh installs the package, and removes the solution after grading it.
        shutil.rmtree(source / "seqlab", ignore_errors=True)
        (source / "solution.ipynb").unlink(missing_ok=True)

    def unpack(self, contents: bytes) -> None:
        """Unpack the zip as Gradescope does."""
        source = self.base / "source"
        shutil.rmtree(source, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, source))
                if not member.is_dir():
                    path.chmod((member.external_attr >> 16) & 0o777 or 0o644)
        shutil.copy(source / "run_autograder", self.base / "run_autograder")

    def submit(self, name: str, contents: bytes, metadata: bytes | None = None) -> None:
        """Prepare a fresh container: one submitted file, and no results."""
        for folder in ("submission", "results"):
            shutil.rmtree(self.base / folder, ignore_errors=True)
            (self.base / folder).mkdir()
            (self.base / folder).chmod(0o755)
        (self.base / "submission" / name).write_bytes(contents)
        file = self.base / "submission_metadata.json"
        file.write_bytes(json.dumps(METADATA).encode() if metadata is None else metadata)
        file.chmod(0o644)

    def run(self, seconds: float, memory_mb: float) -> Run:
        """Run run_autograder as Gradescope does, and stop it when Gradescope would."""
        output = self.base / "results" / "stdout"
        command = [*self.start, str(self.inside / "run_autograder")]
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/",
            "UNROLL_PYTHON": self.python,
        }
        with output.open("wb") as stdout, _adopted_orphans():
            others = frozenset(_children())
            started = time.monotonic()
            try:
                process = psutil.Popen(
                    command,
                    cwd=self.base,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                return self._run(-1, f"did not start: {error.strerror}", 0.0, 0.0, ())
            ended, peak, seen = _watched(process, others, started + seconds, memory_mb)
            taken = time.monotonic() - started
            left = _left_over(seen)
        return self._run(process.returncode, ended, taken, peak, left)

    def _run(
        self, exit_code: int, ended: str, seconds: float, peak_mb: float, left: Sequence[str]
    ) -> Run:
        results = self.base / "results"
        file = results / "results.json"
        output = (results / "stdout").read_text(encoding="utf-8", errors="replace")
        closed = [results, self.base / "source", self.base / "submission_metadata.json"]
        return Run(
            exit_code,
            ended,
            seconds,
            peak_mb,
            output,
            file.read_bytes() if file.is_file() else None,
            tuple(left),
            tuple(path.name for path in closed if path.stat().st_mode & 0o077),
        )


@contextlib.contextmanager
def private_folder(setup: bool = False) -> Iterator[Stage]:
    """Yield a stage in a folder of its own, with the Python that runs this program.

    setup: with an /opt/unroll of its own, which takes root's rights.
    """
    with tempfile.TemporaryDirectory(prefix="unroll-rehearsal-") as name:
        folder = Path(name)
        # /autograder itself is open on Gradescope; the grader must close what must be closed.
        folder.chmod(0o755)
        if not setup:
            yield Stage(folder, folder)
            return
        with _mount_point(OPT):
            start = ["unshare", "--mount", "--propagation", "private"]
            start += ["sh", "-euc", WITH_OPT, "sh", str(folder / "opt")]
            yield Stage(folder, folder, tuple(start), opt=folder / "opt")


@contextlib.contextmanager
def _mount_point(path: Path) -> Iterator[None]:
    """Provide an empty folder where there is none, and take it away again."""
    is_new = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if is_new:
            path.rmdir()


def _watched(
    process: psutil.Popen, others: frozenset[psutil.Process], deadline: float, memory_mb: float
) -> tuple[str, float, set[psutil.Process]]:
    """Wait for the end; kill everything when time or memory runs out.

    Return why it was stopped, peak memory, and all processes seen. `others` were there before.
    """
    peak, ended = 0.0, ""
    seen: set[psutil.Process] = set()
    while process.poll() is None and not ended:
        family = _children() - others
        seen |= family
        peak = max(peak, sum(map(_memory_mb, family)))
        if peak > memory_mb:
            ended = f"killed: it needed more than {memory_mb:g} MB"
        elif time.monotonic() > deadline:
            ended = "killed: it took too long"
        time.sleep(SAMPLE_SECONDS)
    if ended:
        _kill(seen | (_children() - others))
        process.wait()
    return ended, peak, seen | (_children() - others)


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _memory_mb(process: psutil.Process) -> float:
    try:
        # PSS splits a shared page among its users, so it counts once in total.
        return process.memory_full_info().pss / 2**20
    except psutil.Error:
        return 0.0


def _left_over(seen: set[psutil.Process]) -> list[str]:
    """Kill the processes that outlive the run; return their names."""
    _, alive = psutil.wait_procs([p for p in seen if _is_alive(p)], timeout=1.0)
    names = []
    for process in alive:
        with contextlib.suppress(psutil.Error):
            if _is_alive(process):
                names.append(f"{process.pid} {process.name()}")
    _kill(set(alive))
    return names


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _kill(processes: set[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


@contextlib.contextmanager
def _adopted_orphans() -> Iterator[None]:
    """Make this process the parent of all orphans below it, so that it sees every one."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
