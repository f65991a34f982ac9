"""The command line: exit codes, messages and what it prints."""

import subprocess
import sys

import pytest
from conftest import HERE

from tools.commands import cli
from tools.files import sha256


def run(*arguments: str, cwd=HERE.parent) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(HERE.parent), "PATH": "", "COLUMNS": "100"}
    command = [sys.executable, "-m", "tools", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("command", cli.unroll.commands)
def test_help_has_an_example(command):
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert f"Example: unroll {command}" in shown.stdout


def test_help_lists_the_commands():
    assert run("-h").stdout.startswith("Usage: unroll [OPTIONS] COMMAND [ARGS]...")


def test_an_unknown_assignment_is_wrong_usage(project, unroll):
    code, _, errors = unroll("build", "tyni")
    assert code == 2
    assert errors.endswith('Error: There is no assignment "tyni". Did you mean "tiny"?\n')


def test_an_assignment_that_is_not_listed_is_said(project, unroll):
    """As after a merge that kept only one of two lists."""
    project.edit_file("assignments/course.toml", '["tiny"]', "[]")
    code, out, errors = unroll("build")
    assert (code, out) == (0, "")
    assert errors == "assignments/course.toml does not list tiny: left out.\n"
    code, _, errors = unroll("build", "tiny")
    assert code == 2 and "does not list tiny. Add it to `assignments`." in errors


def test_a_container_of_nothing_is_wrong_usage(built):
    for option in ("--minutes", "--memory-mb"):
        shown = run("rehearse", "tiny", option, "0", "--root", str(built.root))
        assert shown.returncode == 2 and "0.0 is not in the range x>0" in shown.stderr


def test_a_folder_without_a_course_is_wrong_usage(tmp_path):
    shown = run("build", "--root", str(tmp_path))
    assert shown.returncode == 2
    assert "there is no assignments/course.toml in" in shown.stderr.replace("\n", " ")


def test_the_project_is_found_from_a_folder_within(built):
    shown = run("build", cwd=built.root / "assignments/tiny")
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "tiny: unchanged\n", "")


def test_a_mistake_is_a_message_without_a_traceback(project):
    project.edit("q1_solution", "return 2 * x", "return 2 * x  # SOLUTION")
    shown = run("build", "--root", str(project.root))
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.startswith("tiny.ipynb, cell q1_solution, line 4: ")
    assert "Traceback" not in shown.stderr


def test_a_build_prints_what_it_wrote(project, unroll):
    code, out, errors = unroll("build", "tiny")
    assert (code, errors) == (0, "")
    archive = (project.root / "build/tiny-student.zip").read_bytes()
    (row,) = [line for line in out.splitlines() if "tiny-student.zip" in line]
    assert f"{len(archive):,}" in row and sha256(archive)[:12] in row
    words = {word for line in out.splitlines() for word in line.split()}
    assert {"q1_double", "30", "hand", "total", "100", "solutions/tiny.ipynb"} <= words
    assert "autograder/hidden_tests/tiny/ (5 files)" in out


def test_otter_prints_nothing(project):
    shown = run("build", "--root", str(project.root))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert {line[0] for line in shown.stdout.splitlines()} <= set("t┏┃┡│├└")


def test_main_without_arguments_shows_the_help(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main([])
    assert exit_.value.code == 2
