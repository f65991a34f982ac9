"""The command line that puts the server into namespaces of its own."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.sandbox import folders

# For homes and temporary files of all candidates together.
TEMPORARY_MB = 1024


def program() -> str | None:
    return shutil.which("bwrap")


def command(argv: Sequence[str], readable: Iterable[Path]) -> list[str]:
    """`argv` with these paths, read-only, an empty /tmp, and no network or other processes."""
    wrapped = [program() or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    wrapped += ["--cap-drop", "ALL", "--hostname", "candidate"]
    # Where /lib is a link to /usr/lib, it stays one: libraries are told apart by their names.
    links = [path for path in folders.SYSTEM if path.is_symlink() and path.is_dir()]
    for link in links:
        wrapped += ["--symlink", os.readlink(link), str(link)]
    paths = [path for path in folders.SYSTEM if path not in links]
    # First, so that what is shown below it is not covered by it.
    wrapped += ["--size", str(TEMPORARY_MB << 20), "--perms", "1777", "--tmpfs", "/tmp"]
    for path in folders.outermost([*paths, *folders.interpreter(), *readable]):
        if not any(path == link or path.is_relative_to(link) for link in links):
            wrapped += ["--ro-bind", str(path), str(path)]
    wrapped += ["--proc", "/proc", "--dev", "/dev", "--chdir", "/"]
    wrapped += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*wrapped, "--", *argv]
