"""The candidate: the process in which the student's cells run.

It is confined before the first of them runs, and it knows nothing of tests or right answers. From
then on, whatever it sends is a claim that the examiner judges.
"""

import builtins
import io
import os
import random
import socket
import sys
import time
import traceback
import types
from typing import Any

import numpy as np

from autograder import wire

# Commands whose work is outside the notebook: pictures on a screen, packages, the system.
SILENT_MAGICS = ("matplotlib", "pip", "conda", "mamba", "system", "sx", "history", "autosave")
SILENT_CELL_MAGICS = (
    "bash", "sh", "script", "system", "sx", "perl", "ruby", "html", "HTML", "javascript", "js",
    "latex", "markdown", "svg", "SVG", "file", "writefile",
)  # fmt: skip
# Enough for a sentence; the examiner shows it only where a public test failed.
MAX_MESSAGE = 500
FOREVER = 10.0**9


def make_shell() -> Any:
    """IPython's shell, made once before the fork: cells then run as they do in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # a database and a thread
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoindent = False
    shell = InteractiveShell.instance(config=config)
    # The working folder is no place to import from: a `numpy.py` in it would replace NumPy.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    shell.showtraceback = lambda *_, **__: None
    shell.showsyntaxerror = lambda *_, **__: None
    shell.system = shell.system_piped = shell.system_raw = lambda *_: None
    shell.getoutput = lambda *_, **__: []
    for name in SILENT_MAGICS:
        shell.register_magic_function(lambda line: None, "line", name)
    for name in SILENT_CELL_MAGICS:
        shell.register_magic_function(lambda line, cell: None, "cell", name)
    return shell


def inert_otter() -> types.ModuleType:
    """A stand-in for Otter: checks and exports in the notebook do nothing here."""

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
    """All random numbers that nobody seeded, made repeatable."""

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
        self._objects: list[Any] = []
        self._cell = 0
        # Tracebacks say in which cell a line stands.
        shell.compile.get_code_name = lambda *_: f"<cell {self._cell}>"

    def serve(self) -> None:
        """Answer requests until the examiner hangs up."""
        while True:
            try:
                request = wire.decode(self._read(), handle=self._object)
            except wire.Closed:
                return
            if request["op"] == "fork":
                _, (descriptor, *_), _, _ = socket.recv_fds(self._link, 1, 1)
                end = socket.socket(fileno=descriptor)
                if os.fork() == 0:
                    self._link.close()
                    self._link = end
                    self._seeds.reset(self._seed + request["seed"])
                    # Its first byte carries the credentials that the kernel vouches for.
                    end.sendall(b"!")
                else:
                    end.close()
                continue
            self._write(self._answer(request))

    def _read(self) -> bytes:
        return wire.read_frame(self._link, wire.Limits(), time.monotonic() + FOREVER)

    def _write(self, value: dict) -> None:
        try:
            frame = wire.encode(value, opaque=self._number)
        except wire.WireError as error:
            frame = wire.encode({"unsendable": str(error)[:MAX_MESSAGE]})
        wire.write_frame(self._link, frame, time.monotonic() + FOREVER)

    def _number(self, value: Any) -> int:
        self._objects.append(value)
        return len(self._objects) - 1

    def _object(self, number: int, _: str) -> Any:
        return self._objects[number]

    def _answer(self, request: dict) -> dict:
        try:
            return getattr(self, f"_do_{request['op']}")(request)
        except BaseException as error:
            return {"raised": self._described(error)}

    def _do_cell(self, request: dict) -> dict:
        self._cell = request["number"]
        self._seeds.reset(self._seed + self._cell)
        result = self._shell.run_cell(request["source"], store_history=False, silent=True)
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close("all")
        error = result.error_before_exec or result.error_in_exec
        return {"raised": self._described(error)} if error is not None else {}

    def _do_get(self, request: dict) -> dict:
        names = self._shell.user_ns
        return {"values": {name: names[name] for name in request["names"] if name in names}}

    def _do_call(self, request: dict) -> dict:
        arguments = (request["args"], request["kwargs"])
        before = wire.decode(wire.encode(arguments, opaque=self._number), handle=self._object)
        value = request["target"](*arguments[0], **arguments[1])
        if wire.same(before, arguments):
            return {"value": value}
        return {"value": value, "arguments": arguments}

    def _do_attribute(self, request: dict) -> dict:
        return {"value": getattr(request["target"], request["name"])}

    def _do_item(self, request: dict) -> dict:
        return {"value": request["target"][request["key"]]}

    def _do_length(self, request: dict) -> dict:
        return {"value": len(request["target"])}

    def _do_iterate(self, request: dict) -> dict:
        return {"value": self._number(iter(request["target"]))}

    def _do_next(self, request: dict) -> dict:
        for value in self._objects[request["iterator"]]:
            return {"value": value}
        return {"end": True}

    def _described(self, error: BaseException) -> dict:
        """What an exception is, where it was raised, and what it says."""
        bases = [t.__name__ for t in type(error).__mro__ if getattr(builtins, t.__name__, 0) is t]
        place = None
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith("<cell "):
                place = (int(frame.filename[6:-1]), frame.lineno or 0)
        if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell "):
            place = (int(error.filename[6:-1]), error.lineno or 0)
        try:
            text = str(error)[:MAX_MESSAGE]
        except BaseException:
            text = ""
        return {"bases": bases, "place": place, "text": text}


def run(link: socket.socket, shell: Any, seed: int) -> None:
    """Serve in the present process, which has been confined. Does not return."""
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)
        # What is printed goes nowhere, however much it is.
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), errors="replace")
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), errors="replace")
        sys.modules["otter"] = inert_otter()
        Candidate(link, shell, seed).serve()
    except BaseException:
        # Nobody could read a traceback, and exit handlers are the student's.
        os._exit(1)
    os._exit(0)
