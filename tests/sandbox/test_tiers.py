"""The grader in each tier of isolation that this machine supports."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def readable(built):
    """The built course, in a place where an ordinary user can read it."""
    folder = Path("/var/tmp") / f"unroll-tiers-{os.getpid()}"
    shutil.copytree(built.root, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("tier", ["T1", "T2", "T3"])
def test_a_right_and_an_untouched_notebook(tier, readable):
    files = [readable / "solutions/tiny.ipynb", readable / "student_release/tiny/tiny.ipynb"]
    answer = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("grade_in_tier.py"),
            tier,
            readable / "autograder/hidden_tests/tiny",
            *files,
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    if "refused" in said:
        pytest.skip(f"{tier} is not to be had here: {said['refused']}")
    assert said["isolation"].startswith(f"{tier}: ")
    assert said["points"] == [100, 0]
