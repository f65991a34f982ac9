"""Courses side by side: `unroll new`, `unroll semester`, `--root`, and a class of another one."""

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import click
import pytest

from tools.commands import cli, verify
from tools.commands.new import with_assignment
from tools.commands.request import Request, check_semester, remember
from tools.commands.semester import with_semester
from tools.errors import AuthorError
from tools.files import write
from tools.proof.plan import Scope


def refused(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        cli.main([*arguments])
    assert exit_.value.code
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assignments = []\n", 'assignments = ["b"]\n'),
        ('assignments = ["a"]\n', 'assignments = ["a", "b"]\n'),
        (
            '# x\nassignments = [\n    "a", # first\n]\nlate = 1\n',
            '# x\nassignments = [\n    "a", # first\n    "b",\n]\nlate = 1\n',
        ),
    ],
)
def test_an_assignment_is_added_to_the_list(before, after):
    assert with_assignment(before, "b") == after


def test_a_list_that_cannot_be_edited_stays():
    with pytest.raises(AuthorError, match=r"the list of assignments is not written as usual\. Wri"):
        with_assignment('assignments = ["a" # ]\n]\n', "b")


def test_names_and_places_that_cannot_be(project, capsys, tmp_path):
    root = ("--root", str(project.root))
    assert '"Tiny-2" cannot name an assignment. Write lower' in refused(
        capsys, "new", "Tiny-2", *root
    )
    assert "tiny is already there. Choose" in refused(capsys, "new", "tiny", *root)
    write(tmp_path / "other/notes.txt", b"")
    there = ("--root", str(tmp_path / "other"))
    assert "holds other files, and no course. Name an empty" in refused(capsys, "new", "x1", *there)


def test_a_second_assignment_beside_others(project, unroll):
    code, told, _ = unroll("new", "second", "--title", "The second")
    assert code == 0 and "assignments/second/second.ipynb" in told
    assert told.endswith("Next: unroll build second, then unroll verify second.\n")
    course = tomllib.loads((project.root / "assignments/course.toml").read_text("utf-8"))
    assert course["assignments"] == ["tiny", "second"]
    assert unroll("format", "--check") == (0, "", "")


def test_another_semester(project, unroll, monkeypatch):
    proven = []
    monkeypatch.setattr(verify, "run", lambda *asked: proven.append(asked) or 0)
    due = "\n[late]\npercent_per_day = 10\n[late.due]\ntiny = 2026-03-01T23:59:00+01:00\n"
    course = project.root / "assignments/course.toml"
    course.write_text(course.read_text("utf-8") + due, "utf-8")
    assert unroll("build")[0] == 0
    release = project.root / "student_release/tiny"
    files = len([file for file in release.rglob("*") if file.is_file()])
    assert unroll("semester", "2027 spring") == (
        0,
        "2026 spring → 2027 spring\n"
        "assignments/course.toml: the due date `tiny = 2026-03-01T23:59:00+01:00` is a comment "
        "now. Write the new one.\n"
        f"tiny: students see another semester in 2 of {files} files; new hidden inputs in 2 of 3 "
        "files of tests\n",
        "",
    )
    assert proven == [(project.root, ["tiny"], Scope(), None, False)]
    assert "# tiny = 2026-03" in course.read_text("utf-8")
    assert b"2027 spring" in (release / "README.md").read_bytes()
    assert "has the semester 2027 spring already" in unroll("semester", "2027 spring")[2]

    project.edit("text", "Between two questions", "In the spring, between two questions")
    assert "students get other contents in tiny.ipynb; new" in unroll("semester", "2028 fall")[1]
    before = project.tree()
    project.edit("q1_tests_begin", "# BEGIN TESTS", "# BEGIN TEST")
    assert unroll("semester", "2029 spring")[0] == 1
    after = project.tree()
    assert [path for path in before if before[path] != after.get(path)] == [
        "assignments/tiny/tiny.ipynb"
    ]


def test_a_semester_in_another_form_is_refused():
    with pytest.raises(AuthorError, match="the semester is not on a line of its own"):
        with_semester('x = {semester = "a"}\n', "b")


def test_a_course_uses_its_own_seqlab_wherever_the_program_comes_from(project):
    mark = project.root / "assignments/seqlab/__init__.py"
    mark.write_text('"""Another course."""\n', "utf-8")
    code = (
        "import sys\nfrom pathlib import Path\nfrom tools.commands import cli\n"
        "from tools.commands.options import use_support_package\n"
        "use_support_package(Path(sys.argv[1]))\n"
        "import seqlab\nfrom autograder.examiner.server_process import _seqlab_parent\n"
        "from tools.grading.version import _seqlab\n"
        "print(seqlab.__doc__, *_seqlab_parent(), _seqlab()[0].parent.parent, sep='\\n')"
    )
    run = [sys.executable, "-c", code, str(project.root)]
    said = subprocess.run(run, check=True, capture_output=True, text=True, cwd="/").stdout
    folder = str(project.root / "assignments")
    assert said.split("\n")[:3] == ["Another course.", folder, folder]


@pytest.mark.parametrize(
    ("module", "name"),
    [("failures", "kind_of"), ("notebook", "explained")],
    ids=["for the grader", "for the first cell of every notebook"],
)
def test_an_older_copy_of_seqlab_is_told_by_every_command(project, unroll, module, name):
    project.edit_file(f"assignments/seqlab/{module}.py", f"def {name}(", "def other(")
    code, _, said = unroll("format")
    assert code == 1
    assert said == (
        f"assignments/seqlab/{module}.py: this copy of seqlab is older than the kit, which needs "
        f"`{name}`. Copy the kit's assignments/seqlab/ over it.\n"
    )


def test_a_folder_keeps_the_results_of_its_semester(tmp_path):
    request = Request(root=Path("courses/2027"), name="tiny", submissions=(), out=tmp_path / "out")
    check_semester(request, "2026 spring")
    remember(request, "2026 spring", ())
    check_semester(request, "2026 spring")
    remember(replace(request, as_graded=True), "2027 spring", ())  # a report under other tests
    with pytest.raises(click.ClickException) as error:
        check_semester(request, "2027 spring")
    assert error.value.message == (
        f"{tmp_path}/out holds results of 2026 spring, and the tests in courses/2027 are of 2027 "
        "spring. Give the folder of that semester's course with --root, or another --out: nothing "
        "was changed."
    )
