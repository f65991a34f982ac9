"""The fork server as the examiner sees it: started once, it forks a candidate per submission."""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import seqlab

from autograder import sandbox
from autograder.assignment.bundle import Limits
from autograder.disk import Scratch, sweep
from autograder.examiner.line import Gone, ServerError
from autograder.examiner.links import CandidateLink
from autograder.package import PACKAGE, own_files

START_SECONDS = 120.0  # PyTorch from a cold disk


class Server:
    """The fork server as a child process. It takes a while to start: `wait` before the first use.

    versions: of Python and the packages, known after that.
    """

    def __init__(
        self,
        isolation: sandbox.Isolation,
        packages: Sequence[str],
        readable: Sequence[Path],
        hidden: Sequence[str] = (),
    ) -> None:
        """Start it. `packages` are imported; of those in `hidden`, no candidate can read a file."""
        self.isolation = isolation
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        sweep()
        self._home = Scratch("server")
        # In bubblewrap, the server has its own empty /tmp.
        home = "/tmp" if isolation.tier is sandbox.Tier.T2 else str(self._home.path)
        # No imports from the working folder, no user site, and of the variables that Python reads
        # only those below: -I would leave out the order of sets, which must not change points.
        code = (
            f"import sys; sys.path[:0] = {[str(PACKAGE.parent), *_seqlab_parent()]!r}; "
            f"from autograder.candidate import server; del sys.path[:{1 + len(_seqlab_parent())}]; "
            f"sys.path += {_seqlab_parent()!r}; server.main({theirs.fileno()})"
        )
        argv = [sys.executable, "-P", "-s", "-B", "-c", code]
        argv = sandbox.server_command(isolation, argv, [*readable, *own_files()])
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "C.UTF-8",
                "HOME": home,
                "IPYTHONDIR": home,
                "MPLCONFIGDIR": home,
                "MPLBACKEND": "Agg",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "MKL_NUM_THREADS": "1",
                "PYTHONHASHSEED": "0",
                # Memory comes in huge pages where it can: see huge_pages.py.
                "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            },
            start_new_session=True,
        )
        theirs.close()
        setup = {
            "tier": isolation.tier.name,
            "landlock_abi": isolation.landlock_abi,
            "layers": isolation.layers,
            "readable": [str(path) for path in readable],
            "packages": list(packages),
            "hidden": list(hidden),
        }
        self.versions: dict[str, str] = {}
        try:
            self._control.send(json.dumps(setup).encode())
        except OSError as error:
            raise ServerError(f"the fork server did not start: {error}{self._errors()}") from None

    def wait(self) -> None:
        """Return when it has imported everything; raise a ServerError if it could not."""
        try:
            answer = self._receive(START_SECONDS)
        except OSError as error:
            raise ServerError(f"the fork server did not start: {error}{self._errors()}") from None
        if "broken" in answer:
            raise ServerError(f"the fork server did not start: {answer['broken']}")
        self.versions = answer["versions"]

    def _receive(self, seconds: float) -> dict:
        ready, _, _ = select.select([self._control], [], [], seconds)
        message = self._control.recv(1 << 16) if ready else b""
        if not message:
            raise ServerError(f"the fork server does not answer{self._errors()}")
        return json.loads(message)

    def _errors(self) -> str:
        self._process.kill()
        _, errors = self._process.communicate()
        text = errors.decode(errors="replace").strip()
        return f": {text[-2000:]}" if text else ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def open(
        self, limits: Limits, seed: int, files: Mapping[str, bytes] | None = None
    ) -> CandidateLink:
        """Fork a candidate, with these files in its folder."""
        link, warden_end = socket.socketpair()
        main, candidate_end = socket.socketpair()
        request = {
            "seed": seed,
            "memory_mb": limits.memory_mb,
            "disk_mb": limits.disk_mb,
            "files": limits.files,
            "limits": asdict(
                sandbox.Limits(
                    # Address space is more than memory: PyTorch reserves half a gigabyte.
                    memory_mb=limits.memory_mb + 1024,
                    processes=limits.processes,
                    file_mb=limits.file_mb,
                    open_files=256,
                    cpu_seconds=int(limits.submission_seconds) + 1,
                )
            ),
        }
        try:
            socket.send_fds(
                self._control,
                [json.dumps(request).encode()],
                [warden_end.fileno(), candidate_end.fileno()],
            )
        except OSError as error:
            raise ServerError(f"the fork server has ended: {error}{self._errors()}") from None
        finally:
            warden_end.close()
            candidate_end.close()
        candidate = CandidateLink(link, main, limits)
        for path, contents in (files or {}).items():
            # The wire carries arrays, not bytes.
            request = {"op": "file", "path": path, "contents": np.frombuffer(contents, np.uint8)}
            try:
                candidate.ask(request, time.monotonic() + START_SECONDS)
            except Gone as gone:
                candidate.close()
                raise ServerError(f"a candidate {gone} when it got {path}") from None
        return candidate

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stderr.close()
        self._home.remove()


def _seqlab_parent() -> list[str]:
    """Return the folder to import seqlab from, if it is not an installed package."""
    # The one that the tests import: a course may have its own.
    folder = Path(seqlab.__file__).parent.parent
    return [] if folder.name == "site-packages" else [str(folder)]
