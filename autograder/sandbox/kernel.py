"""Kernel calls that Python lacks. Like those in `os`, each raises OSError."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.unshare.argtypes = [ctypes.c_int]
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]

# linux/prctl.h
PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

# linux/mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV = 1, 2, 4
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
CLONE_NEWNS = 0x00020000

_CAPABILITY_VERSION_3 = 0x20080522


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def syscall(name: str, number: int, *arguments) -> int:
    """Make a system call with integers and `ctypes` pointers, padded to six arguments."""
    sent = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    sent += [ctypes.c_long(0)] * (6 - len(sent))
    return _checked(_libc.syscall(ctypes.c_long(number), *sent), name)


def prctl(option: int, value: int = 0, second: int = 0) -> int:
    return _checked(_libc.prctl(option, value, second, 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    encoded = kind.encode() if kind else None
    arguments = os.fsencode(source), os.fsencode(target), encoded, flags, options.encode()
    _checked(_libc.mount(*arguments), f"mount {target}")


def drop_capabilities() -> None:
    """Give up all capabilities of this thread permanently, if it has any."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _checked(_libc.capset(header, nothing), "capset")


def hide_process() -> None:
    """Close /proc/self/{environ,mem,fd,…} and ptrace to processes of the same user."""
    prctl(PR_SET_DUMPABLE, 0)
