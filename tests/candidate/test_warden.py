"""The warden ends whoever takes more than the allowance, and nobody else."""

import os
import socket
import time
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.candidate.warden import Allowance, Warden

ENOUGH = Allowance(memory_mb=2000, disk_mb=100, files=100)


@pytest.mark.parametrize(
    ("allowance", "said"),
    [
        (ENOUGH, b""),
        (Allowance(2000, 100, files=30), b"f"),
        (Allowance(2000, 2, files=100), b"d"),
        (Allowance(1, 100, files=100), b"m"),
    ],
)
def test_only_what_is_allowed_may_be_there(tmp_path, allowance, said):
    ours, theirs = socket.socketpair()
    warden = os.fork()
    if warden == 0:
        ours.close()
        try:
            sandbox.become_warden()
            first = os.fork()
            if first == 0:
                for number in range(40):
                    (tmp_path / f"{number}").mkdir()
                # One of them has lost its name, but not its place on the disk.
                unlinked = os.open(tmp_path / "unlinked", os.O_CREAT | os.O_WRONLY)
                os.unlink(tmp_path / "unlinked")
                os.write(unlinked, bytes(2 << 20))
                (tmp_path / "large").write_bytes(bytes(1 << 20))
                held = bytearray(os.urandom(1 << 20) * 8)
                time.sleep(60)
                del held
            Warden(theirs, first, allowance, lambda: [tmp_path]).watch()
            sandbox.kill_descendants()
        finally:
            os._exit(0)
    theirs.close()
    ours.settimeout(3 if said else 0.7)
    try:
        assert ours.recv(1) == said
    except TimeoutError:
        assert not said
    ours.sendall(b"x")
    os.waitpid(warden, 0)
    assert len(list(Path(tmp_path).iterdir())) == 41
