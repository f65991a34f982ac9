"""A seccomp filter for the candidate: everything is allowed except what reaches outside.

Most refused calls fail with EPERM. Calls with a substitute that can be filtered fail with ENOSYS,
and libc then uses the substitute. A few report success and do nothing: honest programs make them
in passing.
Source: Linux, Documentation/userspace-api/seccomp_filter.rst; classic BPF as in linux/filter.h.
"""

import ctypes
import errno
import functools
import sys
from collections.abc import Iterable
from typing import NamedTuple

from autograder.sandbox import kernel, syscalls

# Reaches other processes. Processes of one user may do this to each other, and in two tiers the
# examiner runs as the candidate's user.
_OTHERS = """
kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_getfd ptrace
process_vm_readv process_vm_writev process_madvise process_mrelease kcmp perf_event_open
setpriority ioprio_set migrate_pages move_pages
"""
# Reaches other machines, or outlives the process in the kernel.
_OUTWARDS = """
socket connect bind listen accept accept4 shmget shmat shmctl semget semop semtimedop semctl
msgget msgsnd msgrcv msgctl mq_open mq_unlink keyctl add_key request_key
"""
# System administration, and large parts of the kernel's interface that no notebook needs.
_MACHINE = """
mount umount2 mount_setattr move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
pivot_root chroot unshare setns bpf userfaultfd fanotify_init fanotify_mark name_to_handle_at
open_by_handle_at quotactl quotactl_fd personality modify_ldt iopl ioperm acct swapon swapoff
reboot kexec_load kexec_file_load init_module finit_module delete_module syslog settimeofday
clock_settime clock_adjtime adjtimex sethostname setdomainname vhangup lookup_dcookie uselib
lsm_set_self_attr
"""
# clone3 and openat2 hide their flags behind a pointer. No limit counts the memory of a memfd.
_MISSING = """
clone3 openat2 memfd_create memfd_secret io_uring_setup io_uring_enter io_uring_register
io_setup io_submit
"""
# All processes stay in one session and group: one killpg ends them, double-forked or not.
_IGNORED = "setsid setpgid"
# Landlock does not see these. Under the grader's own user they would change the grader's files.
_IGNORED_METADATA = """
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
"""
_METADATA = """
setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
file_setattr truncate
"""
# Calls on a process: 0 is the caller itself.
_ON_SELF = "prlimit64 sched_setaffinity sched_setscheduler sched_setparam sched_setattr"

_NAMESPACES = 0x7E020000  # all CLONE_NEW* that clone takes
_CLONE_PTRACE, _CLONE_PARENT = 0x2000, 0x8000
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: signals to any process. F_SETPIPE_SZ, as
# the buffers below.
_FCNTL = [8, 10, 15, 1024, 1026, 1031]
# SO_SNDBUF, SO_RCVBUF and their FORCE: the kernel's memory for what is sent and not read, which no
# limit counts.
_SOCKET_OPTIONS = [7, 8, 32, 33]
# TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD (a terminal's input), FIOSETOWN, SIOCSPGRP (as F_SETOWN),
# FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR (metadata).
_IOCTL = [
    0x5412,
    0x541C,
    0x541D,
    0x5423,
    0x8901,
    0x8902,
    0x40086602,
    0x40046602,
    0x401C5820,
]
# Memory that processes share: what none of them looks at any more, no limit counts.
# MAP_ANONYMOUS with MAP_SHARED and with MAP_SHARED_VALIDATE.
_SHARED_MEMORY = [0x21, 0x23]
_AF_UNIX, _SOCK_STREAM, _SOCK_SEQPACKET, _SOCK_TYPE = 1, 1, 5, 0xF
_O_ACCMODE, _O_TRUNC = 0o3, 0o1000

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, IGNORE = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS, _ERRNO

_LOAD, _RETURN, _AND = 0x20, 0x06, 0x54
_EQUAL, _GREATER, _ANY_BIT = 0x15, 0x25, 0x45
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_SET_MODE_FILTER, _TSYNC = 1, 1


class Instruction(NamedTuple):
    """A classic BPF instruction. Jumps count the instructions to skip."""

    code: int
    if_true: int
    if_false: int
    value: int


@functools.cache
def assemble(machine: str, same_user: bool) -> tuple[Instruction, ...]:
    """Build the filter; with `same_user`, also refuse what file permissions do not stop."""
    numbers = syscalls.NUMBERS[machine]

    def refuse(names: str, action: int) -> list[Instruction]:
        known = [numbers[name] for name in names.split() if name in numbers]
        return [step for n in known for step in (_skip_unless(n, 1), _return(action))]

    def judge(name: str, steps: list[Instruction]) -> list[Instruction]:
        """Check the arguments of one call with `steps`; allow what they let through."""
        if name not in numbers:
            return []
        return [_skip_unless(numbers[name], len(steps) + 1), *steps, _return(_ALLOW)]

    program = [
        _load(_ARCH),
        Instruction(_EQUAL, 1, 0, syscalls.AUDIT_ARCH[machine]),
        _return(_KILL),
        _load(_NUMBER),
        # Newer calls, and on x86_64 those of the x32 variant, whose numbers begin at 512.
        Instruction(_GREATER, 0, 1, syscalls.NEWEST),
        _return(ENOSYS),
        *refuse(_OTHERS + _OUTWARDS + _MACHINE, EPERM),
        *refuse(_MISSING, ENOSYS),
        *refuse(_IGNORED, IGNORE),
        *judge("clone", _refuse_any_bit(0, _NAMESPACES | _CLONE_PTRACE | _CLONE_PARENT)),
        *judge("fcntl", _refuse_values(1, _FCNTL)),
        *judge("ioctl", _refuse_values(1, _IOCTL)),
        *judge("mmap", _refuse_values(3, _SHARED_MEMORY, mask=0x23)),
        *judge("setsockopt", _refuse_values(2, _SOCKET_OPTIONS)),
        *judge(
            "socketpair",
            # A datagram socket could name any receiver in each message.
            _refuse_others(0, [_AF_UNIX])
            + _refuse_others(1, [_SOCK_STREAM, _SOCK_SEQPACKET], _SOCK_TYPE),
        ),
    ]
    for name in _ON_SELF.split():
        program += judge(name, _refuse_others(0, [0]))
    # Truncating a file opened for reading, or for nothing: Landlock before ABI 3 allows both.
    for name, flags in [("open", 1), ("openat", 2)]:
        steps = _refuse_values(flags, [_O_TRUNC], _O_ACCMODE | _O_TRUNC)
        program += judge(name, steps + _refuse_values(flags, [_O_ACCMODE], _O_ACCMODE))
    if same_user:
        program += refuse(_IGNORED_METADATA, IGNORE) + refuse(_METADATA, EPERM)
    return (*program, _return(_ALLOW))


def _load(offset: int) -> Instruction:
    return Instruction(_LOAD, 0, 0, offset)


def _return(action: int) -> Instruction:
    return Instruction(_RETURN, 0, 0, action)


def _skip_unless(number: int, count: int) -> Instruction:
    return Instruction(_EQUAL, 0, count, number)


def _argument(index: int, mask: int = 0xFFFFFFFF) -> list[Instruction]:
    # The low half of a 64-bit argument is all that the kernel reads of an int.
    offset = _ARGUMENTS + 8 * index + (4 if sys.byteorder == "big" else 0)
    return [_load(offset), Instruction(_AND, 0, 0, mask)]


def _refuse_values(index: int, values: Iterable[int], mask: int = 0xFFFFFFFF) -> list[Instruction]:
    tests = [step for v in values for step in (_skip_unless(v, 1), _return(EPERM))]
    return _argument(index, mask) + tests


def _refuse_others(index: int, values: list[int], mask: int = 0xFFFFFFFF) -> list[Instruction]:
    tests = [Instruction(_EQUAL, len(values) - i, 0, v) for i, v in enumerate(values)]
    return [*_argument(index, mask), *tests, _return(EPERM)]


def _refuse_any_bit(index: int, bits: int) -> list[Instruction]:
    return [*_argument(index), Instruction(_ANY_BIT, 0, 1, bits), _return(EPERM)]


class _Filter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter)))


def prepare(same_user: bool) -> None:
    """Build the filter now, for processes forked later."""
    if syscalls.machine() in syscalls.NUMBERS:
        assemble(syscalls.machine(), same_user)


def apply(same_user: bool) -> None:
    """Filter all threads of this process and its children permanently. Needs no_new_privs."""
    machine = syscalls.machine()
    if machine not in syscalls.NUMBERS or sys.maxsize < 2**32:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    program = assemble(machine, same_user)
    filters = (_Filter * len(program))(*program)
    whole = _Program(len(program), filters)
    number = syscalls.NUMBERS[machine]["seccomp"]
    result = kernel.syscall("seccomp", number, _SET_MODE_FILTER, _TSYNC, ctypes.byref(whole))
    if result:
        raise OSError(errno.EBUSY, f"seccomp: thread {result} could not be filtered")
