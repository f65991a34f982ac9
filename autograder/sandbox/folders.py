"""Files that a candidate needs besides its own: Python, shared libraries, some system files."""

import contextlib
import functools
import importlib.util
import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

SYSTEM = [
    Path(name)
    for name in [
        *["/bin", "/sbin", "/lib", "/lib32", "/lib64"],
        *["/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec"],
        *["/usr/share", "/usr/local/lib", "/nix/store", "/gnu/store"],
        # From /etc, only what libraries read. Not the list of users: it names people.
        *["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"],
        *["/etc/localtime", "/etc/timezone", "/etc/fonts", "/etc/mime.types"],
        # Topology, for libraries that count processors.
        *["/sys/devices/system/cpu", "/sys/devices/system/node"],
    ]
]
SYSTEM += sorted(Path("/etc").glob("python3*"))  # Debian keeps its sitecustomize.py there
# From /proc, nothing about any process, not even its own.
PROC = [Path("/proc", name) for name in ["cpuinfo", "meminfo", "sys/vm/overcommit_memory"]]
# Not /dev/zero: mapped as shared, it is memory that no limit counts.
DEVICES_READ = [Path("/dev", name) for name in ["random", "urandom"]]
DEVICES_WRITTEN = [Path("/dev/null")]


@functools.cache
def interpreter() -> list[Path]:
    """Return Python, its packages, and the folders of all shared libraries that it has loaded.

    Ignore `sys.path`: its folders may hold more than packages.
    """
    paths = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    paths += [sysconfig.get_path(key) for key in ["stdlib", "platstdlib", "purelib", "platlib"]]
    paths.append(os.path.dirname(os.path.realpath(sys.executable)))
    with contextlib.suppress(OSError):
        maps = Path("/proc/self/maps").read_text(errors="replace")
        paths += re.findall(r"(/\S+)/[^/\n]+\.so[.\d]*$", maps, re.MULTILINE)
    # A prefix of / or /usr would be the whole system; SYSTEM lists the parts needed from those.
    return outermost(Path(path) for path in paths if path not in {"/", "/usr"})


def of_packages(names: Iterable[str]) -> list[Path]:
    """Return the folders of these packages, without importing them."""
    found = [importlib.util.find_spec(name) for name in names]
    places = [place for spec in found if spec for place in spec.submodule_search_locations or ()]
    return [Path(place).resolve() for place in places]


def needed(readable: Iterable[Path]) -> list[Path]:
    """Return what a candidate must be able to read, apart from the system's own folders."""
    # Package folders are listed separately: they may be closed inside an open prefix.
    packages = [Path(sysconfig.get_path(key)) for key in ["stdlib", "purelib", "platlib"]]
    paths = dict.fromkeys([*outermost([*interpreter(), *readable]), *outermost(packages)])
    return [p for p in paths if not any(p.is_relative_to(folder) for folder in SYSTEM)]


def outermost(paths: Iterable[Path]) -> list[Path]:
    """Return the existing paths, made absolute, without those below others."""
    found: list[Path] = []
    for path in sorted({Path(os.path.abspath(path)) for path in paths}):
        if path.exists() and not any(path.is_relative_to(above) for above in found):
            found.append(path)
    return found


def unreadable(paths: Iterable[Path], uid: int | None) -> list[str]:
    """Return the paths that a user cannot read, by trying in a child without capabilities.

    In a folder, check files two levels down too: packages may be installed for one user only.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(reading)
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            failed = [f for path in paths for f in _failures(os.fspath(path), 2)]
            os.write(writing, b"\0".join([*map(os.fsencode, failed[:20]), b"done"]))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().split(b"\0")
    os.waitpid(child, 0)
    if answer.pop() != b"done":
        return [f"anything, as user {uid} cannot be assumed"]
    return [os.fsdecode(path) for path in answer]


def _failures(path: str, depth: int) -> list[str]:
    try:
        if not os.path.isdir(path):
            os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            return []
        if depth == 0:
            os.scandir(path).close()
            return []
        with os.scandir(path) as entries:
            inside = list(entries)
    except PermissionError:
        return [path]
    except OSError:
        return []
    # Python rebuilds caches that it cannot read.
    inside = [entry for entry in inside if entry.name != "__pycache__"]
    kept = [e for e in inside if e.is_dir(follow_symlinks=False) or e.name.endswith((".py", ".so"))]
    return [f for entry in kept for f in _failures(entry.path, depth - 1)]
