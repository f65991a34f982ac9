"""Memory in pages of 2 MB, so that a process with PyTorch forks in a third of the time.

A fork copies the table of all pages that its parent has written. PyTorch writes 170 MB while it is
imported, which are 43,000 small pages or 85 huge ones; the kernel splits a huge one again where a
child writes to it. See madvise(2), MADV_COLLAPSE.
"""

import ctypes
import re
import sys

MADV_COLLAPSE = 25
HUGE = 2 * 2**20
# Private memory of no file, which may be read and written.
_ANONYMOUS = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0\s*(\[heap\])?\n")


def collapse() -> None:
    """Put this process's own memory into huge pages.

    Nothing changes where the kernel cannot: before Linux 6.1, without /proc, or short of memory.
    """
    if not sys.platform.startswith("linux"):
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            ranges = [(int(m[1], 16), int(m[2], 16)) for m in map(_ANONYMOUS.fullmatch, file) if m]
    except OSError:  # a sandbox may hide it
        return
    for start, end in ranges:
        first, last = -(-start // HUGE) * HUGE, end // HUGE * HUGE
        if first < last:
            madvise(first, last - first, MADV_COLLAPSE)
