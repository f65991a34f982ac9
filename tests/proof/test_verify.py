"""`unroll verify` as an instructor sees it: what it prints, keeps, and does not do again."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import HERE, Project, copy_course

from tools.commands import cli
from tools.proof import plan
from tools.proof.verdict import Law


@pytest.fixture(scope="module")
def proven(tmp_path_factory) -> SimpleNamespace:
    """The tiny course after a build, a quick and a full proof with mutants; what they printed."""
    project = copy_course(tmp_path_factory.mktemp("proven") / "project")
    run(project, "build")
    quick = run(project, "verify")
    after_quick = results(project)
    # A hundred seeds say no more about the machinery than three.
    full = run(project, "verify", "--full", "--mutants", "-j", "1", seeds=3)
    return SimpleNamespace(project=project, quick=quick, after_quick=after_quick, full=full)


def run(project: Project, *arguments: str, seeds: int = 100) -> SimpleNamespace:
    """Run a command as in a terminal; return its exit code and what it prints."""
    out, errors = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        pytest.raises(SystemExit) as exit_,
    ):
        patch.setattr(plan, "FULL_SEEDS", seeds)
        cli.main([*arguments, "--root", str(project.root)])
    return SimpleNamespace(
        returncode=exit_.value.code or 0, stdout=out.getvalue(), stderr=errors.getvalue()
    )


def results(project: Project) -> dict[str, int]:
    """Return when each kept record was written, by notebook and key."""
    files = (project.root / "build/verify/tiny").glob("*.json")
    return {record_of(file): file.stat().st_mtime_ns for file in files}


def record_of(file: Path) -> str:
    return file.name.rsplit(".", 2)[0]


def copied(project: Project, folder: Path) -> Project:
    return Project(shutil.copytree(project.root, folder / "copy"))


@pytest.mark.parametrize("form", ["quick", "full"])
def test_all_laws_hold_for_the_tiny_assignment(proven, form):
    shown = getattr(proven, form)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"tiny: {form} proof" in shown.stdout
    lines = shown.stdout.splitlines()
    for law in Law if form == "full" else [law for law in Law if law is not Law.MUTANTS]:
        (row,) = [line for line in lines if f"│ {law} " in line]
        assert " holds " in row
    assert f"tiny, {form} proof: leak and fresh" in shown.stderr


def test_what_was_done_is_not_done_again(proven):
    quick, both = proven.after_quick, results(proven.project)
    assert quick.items() <= both.items()
    assert len(both) > len(quick)
    # Not even when a file has changed that no result depends on.
    proven.project.edit_file("assignments/tiny/assignment.toml", "words.txt", "words.txt")
    again = run(proven.project, "verify", "--full", seeds=3)
    assert again.stdout == "tiny: unchanged, all laws hold (full proof)\n"
    # The full proof proves what the quick one does.
    assert run(proven.project, "verify").stdout == again.stdout
    assert results(proven.project) == both


def test_the_proof_on_file(proven):
    folder = proven.project.root / "build/verify"
    text = (folder / "tiny.json").read_text(encoding="utf-8")
    values = json.loads(text)
    assert text == json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert values["holds"] and values["form"] == "full" and values["semester"] == "2026 spring"
    bugs = {bug["slug"]: bug for bug in values["bugs"]}
    assert bugs["q1_square"]["lost"] == {"q1_double": 30}
    assert bugs["q1_square"]["named"] == ["q1_square"]
    assert bugs["q2_sample_spread"]["failed"] == {"q2_center": ["The spread of a known column"]}
    accepted = {one["file"]: one for one in values["accepted"]}
    assert accepted["accepted/sums.py"]["questions"] == ["q1_double", "q2_center"]
    assert accepted["accepted/sums.py"]["seeds"] == 3
    mutants = {(each["line"], each["becomes"]): each for each in values["mutants"]}
    assert len(mutants) == len(values["mutants"]) > 40
    caught = mutants["return 2 * x", "return 2"]
    assert caught["caught"] and not caught["equivalent"]
    assert caught["named"] == ["double is 2 everywhere"]
    assert mutants["return 2 * x", "return x"]["operator"] == "left operand dropped"
    alive = [each for each in values["mutants"] if not each["caught"]]
    assert len(alive) == 3 and all(each["equivalent"] for each in alive)
    assert (folder / "tiny.png").read_bytes().startswith(b"\x89PNG")
    # Nothing is left of the other semesters' tests.
    assert {path.name for path in folder.iterdir()} == {"tiny", "tiny.json", "tiny.png"}


def test_after_an_interruption_it_goes_on(proven, tmp_path):
    project = copied(proven.project, tmp_path)
    folder = project.root / "build/verify"
    (folder / "tiny.json").unlink()
    # Otter's results stay: a kernel takes its time, and is handled like all others.
    kept = [file for file in folder.glob("tiny/*.json") if record_of(file) in proven.after_quick]
    lost = [file for file in kept if "otter" not in json.loads(file.read_text())]
    gone = {record_of(file) for file in lost}
    for file in lost:
        file.unlink()
    command = [sys.executable, "-m", "tools", "verify", "-j", "1", "--root", str(project.root)]
    process = subprocess.Popen(
        command, cwd=HERE.parent, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not gone & set(results(project)) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert "the same command continues there" in process.stderr.read()
    before = results(project)
    assert gone & set(before)
    assert gone - set(before)
    assert run(project, "verify", "-j", "1").returncode == 0
    after = results(project)
    assert before.items() <= after.items()
    assert gone <= set(after)


def test_generated_files_that_were_edited_by_hand(proven, tmp_path):
    project = copied(proven.project, tmp_path)
    project.edit_file("solutions/tiny.ipynb", "return 2 * x", "return x * 2")
    shown = run(project, "verify")
    assert shown.returncode == 1
    assert "The law fresh is broken:" in shown.stdout
    assert "solutions/tiny.ipynb is not what a build writes, from line" in shown.stdout
    assert "Run `unroll build tiny`, and edit the master instead." in shown.stdout
    (row,) = [line for line in shown.stdout.splitlines() if "│ solution" in line]
    assert "not reached" in row
