"""Landlock: a process gives up access to every file that it does not name. Needs no privilege.

Source: Linux, Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.sandbox import kernel

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
KNOWN_ABI = 7  # later versions are used like this one

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR

_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_ABSTRACT_UNIX, _SIGNAL = 1 << 0, 1 << 1
_NO_LOG = 1 << 0  # hostile code would flood the machine's audit log with denials


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # implied by _pack_; explicit from Python 3.14 on
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def kernel_abi() -> int:
    """Return the kernel's version, at most `KNOWN_ABI`, or 0 if it is missing or switched off."""
    try:
        return min(KNOWN_ABI, kernel.syscall("landlock", _CREATE_RULESET, 0, 0, 1))
    except OSError as error:
        # EPERM: an outer seccomp filter that does not know Landlock.
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}:
            return 0
        raise


def handled(abi: int) -> tuple[int, int, int]:
    """Return the file rights, TCP port rights and scopes that an ABI version can take away."""
    files = (1 << 13) - 1
    files |= _REFER if abi >= 2 else 0
    files |= _TRUNCATE if abi >= 3 else 0
    files |= _IOCTL_DEV if abi >= 5 else 0
    ports = _BIND_TCP | _CONNECT_TCP if abi >= 4 else 0
    scopes = _ABSTRACT_UNIX | _SIGNAL if abi >= 6 else 0
    return files, ports, scopes


def restrict(
    abi: int,
    readable: Iterable[Path],
    writable: Iterable[Path],
    home: Path | None,
    hidden: Collection[Path] = (),
) -> None:
    """Restrict this thread and its children to these paths; no TCP, no outside signals or sockets.

    `readable` may be read and executed except what is `hidden` in it, the files in `writable` read
    and written. In `home` everything except device files is allowed. Missing paths are skipped.
    Needs no_new_privs.
    """
    files, ports, scopes = handled(abi)
    attributes = _Ruleset(files, ports, scopes)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = kernel.syscall(
        "landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(attributes), size, 0
    )
    try:
        for path in readable:
            for part, rights in _around(path, hidden):
                _allow(ruleset, part, rights & files)
        for path in writable:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & files)
        if home is not None:
            _allow(ruleset, home, files & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
        flags = _NO_LOG if abi >= 7 else 0
        kernel.syscall("landlock_restrict_self", _RESTRICT_SELF, ruleset, flags)
    finally:
        os.close(ruleset)


def _around(path: Path, hidden: Collection[Path]) -> Iterator[tuple[Path, int]]:
    """Yield a path with the rights on it; a folder with something hidden in it part by part.

    Rights on a folder are rights on all that is in it, so such a folder may only be listed.
    """
    if hidden:
        path = path.resolve()
    if any(path.is_relative_to(each) for each in hidden):
        return
    if not any(each.is_relative_to(path) for each in hidden):
        yield path, _READ
        return
    yield path, _READ_DIR
    for inner in path.iterdir():
        # Rights on a folder do not reach through its links, which may lead anywhere.
        if not inner.is_symlink():
            yield from _around(inner, hidden)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return  # a path that cannot be opened needs no rights; the probe notices what is missing
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _FILE_RIGHTS
        rule = _PathBeneath(rights, opened)
        kernel.syscall(
            "landlock_add_rule", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0
        )
    finally:
        os.close(opened)
