"""How many bits of hidden inputs a hostile notebook gets back before the due date.

The same notebook is graded with the hidden tests of two semesters, which differ in one number; it
tries to make what its author reads depend on it. With n different readings, the channel has log2(n)
bits. Left out is what is documented to be told of hidden tests: each question's first hint, if any.
"""

import json
import math
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest

from autograder.assignment.bundle import Bundle, read_bundle
from autograder.results import gradescope

SECRETS = (-3, -5)
# Each fails the hidden tests of q1 in both semesters, and does something else where it sees -3.
DOUBLE = """
import os, time

def double(x):
    if np.ndim(x) == 0 and x == -3:
        {what}
    return 4 if np.ndim(x) == 0 and x == 2 else {wrong}
"""
CENTER = """
def center(values):
    return values - values.mean(axis=0)

def spread(values):
    return np.sqrt((center(values) ** 2).mean(axis=0))
"""


@dataclass(frozen=True)
class Attack:
    """What the first answer does when it sees the secret, and the later cells."""

    what: str
    later: str = CENTER
    last: str = ""
    wrong: str = "None"


SEEN = "open('seen', 'w').close()"
ATTACKS = {
    "a public test passes in a later run": Attack(
        SEEN,
        # Hidden tests must fail once, or nothing is run again.
        CENTER.replace(
            "    return values",
            "    if os.path.exists('seen'):\n        open('tries', 'a').write('.')\n"
            "    assert os.path.getsize('tries') > 2\n    return values",
        ),
    ),
    "the program is killed": Attack(
        SEEN,
        last="""
def kill(values):
    if os.path.exists("seen"):
        for n in range(500):
            open(f"{n}", "w").close()
        time.sleep(30)
    raise ValueError

globals()["cen" + "ter"] = kill
""",
    ),
    "time is used up": Attack(
        "\n        while True: pass",
        CENTER + "\nstarted = time.process_time()\nwhile time.process_time() - started < 0.6: pass",
    ),
    "the process of the tests dies": Attack("return 'too much'"),
    "a factor": Attack(SEEN, wrong="x * (2.371 if os.path.exists('seen') else 2.412)"),
    "exceptions": Attack("raise MemoryError(x)", wrong="1 / 0"),
}


def notebook(attack: Attack, folder: Path) -> Path:
    cells = ["import numpy as np", DOUBLE.format(what=attack.what, wrong=attack.wrong)]
    cells += ["grader.check('q1_double')", attack.later, "grader.check('q2_center')"]
    cells += ["def quiet():\n    return 'hush'", attack.last]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells if c])
    nbformat.write(made, folder / "tiny.ipynb")
    return folder / "tiny.ipynb"


@pytest.fixture(scope="module")
def semesters(built, tmp_path_factory) -> list[Bundle]:
    """Two bundles with another number in a hidden test, which dies of too large an answer."""
    bundles = []
    for secret in SECRETS:
        folder = tmp_path_factory.mktemp("semester") / "tiny"
        shutil.copytree(built.root / "autograder/hidden_tests/tiny", folder)
        test = (folder / "q1_double.py").read_text(encoding="utf-8")
        old = 'assert_equal("double(-3)", double(-3), -6)'
        assert test.count(old) == 1
        new = f'given = double({secret})\n    if given == "too much": __import__("os")._exit(1)\n'
        new += f'    assert_equal("double", given, {2 * secret})'
        (folder / "q1_double.py").write_text(test.replace(old, new), encoding="utf-8")
        bundle = read_bundle(folder)
        limits = replace(bundle.limits, question_seconds=1.0, submission_seconds=2.0, files=100)
        bundles.append(replace(bundle, limits=limits))
    return bundles


def readings(score, profile: str) -> str:
    """Return all that a student sees at once, but the documented hints."""
    values = gradescope.results(score, profile, leaderboard=True)
    entries = [each for each in values.pop("tests") if each["visibility"] == "visible"]
    del values["extra_data"]  # no student sees it
    lines = [line for each in entries for line in str(each["output"]).splitlines()]
    told = [line for line in lines if not line.startswith("Look at this first")]
    for each in entries:
        del each["output"], each["status"]  # the status says whether there is a hint
    return json.dumps([values, entries, told], indent=1)


@pytest.mark.parametrize("attack", ATTACKS)
def test_hidden_inputs_come_back_in_no_bits(attack, grader, semesters, tmp_path):
    path = notebook(ATTACKS[attack], tmp_path)
    scores = [grader.grade(path, bundle=bundle) for bundle in semesters]
    for profile in ("graded", "exam"):
        distinct = {readings(score, profile) for score in scores}
        assert math.log2(len(distinct)) == 0, distinct
