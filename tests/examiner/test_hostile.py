"""Each notebook in tests/hostile/ attacks the grader: none gains points, learns or breaks anything.

A notebook's metadata say what its honest part can earn at most (`honest_points`), and which
questions must keep exactly that, because the attack does not concern them (`keeps`). Some have
sentences that their authors must read (`says`).
"""

import contextlib
import json
import os
import re
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from conftest import HERE

from autograder.assignment.bundle import Bundle, read_bundle
from autograder.grader import Grader
from autograder.results.score import Outcome, Score

HOSTILE = HERE / "hostile"
NOTEBOOKS = sorted(HOSTILE.glob("*.ipynb"))
# Where a notebook could plant something for others; each uses this prefix.
OUTSIDE = [Path(folder) for folder in ["/tmp", "/var/tmp", "/dev/shm", "/"]]
PLANTED = "unroll_hostile_"
HOME = re.compile(r"unroll-scratch-candidate-.*")
# Candidates' user ids start here, see autograder.sandbox.processes.
CANDIDATES = 1_900_000_000
# How much the examiner may grow while it reads the answers of one submission.
GROWTH_MB = 300


@dataclass
class Attacked:
    """A grader that is attacked, and what it must not give away."""

    grader: Grader
    bundle: Bundle
    honest: Path
    secrets: list[str]
    server: psutil.Process

    def grade(self, path: Path) -> Score:
        before = _peak_mb()
        updates: list[Score] = []
        score = self.grader.grade(path, on_update=updates.append)
        assert _peak_mb() - before < GROWTH_MB
        assert updates[0].points == 0
        for update in [*updates, score]:
            self._check_is_silent(update)
        self._check_nothing_is_left()
        return score

    def _check_is_silent(self, score: Score) -> None:
        values = score.to_json()
        for question in values["questions"]:
            for test in question["tests"]:
                del test["staff_facts"]  # no student reads it
        text = json.dumps(values, allow_nan=False, ensure_ascii=False)
        assert "BREACH" not in text, text
        assert "STOLEN" not in text, text
        told = [secret for secret in self.secrets if secret in text]
        assert not told, text

    def _check_nothing_is_left(self) -> None:
        assert not [p for folder in OUTSIDE for p in folder.glob(f"{PLANTED}*")]
        deadline = time.monotonic() + 2
        while left := [process for process in self._processes() if _runs(process)]:
            assert time.monotonic() < deadline, left
            time.sleep(0.02)

    def _processes(self) -> set[psutil.Process]:
        """Processes below the server, and orphans of candidates' users."""
        below = set(self.server.children(recursive=True))
        for process in psutil.process_iter() if os.geteuid() == 0 else ():
            with contextlib.suppress(psutil.Error):
                if process.uids().real >= CANDIDATES and process.ppid() == 1:
                    below.add(process)
        return below


def homes() -> set[Path]:
    """The homes of candidates, of any grader."""
    return {p for p in Path(tempfile.gettempdir()).iterdir() if HOME.fullmatch(p.name)}


def _runs(process: psutil.Process) -> bool:
    """A zombie runs nothing."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _hidden_inputs(bundle: Bundle) -> list[float]:
    """Every number that a hidden test passes to a right answer."""
    seen: list[float] = []

    def spy(function):
        def answer(*arguments):
            for argument in arguments:
                seen.extend(float(number) for number in np.ravel(argument))
            return function(*arguments)

        return answer

    def center(values):
        return values - values.mean(axis=0)

    right = {
        "double": spy(lambda x: 2 * x),
        "center": spy(center),
        "spread": spy(lambda values: np.sqrt(np.mean(center(values) ** 2, axis=0))),
        "quiet": spy(lambda: "hush"),
    }
    for question in bundle.graded:
        for case in bundle.tests_of(question.name):
            if case.hidden:
                case.run(right)
    return seen


def _secrets(bundle: Bundle) -> list[str]:
    """Texts that no output may contain: lines of hidden tests, hidden inputs in many spellings."""
    lines = set()
    for file in bundle.folder.glob("q*.py"):
        for block in file.read_text(encoding="utf-8").split("@test_case")[1:]:
            if "hidden=True" in block.split("def ")[0]:
                body = block.split('"""', 2)[2]
                lines |= {line.strip() for line in body.splitlines() if len(line.strip()) > 25}
        lines |= set(re.findall(r"SEMESTER = (\d+)", file.read_text(encoding="utf-8")))
    numbers = set()
    for value in _hidden_inputs(bundle):
        if value != int(value):  # whole numbers are everywhere
            numbers |= {
                repr(value),
                value.hex(),
                str(struct.unpack("<q", struct.pack("<d", value))),
            }
        for scale in [10**5, 10**6]:
            integer = int(abs(value) * scale)
            if integer > 10**4:
                for shifted in [integer, 2**31 + integer, 2**40 + integer]:
                    numbers |= {f"{shifted}", f"{shifted:,}"}
    return sorted(lines | numbers)


@pytest.fixture(scope="module")
def attacked(built) -> Iterator[Attacked]:
    bundle = read_bundle(built.root / "autograder/hidden_tests/tiny")
    limits = replace(
        bundle.limits,
        cell_seconds=1.0,
        question_seconds=1.0,
        submission_seconds=12.0,
        memory_mb=400,
        processes=24,
        file_mb=16,
        disk_mb=100,
        files=1000,
    )
    os.environ["UNROLL_TEST_SECRET"] = "BREACH"
    try:
        before = set(psutil.Process().children())
        with Grader(replace(bundle, limits=limits)) as grader:
            (server,) = set(psutil.Process().children()) - before
            honest = built.root / "solutions/tiny.ipynb"
            yield Attacked(grader, bundle, honest, _secrets(bundle), server)
    finally:
        del os.environ["UNROLL_TEST_SECRET"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_attack_gains_nothing(attacked: Attacked, path: Path) -> None:
    expected = json.loads(path.read_text(encoding="utf-8"))["metadata"]["hostile"]
    score = attacked.grade(path)
    assert {q.name for q in score.questions if not q.manual} == set(expected["honest_points"])
    assert score.outcome is not Outcome.BROKEN, score.staff_notes
    for question in score.questions:
        honest = expected["honest_points"].get(question.name, 0)
        assert 0 <= question.points <= honest, question
        if question.name in expected["keeps"]:
            assert question.points == honest, (question, score.notes)
    said = {test.facts for question in score.questions for test in question.tests}
    assert said >= set(expected.get("says", []))


def test_the_secrets_are_real(attacked: Attacked) -> None:
    """The search for secrets would find a secret."""
    assert any("rng.normal(size=shape)" in secret for secret in attacked.secrets)
    assert "300000" in attacked.secrets  # -3, which a hidden test doubles
    assert len(attacked.secrets) > 100


@pytest.mark.parametrize(
    "first", ["planted_startup", "fork_answers", "kill_everything", "fill_disk"]
)
def test_the_next_submission_is_not_affected(attacked: Attacked, first: str) -> None:
    attacked.grade(HOSTILE / f"{first}.ipynb")
    assert attacked.grade(attacked.honest).points == 100
    assert attacked.grade(HOSTILE / "patched_rng.ipynb").points == 0


def test_no_home_is_left(attacked: Attacked) -> None:
    before = homes()
    for name in ["fill_disk", "change_folder", "detached_children"]:
        attacked.grade(HOSTILE / f"{name}.ipynb")
    # Another grader may be running on this machine; its homes disappear later.
    deadline = time.monotonic() + 20
    left = homes() - before
    while left := {home for home in left if home.exists()}:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_modules_beside_the_notebook_are_ignored(attacked: Attacked, tmp_path: Path) -> None:
    """Other files that a student zips with the notebook are ignored."""
    bad = b"open('/tmp/unroll_hostile_beside', 'w').close()\nraise SystemExit\n"
    names = ["numpy.py", "otter/__init__.py", "ipykernel_launcher.py", "seqlab/__init__.py"]
    archive = tmp_path / "submission.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in [*names, ".OTTER_LOG", "tests/q1_double.py", "sitecustomize.py"]:
            file.writestr(name, bad)
        file.write(attacked.honest, "tiny.ipynb")
    assert attacked.grade(archive).points == 100
    # On disk too, as if somebody had unzipped it.
    with zipfile.ZipFile(archive) as file:
        file.extractall(tmp_path)
    assert attacked.grade(tmp_path / "tiny.ipynb").points == 100


def test_the_grader_is_still_the_same(attacked: Attacked) -> None:
    """After all of the above, in the process that went through it all."""
    score = attacked.grade(attacked.honest)
    assert score.points == 100
    assert score.outcome is Outcome.PASSED
    assert attacked.server.is_running()
    assert sys.getswitchinterval() < 1
