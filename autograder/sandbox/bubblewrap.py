"""The command line that puts the server into its own namespaces."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.sandbox import folders

# For the homes and temporary files of all candidates together.
TEMPORARY_MB = 1024


def program() -> str | None:
    return shutil.which("bwrap")


def command(argv: Sequence[str], readable: Iterable[Path]) -> list[str]:
    """Wrap `argv`: these paths read-only, an empty /tmp, no network, no other processes."""
    wrapped = [program() or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    wrapped += ["--cap-drop", "ALL", "--hostname", "candidate"]
    # If /lib is a link to /usr/lib, keep it one: libraries are identified by their paths.
    links = [path for path in folders.SYSTEM if path.is_symlink() and path.is_dir()]
    for link in links:
        wrapped += ["--symlink", os.readlink(link), str(link)]
    paths = [path for path in folders.SYSTEM if path not in links]
    # First, or it would cover what is shown below it.
    wrapped += ["--size", str(TEMPORARY_MB << 20), "--perms", "1777", "--tmpfs", "/tmp"]
    for path in folders.outermost([*paths, *folders.interpreter(), *readable]):
        if not any(path == link or path.is_relative_to(link) for link in links):
            wrapped += ["--ro-bind", str(path), str(path)]
    wrapped += ["--proc", "/proc", "--dev", "/dev", "--chdir", "/"]
    wrapped += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*wrapped, "--", *argv]
