"""IPython's shell as a candidate has it: what only concerns a screen or a machine does nothing."""

import builtins
import contextlib
import getpass
import os
import re
import sys
from pathlib import Path
from typing import Any

from autograder.candidate import pools

MAX_FILE = 2 * 2**20  # characters of one file that a notebook writes with %%writefile

# Commands whose work is outside the notebook: pictures on a screen, packages, the system.
SILENT_MAGICS = (
    "matplotlib", "pip", "conda", "mamba", "micromamba", "uv", "system", "sx", "history", "config",
    "autosave", "store", "colors", "gui", "notebook", "load_ext", "reload_ext", "unload_ext",
    "autoreload", "aimport", "tensorboard", "debug", "pdb", "tb", "xmode", "logstart", "logstop",
    "load", "edit", "recall", "save", "pastebin", "qtconsole", "connect_info", "bookmark", "pinfo",
    "pinfo2", "psource", "pdoc", "pfile", "lsmagic", "quickref", "watermark", "nb_black", "reset",
    "reset_selective", "xdel",
)  # fmt: skip
SILENT_CELL_MAGICS = (
    "bash", "sh", "script", "system", "sx", "perl", "ruby", "html", "HTML", "javascript", "js",
    "latex", "markdown", "svg", "SVG", "shell", "cmd", "R", "sql", "timeit", "python2",
)  # fmt: skip
# The namespace after %pylab, whose choice of a screen fails where there is none.
_PYLAB = (
    "import numpy, matplotlib\nfrom matplotlib import pylab, mlab, pyplot\nnp = numpy\n"
    "plt = pyplot\nfrom pylab import *\nfrom numpy import *\n"
)


def make_shell() -> Any:
    """Make the shell once, before the fork: cells then run as they do in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # a database and a thread
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoindent = False
    shell = InteractiveShell.instance(config=config)
    # Do not import from the working folder: a `numpy.py` in it would replace NumPy.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    shell.showtraceback = lambda *_, **__: None
    shell.showsyntaxerror = lambda *_, **__: None
    shell.system = shell.system_piped = shell.system_raw = lambda *_: None
    shell.getoutput = lambda *_, **__: []
    # Nobody is there to answer.
    builtins.input = getpass.getpass = lambda *_, **__: ""
    of_a_line, of_a_cell = shell.magics_manager.magics["line"], shell.magics_manager.magics["cell"]
    of_a_line |= dict.fromkeys(SILENT_MAGICS, lambda line: None)
    of_a_cell |= dict.fromkeys(SILENT_CELL_MAGICS, lambda line, cell: None)
    of_a_cell |= dict.fromkeys(("writefile", "file"), _write_file)
    # Once is enough: nobody reads how long it took.
    measured = ("timeit", "time", "prun", "memit", "lprun")
    of_a_line |= dict.fromkeys(measured, lambda line: _run_once(shell, line))
    of_a_line["pylab"] = lambda line: _pylab(shell)
    of_a_line["cd"] = _change_folder
    shell.ask_exit = lambda: None
    pools.stand_in()
    return shell


def _write_file(line: str, cell: str) -> None:
    """Do what %%writefile does, in the candidate's own folder."""
    *options, name = line.split() or [""]
    path = Path(name.strip("\"'"))
    if len(cell) > MAX_FILE:
        raise OSError(f"{path.name} is too large")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if "-a" in options else "w", encoding="utf-8") as file:
        file.write(cell)
    importable_from_here()


def importable_from_here() -> None:
    """Let the notebook import the files beside it; last, or one of them could replace NumPy."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _change_folder(line: str) -> None:
    """Do what %cd does, where there is such a folder."""
    with contextlib.suppress(OSError):
        os.chdir(os.path.expanduser(line.strip().strip("\"'")) or ".")


def _pylab(shell: Any) -> None:
    """Do what %pylab does, but leave Python's own functions: NumPy's `sum` refuses generators."""
    names = shell.user_ns
    before = dict(names)
    shell.ex(_PYLAB)
    for name in set(dir(builtins)) & names.keys():
        if name in before:
            names[name] = before[name]
        else:
            del names[name]


def _run_once(shell: Any, line: str) -> Any:
    statement = re.sub(r"^\s*(?:-[a-zA-Z]+(?:\s*\d+)?\s+)*", "", line)
    try:
        code = compile(statement, "<magic>", "eval")
    except SyntaxError:
        return shell.ex(statement)
    return eval(code, shell.user_ns)
