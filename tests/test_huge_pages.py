"""Memory in huge pages: a fork has less to copy, and what the memory holds stays."""

import json
import subprocess
import sys

import pytest

from autograder import huge_pages

PROGRAM = """
import hashlib, json, os, random
from autograder.huge_pages import collapse

held = [random.Random(n).randbytes(100_000) for n in range(400)]

def digest():
    return hashlib.sha256(b"".join(held)).hexdigest()

def huge():
    # MB in huge pages, in a fork
    reading, writing = os.pipe()
    if os.fork() == 0:
        with open("/proc/self/smaps_rollup") as file:
            line = next(line for line in file if line.startswith("AnonHugePages"))
        os.write(writing, line.split()[1].encode())
        os._exit(0)
    os.wait()
    return int(os.read(reading, 100)) // 1024

before = digest(), huge()
collapse()
print(json.dumps([before, (digest(), huge())]))
"""


def kernel() -> tuple[int, ...]:
    """Return the version of the kernel, as far as it counts."""
    with open("/proc/sys/kernel/osrelease", encoding="ascii") as file:
        return tuple(int(part) for part in file.read().split(".")[:2])


@pytest.mark.skipif(sys.platform != "linux", reason="nothing to do elsewhere")
def test_a_fork_copies_a_smaller_huge():
    """40 MB take 10,000 entries in small pages; in huge ones, next to none."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    (before, few), (after, many) = json.loads(run.stdout)
    assert after == before
    assert many >= 30 if kernel() >= (6, 1) else many == few


def test_another_system_is_left_alone(monkeypatch):
    """There is no such call elsewhere."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(huge_pages.ctypes, "CDLL")
    huge_pages.collapse()
