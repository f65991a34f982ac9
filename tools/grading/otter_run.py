"""Otter's own points for a notebook, in a child process that can be stopped.

Both ways run Otter's code from the notebook to the score. `run_whole` is what `otter run` does, in
a Jupyter kernel. `run_cells` leaves the kernel out: Otter prepares the notebook and judges it, and
IPython runs the cells in the child itself, which saves the ten seconds that a kernel needs to start
and to import everything again.
"""

import contextlib
import importlib
import io
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from tqdm import tqdm

from autograder.assignment.private_package import PACKAGE
from autograder.sandbox import kernel
from tools.files import write

SECONDS = 600.0
WARM = (
    "IPython.core.interactiveshell",
    "matplotlib.pyplot",
    "nbconvert.preprocessors",
    "otter.execute",
)


class OtterError(Exception):
    """Otter itself gave no result."""


def run_whole(name: str, notebook: bytes, archive: bytes, room: Path) -> dict[str, float]:
    """Return points by question, as `otter run` gives them with the bundle `archive`."""
    return _in_a_child(lambda folder: _whole(name, notebook, archive, folder), room)


def run_cells(
    name: str, notebook: bytes, archive: bytes, room: Path, only: Collection[str] | None = None
) -> dict[str, float]:
    """Return points by question, without a kernel; `only`: for these questions."""
    prepare()
    return _in_a_child(lambda folder: _cells(name, notebook, archive, folder, only), room)


def prepare() -> None:
    """Import once, before the first child, what every child needs."""
    for module in WARM:
        importlib.import_module(module)
    # The progress bars' lock is a semaphore: one made by a child would outlive it.
    tqdm.get_lock()


def _whole(name: str, notebook: bytes, archive: bytes, folder: Path) -> dict[str, float]:
    from otter.api import grade_submission

    (folder / f"{name}.ipynb").write_bytes(notebook)
    (folder / "bundle.zip").write_bytes(archive)
    results = grade_submission(str(folder / f"{name}.ipynb"), str(folder / "bundle.zip"))
    return _points(results)


def _cells(
    name: str, notebook: bytes, archive: bytes, folder: Path, only: Collection[str] | None
) -> dict[str, float]:
    # The tests' own package is that of this assignment, whatever this process has imported before.
    for module in [each for each in sys.modules if each.split(".")[0] == PACKAGE]:
        del sys.modules[module]
    import nbconvert.preprocessors
    from otter.execute import grade_notebook

    (folder / f"{name}.ipynb").write_bytes(notebook)
    with zipfile.ZipFile(io.BytesIO(archive)) as bundle:
        for member in bundle.namelist():
            top, _, path = member.partition("/")
            # What `otter run` puts beside the submission: the tests, and the support files.
            if top == "tests" and (only is None or Path(path).stem in only):
                write(folder / member, bundle.read(member))
            elif top == "files":
                write(folder / path, bundle.read(member))
    nbconvert.preprocessors.ExecutePreprocessor = InThisProcess
    tests = sorted(f"./tests/{file.name}" for file in (folder / "tests").glob("*.py"))
    results = grade_notebook(
        f"{name}.ipynb", tests_glob=tests, cwd=os.getcwd(), test_dir="./tests", ignore_errors=True
    )
    return _points(results)


class InThisProcess:
    """A stand-in for nbconvert's preprocessor: runs a notebook's cells here, without a kernel."""

    def __init__(self, **_: Any) -> None:
        pass

    def preprocess(self, notebook: Any) -> tuple[Any, dict]:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False  # a database and a thread
        shell = InteractiveShell.instance(config=config)
        shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
        for cell in notebook.cells:
            if cell.cell_type == "code":
                shell.run_cell(cell.source, store_history=False)
        return notebook, {}


def _points(results: Any) -> dict[str, float]:
    if results.has_catastrophic_failure():
        raise OtterError("it could not run the whole notebook")
    return {name: float(result.score) for name, result in results.results.items()}


def _in_a_child(work: Callable[[Path], dict[str, float]], room: Path) -> dict[str, float]:
    """Return the answer of a forked child that works in a temporary folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="otter-", dir=room))
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _live(work, folder, theirs)
    os.close(theirs)
    try:
        said = _read_all(ours, time.monotonic() + SECONDS)
    finally:
        for kill in (os.killpg, os.kill):  # it may not have its own group yet
            with contextlib.suppress(ProcessLookupError):
                kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ours)
        shutil.rmtree(folder, ignore_errors=True)
    try:
        answer = json.loads(said)
    except ValueError:
        raise OtterError("Otter ended without an answer, or did not finish in time") from None
    if "broken" in answer:
        raise OtterError(answer["broken"])
    return answer


def _live(work: Callable[[Path], dict[str, float]], folder: Path, out: int) -> None:
    """Live the child's life. Never return."""
    try:
        os.setsid()
        # Whatever ends the worker ends this too.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        # Under pytest and the like, these do not use the descriptors.
        sys.stdout, sys.stderr = (os.fdopen(os.dup(null), "w") for _ in range(2))
        os.chdir(folder)
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = str(folder)
        answer: dict = work(folder)
    except BaseException as error:
        answer = {"broken": f"{type(error).__name__}: {error}"}
    with contextlib.suppress(BaseException), os.fdopen(out, "w", encoding="utf-8") as pipe:
        pipe.write(json.dumps(answer))
    os._exit(0)


def _read_all(pipe: int, deadline: float) -> bytes:
    said = b""
    while (left := deadline - time.monotonic()) > 0 and select.select([pipe], [], [], left)[0]:
        if not (chunk := os.read(pipe, 1 << 16)):
            break
        said += chunk
    return said
