"""The fork server: imports NumPy, IPython and the rest once, then forks once per submission.

    examiner ──requests──▶ server ──fork──▶ warden ──fork──▶ candidate ──fork──▶ one per question

Server and warden are trusted and run no student code. Neither knows tests or answers: a candidate
inherits only imported packages by the fork. The warden watches its candidate's memory and reaps all
orphans, so no process is left behind.
"""

import contextlib
import functools
import importlib
import json
import os
import pkgutil
import resource
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from autograder import sandbox
from autograder.candidate.plain_torch import make_plain
from autograder.candidate.warden import Allowance, Warden
from autograder.disk import Scratch
from autograder.huge_pages import collapse
from autograder.lasting import for_good
from autograder.optimizers import without_compiler

MAX_REQUEST = 1 << 16


def main(descriptor: int) -> None:
    """Serve the examiner at the other end of this socket until it hangs up."""
    control = socket.socket(fileno=descriptor)
    setup = json.loads(control.recv(MAX_REQUEST))
    isolation = sandbox.Isolation(
        sandbox.Tier[setup["tier"]], setup["landlock_abi"], tuple(setup["layers"]), ()
    )
    readable = [Path(path) for path in setup["readable"]]
    hidden = sandbox.of_packages(setup["hidden"])
    sandbox.load_all()
    try:
        sandbox.prepare_server(isolation, readable)
        with for_good():
            shell, versions = warm(setup["packages"])
        collapse()
    except Exception as error:
        control.send(json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode())
        return
    control.send(json.dumps({"versions": versions}).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 2)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            link, candidate_end = (socket.socket(fileno=d) for d in descriptors)
            request = json.loads(message)
            _warden(link, candidate_end, request, isolation, readable, hidden, shell)
        for each in descriptors:
            os.close(each)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def warm(packages: list[str]) -> tuple[Any, dict[str, str]]:
    """Import what submissions will import; return IPython's shell and the versions."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot
    import numpy.ma
    import numpy.testing
    import seqlab

    from autograder.candidate import candidate
    from autograder.candidate.shell import make_shell

    for module in pkgutil.iter_modules(seqlab.__path__):
        importlib.import_module(f"seqlab.{module.name}")
    versions = {"python": sys.version.split()[0]}
    for package in packages:
        with contextlib.suppress(ImportError):
            module = importlib.import_module(package)
            versions[package] = str(getattr(module, "__version__", "?"))
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
        without_compiler(torch)
        make_plain(torch)
    shell = make_shell()
    # Compile and run one cell, so no submission pays for imports on first use.
    shell.run_cell("None", store_history=False, silent=True)
    del numpy, candidate
    return shell, versions


def _warden(
    link: socket.socket,
    candidate_end: socket.socket,
    request: dict,
    isolation: sandbox.Isolation,
    readable: list[Path],
    hidden: list[Path],
    shell: Any,
) -> None:
    """Look after one candidate until the examiner hangs up. Do not return."""
    scratch = None
    try:
        sandbox.become_warden()
        uid = sandbox.free_uid() if isolation.tier is sandbox.Tier.T1 else None
        scratch = Scratch("candidate")
        home = scratch.path
        if uid is not None:
            os.chown(home, uid, uid)
        first = os.fork()
        if first == 0:
            link.close()
            _become_candidate(candidate_end, request, isolation, uid, home, readable, hidden, shell)
        candidate_end.close()
        link.sendall(b"+")
        allowance = Allowance(request["memory_mb"], request["disk_mb"], request["files"])
        places = functools.partial(sandbox.writable, isolation, uid, home)
        Warden(link, first, allowance, places).watch()
        sandbox.kill_descendants()
        if uid is not None:
            sandbox.kill_uid(uid)
        sandbox.remove_leftovers(isolation, uid, keep={home})
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        with contextlib.suppress(OSError):
            link.sendall(json.dumps({"cpu": usage.ru_utime + usage.ru_stime}).encode())
    except BaseException as error:
        with contextlib.suppress(BaseException):
            link.sendall(b"?" + f"{type(error).__name__}: {error}".encode()[:1000])
        with contextlib.suppress(BaseException):
            sandbox.kill_descendants()
    finally:
        if scratch is not None:
            scratch.remove()
        os._exit(0)


def _become_candidate(
    end: socket.socket,
    request: dict,
    isolation: sandbox.Isolation,
    uid: int | None,
    home: Path,
    readable: list[Path],
    hidden: list[Path],
    shell: Any,
) -> None:
    try:
        os.setsid()
        kept = end.detach()
        os.dup2(kept, 3)
        os.closerange(4, 4096)
        os.environ.clear()
        os.environ.update(
            HOME=str(home), TMPDIR=str(home), MPLCONFIGDIR=str(home), PATH="/usr/bin:/bin",
            LANG="C.UTF-8", MPLBACKEND="Agg", OMP_NUM_THREADS="1",
        )  # fmt: skip
        tempfile.tempdir = str(home)
        limits = sandbox.Limits(**request["limits"])
        sandbox.confine(
            isolation, uid=uid, home=home, readable=readable, limits=limits, hidden=hidden
        )
        from autograder.candidate import candidate, numpy_only

        if hidden:
            numpy_only.refuse("this assignment")
        os.write(3, b"+")
        candidate.run(socket.socket(fileno=3), shell, request["seed"])
    except BaseException as error:
        with contextlib.suppress(BaseException):
            os.write(3, b"?" + f"{type(error).__name__}: {error}".encode()[:1000])
    finally:
        os._exit(1)
