"""Folders for one run: kept while a process works in them, removed after a kill."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HERE

from autograder import disk

MAKE_AND_WAIT = """
import os, sys, tempfile, time
tempfile.tempdir = sys.argv[1]
from autograder.disk import Scratch
folder = Scratch("test")
(folder.path / "deep").mkdir()
(folder.path / "deep/file").write_text("x")
if os.fork() == 0:
    time.sleep(60)
print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_folder_is_private_and_stays_while_it_is_used(tmp_path):
    folder = disk.Scratch("test")
    assert folder.path.parent == tmp_path and folder.path.stat().st_mode & 0o777 == 0o700
    disk.sweep(young_seconds=0)
    assert folder.path.exists()
    folder.remove()
    assert not folder.path.exists()


def test_what_a_killed_process_left_is_removed(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE_AND_WAIT, tmp_path],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    folder = Path(process.stdout.readline().strip())
    process.kill()
    process.wait()
    disk.sweep(young_seconds=0)
    assert folder.exists(), "a process that it forked still works there"
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.read()  # ends when the last process has died
    disk.sweep()
    assert folder.exists(), "so young, it may not be locked yet"
    disk.sweep(young_seconds=0)
    assert not folder.exists()


def test_what_only_has_the_name_is_let_be(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / f"{disk.PREFIX}link").symlink_to(kept)
    (tmp_path / f"{disk.PREFIX}file").write_text("x")
    (tmp_path / "unroll-other").mkdir()
    disk.sweep(young_seconds=0)
    assert len(list(tmp_path.iterdir())) == 4 and kept.exists()


def test_an_empty_folder_takes_one_call(tmp_path, monkeypatch):
    """A candidate may leave 150,000 of them, where each call may wait for a disk."""
    calls = []
    for name in ("rmdir", "chmod", "rename", "open", "unlink"):
        own = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, _n=name, _f=own, **k: (calls.append(_n), _f(*a, **k))[1]
        )
    tree = tmp_path / "tree"
    for number in range(100):
        (tree / f"{number}").mkdir(parents=True)
    calls.clear()
    disk.remove_tree(tree)
    assert not tree.exists()
    assert len(calls) < 110 and calls.count("rmdir") >= 100


def test_a_full_folder_is_removed_even_when_the_interpreter_ends(tmp_path):
    for number in range(disk.FEW + 1):
        (tmp_path / "full" / str(number)).mkdir(parents=True)
        (tmp_path / "full" / str(number) / "file").touch()
    code = "import atexit, concurrent.futures.thread; from pathlib import Path; "
    code += "from autograder.disk import remove_tree; "
    code += f"atexit.register(remove_tree, Path({str(tmp_path / 'full')!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, check=True
    )
    assert (done.stderr, os.listdir(tmp_path)) == (b"", [])


def test_folders_that_hold_something_or_are_closed_are_removed(tmp_path):
    inner = tmp_path / "tree/closed/deeper"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    (tmp_path / "tree/closed").chmod(0)
    disk.remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_what_is_there_is_counted_up_to_a_limit(tmp_path):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/file").write_bytes(bytes(5000))
    (tmp_path / "a/link").symlink_to("/")
    count, size = disk.measure_tree(tmp_path, 100)
    assert count == 5 and 5000 <= size < 20_000
    assert disk.measure_tree(tmp_path, 3)[0] == 4
    assert disk.measure_tree(tmp_path / "nothing", 100) == (0, 0)


def test_neither_depth_nor_closed_folders_hide_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "MAX_FORKS", 20)
    before = len(os.listdir("/proc/self/fd"))
    with contextlib.chdir(tmp_path):
        for _ in range(50):  # deeper than any path can name
            os.mkdir("chain" * 20)
            os.chdir("chain" * 20)
    assert disk.measure_tree(tmp_path, 9000)[0] == 50
    disk.remove_tree(tmp_path / ("chain" * 20))  # pytest could not
    folder = tmp_path
    for _ in range(30):
        (folder / "b").mkdir()
        (folder := folder / "a").mkdir()
    assert disk.measure_tree(tmp_path, 9000)[0] == 9001
    disk.remove_tree(tmp_path / "a")
    child = os.fork()
    if child == 0:  # root lists every folder, this user does not
        with contextlib.suppress(BaseException):
            closed = tmp_path.parent / "of-others"
            closed.mkdir()
            os.chdir(closed)
            if os.geteuid() == 0:
                os.chown(closed, 60_999, 60_999)
                os.setresuid(60_999, 60_999, 60_999)
            os.mkdir("inner", 0o300)
            Path("inner/file").touch()
            os._exit(disk.measure_tree(Path("."), 9)[0])
        os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert len(os.listdir("/proc/self/fd")) == before
