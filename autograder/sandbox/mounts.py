"""Gives the candidate's user access to a Python inside a closed folder, such as a 0700 home.

The server gets its own mount namespace. There, an empty folder that everybody may enter covers the
closed one and shows only the needed folders, read-only. The rest of the machine does not see it,
and it ends with the server.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox import kernel


def closed_ancestor(path: Path) -> Path | None:
    """Return the outermost folder above `path` that not everybody may enter."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def plan(paths: Iterable[Path]) -> dict[Path, tuple[list[Path], dict[Path, str]]]:
    """Return, for each closed folder, the folders to show in it and the links that lead to them."""
    closed: dict[Path, tuple[list[Path], dict[Path, str]]] = {}
    for path in paths:
        real, links = _walk(path)
        for link, target in links.items():
            if (above := closed_ancestor(link)) is not None:
                closed.setdefault(above, ([], {}))[1][link] = target
        if (above := closed_ancestor(real)) is not None:
            shown = closed.setdefault(above, ([], {}))[0]
            if not any(real.is_relative_to(other) for other in shown):
                shown[:] = [other for other in shown if not other.is_relative_to(real)] + [real]
    for shown, links in closed.values():
        for link in [k for k in links if any(k.is_relative_to(folder) for folder in shown)]:
            del links[link]
    return closed


def _walk(path: Path) -> tuple[Path, dict[Path, str]]:
    """Return where a path really is, and each symbolic link on the way."""
    links: dict[Path, str] = {}
    todo = list(reversed(path.parts[1:]))
    at = Path("/")
    while todo:
        part = todo.pop()
        if part == "..":
            at = at.parent
            continue
        step = at / part
        if not step.is_symlink():
            at = step
            continue
        if step in links and len(links) > 40:
            raise OSError(f"{path} goes in circles")
        target = links[step] = os.readlink(step)
        if target.startswith("/"):
            at = Path("/")
        todo += reversed([p for p in target.split("/") if p not in {"", "."}])
    return at, links


def open_closed(paths: Iterable[Path]) -> list[Path]:
    """Show all `paths` to everybody in a new mount namespace. Return the covered folders."""
    todo = plan(paths)
    if not todo:
        return []
    kernel.unshare(kernel.CLONE_NEWNS)
    os.chdir("/")  # the old working folder may be below a cover
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    # Keep the needed parts of a closed folder open: once covered, they have no path.
    opened = {
        shown: os.open(shown, os.O_PATH | os.O_CLOEXEC)
        for showns, _ in todo.values()
        for shown in showns
    }
    guarded = kernel.MS_NOSUID | kernel.MS_NODEV
    for cover, (showns, links) in todo.items():
        kernel.mount("tmpfs", str(cover), "tmpfs", guarded, "mode=0755,size=1m")
        for shown in showns:
            source = f"/proc/self/fd/{opened[shown]}"
            _make(shown, os.path.isdir(source))
            kernel.mount(source, str(shown), None, kernel.MS_BIND | kernel.MS_REC)
            again = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | guarded
            kernel.mount("none", str(shown), None, again)
        for link, target in links.items():
            _make(link.parent, True)
            if not link.is_symlink():
                link.symlink_to(target)
        flags = kernel.MS_REMOUNT | kernel.MS_RDONLY | guarded
        kernel.mount("none", str(cover), None, flags, "mode=0755,size=1m")
    for descriptor in opened.values():
        os.close(descriptor)
    return list(todo)


def _make(path: Path, folder: bool) -> None:
    previous = os.umask(0o022)
    try:
        (path if folder else path.parent).mkdir(parents=True, exist_ok=True)
        if not folder:
            path.touch()
    finally:
        os.umask(previous)
