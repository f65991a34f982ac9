"""Folders for one run: kept while a process works in them, removed after a kill."""

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


def test_folders_that_hold_something_or_are_closed_are_removed(tmp_path):
    inner = tmp_path / "tree/closed/deeper"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    (tmp_path / "tree/closed").chmod(0)
    disk.remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
