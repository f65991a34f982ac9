"""The candidate: the process in which the student's cells run.

It is confined before the first one runs, and it knows no tests or right answers. From then on,
whatever it sends is a claim that the examiner judges.
"""

import gc
import io
import os
import random
import socket
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder import wire
from autograder.candidate import loan, numpy_only
from autograder.candidate.running import Cells
from autograder.candidate.shell import importable_from_here
from autograder.diagnosis.explanation import explain
from autograder.diagnosis.nearest import nearest
from autograder.diagnosis.relations import Relation
from autograder.requests.operations import Operations
from autograder.requests.recorded import Known, Record


def inert_otter() -> types.ModuleType:
    """Return a stand-in for Otter: checks and exports in the notebook do nothing here."""

    class Notebook:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda *_, **__: None

    module = types.ModuleType("otter")
    module.Notebook = Notebook
    module.__version__ = "0"
    return module


class Seeds:
    """Makes all unseeded random numbers repeatable."""

    def __init__(self) -> None:
        self._make = np.random.default_rng
        self._calls = 0
        self._seed = 0
        np.random.default_rng = self._default_rng

    def _default_rng(self, seed: Any = None) -> np.random.Generator:
        if seed is None:
            self._calls += 1
            seed = [self._seed, self._calls]
        return self._make(seed)

    def reset(self, seed: int) -> None:
        self._seed, self._calls = seed, 0
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002 - students use the legacy generator too
        torch = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "manual_seed"):
            torch.manual_seed(seed % 2**63)


class Candidate:
    """Runs cells, and forks a copy of itself for each question."""

    def __init__(self, link: socket.socket, shell: Any, seed: int) -> None:
        self._link = link
        self._shell = shell
        self._seed = seed
        self._seeds = Seeds()
        self._operations = Operations(shell.user_ns)
        self._cells = Cells(shell)
        self._forks: list[int] = []
        # In the oracle only: what was repeated for earlier diagnoses, by seed.
        self._repeated: dict[int, Known] = {}

    def serve(self) -> None:
        """Answer requests until the examiner hangs up."""
        while True:
            try:
                request = self._operations.read(wire.read_frame(self._link, wire.Limits(), None))
            except wire.Closed:
                return
            handler = getattr(self, f"_on_{request['op']}", None)
            if handler is None:
                self._write(self._operations.answer(request))
            else:
                handler(request)

    def _write(self, answer: dict) -> None:
        wire.write_frame(self._link, self._operations.frame(answer), None)

    def _received_line(self) -> socket.socket:
        _, (descriptor, *_), _, _ = socket.recv_fds(self._link, 1, 1)
        return socket.socket(fileno=descriptor)

    def _fork(self) -> int:
        """Fork, after reaping the children that have died: they count against the limit too."""
        self._forks = [pid for pid in self._forks if not _has_ended(pid)]
        pid = os.fork()
        if pid == 0:
            # A look at what it inherited, which is no garbage, would copy all its pages.
            gc.freeze()
        self._forks = [*self._forks, pid] if pid else []
        return pid

    def _on_file(self, request: dict) -> None:
        """Put a file of the assignment beside the notebook, where students also have it."""
        path = Path(request["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request["contents"].tobytes())
        importable_from_here()
        self._write({})

    def _on_notebook(self, request: dict) -> None:
        """Take all cells, to know what of the skipped ones the answers need."""
        cells = [(_source(code), skipped) for code, skipped in request["cells"]]
        later = self._cells.read(cells, request["names"], request["checks"])
        self._write({"later": later, "wanted": self._cells.wanted})

    def _on_cell(self, request: dict) -> None:
        self._seeds.reset(self._seed + request["number"])
        failed = self._cells.run(request["number"], _source(request["source"]))
        self._write({"failed": failed} if failed else {})

    def _on_fork(self, request: dict) -> None:
        end = self._received_line()
        if self._fork() == 0:
            self._link.close()
            self._link = end
            self._seed += request["seed"]
            self._seeds.reset(self._seed)
            if request.get("numpy_only"):
                numpy_only.enforce(self._shell.user_ns, request["numpy_only"])
            # Its first byte carries the credentials that the kernel vouches for.
            end.sendall(b"!")
        else:
            end.close()

    def _on_borrow(self, request: dict) -> None:
        """Replace functions of the notebook with right ones, which the oracle runs."""
        line = self._received_line()
        for name in request["names"]:
            self._shell.user_ns[name] = loan.borrowed(line, name)
        self._write({})

    def _on_lend(self, request: dict) -> None:
        """In the oracle only: serve right functions from a separate process."""
        line = self._received_line()
        if self._fork() == 0:
            self._link.close()
            loan.lend(line, self._shell.user_ns, request["names"])
            os._exit(0)
        line.close()
        self._write({})

    def _on_diagnose(self, request: dict) -> None:
        """In the oracle only: name the known bugs that do what a submission did."""
        seed, *asked = self._asked(request)
        known = self._repeated.setdefault(seed, {})
        found = explain(*asked, request["bugs"], request["source"], known)
        self._write({"slugs": found.slugs, "relations": _plain(found.relations)})

    def _on_nearest(self, request: dict) -> None:
        """In the oracle only: say which edit of the right answer does what a submission did."""
        seed, *asked = self._asked(request)
        found = nearest(*asked, request["source"], self._repeated.setdefault(seed, {}))
        self._write({"relations": _plain([found] if found else [])})

    def _asked(self, request: dict) -> tuple[int, Record, dict[str, Any]]:
        """Return a submission's seed, what it was asked and has answered, and right answers."""
        seed = self._seed + request["seed"]
        sessions = [[(q.tobytes(), a.tobytes()) for q, a in s] for s in request["sessions"]]
        record = Record(sessions, request["variables"], lambda: self._seeds.reset(seed))
        return seed, record, self._shell.user_ns


def _plain(relations: Sequence[Relation]) -> list[tuple[str, str]]:
    return [(each.kind, each.sentence) for each in relations]


def _source(code: np.ndarray | str) -> str:
    """Return the code of a cell: a student's comes as bytes."""
    return code if isinstance(code, str) else code.tobytes().decode("utf-8", "surrogatepass")


def _has_ended(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG)[0] == child
    except ChildProcessError:
        return True  # the student's code has already waited for it


def run(link: socket.socket, shell: Any, seed: int) -> None:
    """Serve in this process, which is already confined. Do not return."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)
        # Printed output is discarded, however much there is.
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), errors="replace")
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), errors="replace")
        sys.modules["otter"] = inert_otter()
        Candidate(link, shell, seed).serve()
    except BaseException:
        # Nobody could read a traceback, and exit handlers may be the student's.
        os._exit(1)
    os._exit(0)
