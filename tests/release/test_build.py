"""`unroll build`: reproducible, incremental, all or nothing."""

import codecs
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HERE, Project, copy_course

from autograder import package
from tools import files
from tools.course.settings import read_course
from tools.files import sha256
from tools.release import build as building
from tools.release import stamp

WRITTEN_BY_HAND = (".ipynb", ".lock", ".py", ".toml", ".txt")
GENERATED = ("student_release", "solutions", "autograder/hidden_tests")


def hashes(project: Project) -> dict[str, str]:
    return {path: sha256(contents) for path, contents in project.tree().items()}


def build(project: Project, **options) -> list[building.Built]:
    return building.build(project.root, ["tiny"], **options)


@pytest.fixture
def fresh(built, tmp_path) -> Project:
    """Copy the built course, so that a test may change it."""
    for path, contents in built.tree().items():
        files.write(tmp_path / "course" / path, contents)
    return Project(tmp_path / "course")


def test_two_builds_in_two_folders_are_equal(built, tmp_path):
    # A different process, hash seed, time zone and umask, and a path with a space.
    other = copy_course(tmp_path / "another folder")
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run(
        [sys.executable, "-m", "tools", "build", "--root", str(other.root)],
        cwd=HERE.parent,
        env=environment,
        umask=0o077,
        check=True,
        capture_output=True,
    )
    assert hashes(other) == hashes(built)
    assert any(path.startswith("build/") for path in hashes(other))


def test_line_ends_and_marks_of_windows_change_no_byte(built, project):
    for file in [each for each in project.root.rglob("*") if each.suffix in WRITTEN_BY_HAND]:
        data = file.read_bytes().replace(b"\n", b"\r\n")
        data = data.replace(b"\\n", b"\\r\\n") if file.suffix == ".ipynb" else data
        file.write_bytes(codecs.BOM_UTF8 + data)
    made = building.assemble(project.root, read_course(project.root), "tiny").outputs
    expected = built.tree()
    assert [path for path, data in made.items() if data != expected[path]] == []


def test_a_second_build_does_nothing(built):
    before = {f: f.stat().st_mtime_ns for f in built.root.rglob("*")}
    (again,) = build(built)
    assert not again.changed
    assert {f: f.stat().st_mtime_ns for f in built.root.rglob("*")} == before


def test_a_build_with_nothing_to_do_imports_nothing_slow(built):
    code = (
        "import sys; from tools.commands import cli\n"
        f"try: cli.main(['build', '--root', {str(built.root)!r}])\n"
        "except SystemExit: pass\n"
        "print(sorted({'otter', 'nbformat', 'numpy', 'yaml', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, check=True, capture_output=True, text=True
    )
    assert run.stdout == "tiny: unchanged\n[]\n"


@pytest.mark.parametrize(
    "path",
    [
        "assignments/tiny/words.txt",
        "assignments/tiny/known_bugs.toml",
        "assignments/seqlab/checks.py",
        "assignments/course.toml",
        "requirements.lock",
        "solutions/tiny.ipynb",
        "student_release/tiny/README.md",
        "student_release/tiny/tests/stranger.py",
    ],
)
def test_a_change_is_noticed(fresh, monkeypatch, path):
    monkeypatch.setattr(building, "assemble", lambda root, course, name: pytest.fail("rebuilds"))
    assert not build(fresh)[0].changed
    files.write(fresh.root / path, (fresh.tree().get(path, b"")) + b"\n")
    with pytest.raises(pytest.fail.Exception, match="rebuilds"):
        build(fresh)


@pytest.mark.parametrize(
    ("module", "folder", "file"),
    [(package, "PACKAGE", "assignment/bundle.py"), (stamp, "TOOLS", "release/zips.py")],
)
def test_a_change_of_the_kit_is_noticed(fresh, monkeypatch, tmp_path, module, folder, file):
    kit = tmp_path / "kit"
    shutil.copytree(getattr(module, folder), kit, ignore=shutil.ignore_patterns("hidden_tests"))
    monkeypatch.setattr(module, folder, kit)
    before = stamp.fingerprint(fresh.root, "tiny")
    # The bundle contains the limits of a submission.
    files.write(kit / file, (kit / file).read_bytes() + b"\n")
    assert stamp.fingerprint(fresh.root, "tiny") != before


def test_what_is_gone_from_the_master_is_gone_from_the_release(built, fresh):
    stale = fresh.root / "autograder/hidden_tests/tiny/q9_old.py"
    stale.write_text("", encoding="utf-8")
    (fresh.root / "solutions/tiny.ipynb").unlink()
    (fresh.root / "student_release/tiny/.OTTER_LOG").write_text("", encoding="utf-8")
    assert build(fresh)[0].changed
    assert hashes(fresh) == hashes(built)


def test_force_builds_anyway(built, fresh):
    assert build(fresh, force=True)[0].changed
    assert hashes(fresh) == hashes(built)


def test_a_mistake_in_one_assignment_keeps_all_as_they_were(fresh):
    second = fresh.root / "assignments/second"
    second.mkdir()
    fresh.edit("q1_text", "twice the number", "two times the number")
    before = fresh.tree()
    with pytest.raises(Exception, match="second/assignment"):
        building.build(fresh.root, ["tiny", "second"])
    assert fresh.tree() == before


@pytest.mark.parametrize("moment", range(0, 10))
def test_an_interrupted_swap_leaves_the_old_files(tmp_path, monkeypatch, moment):
    old = {"release/a.txt": b"old", "release/b.txt": b"old", "one.zip": b"old"}
    for path, contents in old.items():
        files.write(tmp_path / path, contents)
    new = {"release/a.txt": b"new", "one.zip": b"new", "two.zip": b"new"}
    replace, calls = os.replace, iter(range(100))

    def interrupted(*paths):
        if next(calls) == moment:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", interrupted)
    targets = ["release", "one.zip", "two.zip"]
    if moment < 5:  # two moves for each old target, one for the new one
        with pytest.raises(KeyboardInterrupt):
            files.swap_in(tmp_path, new, targets)
        assert Project(tmp_path).tree() == old
    else:
        files.swap_in(tmp_path, new, targets)
        assert Project(tmp_path).tree() == new


def test_committed_files_are_those_of_a_build(tmp_path):
    """For the real assignments, the committed files equal a rebuild."""
    root = HERE.parent
    copy = Project(tmp_path / "course")
    sources = [*(root / "assignments").rglob("*"), root / "requirements.lock"]
    for file in sources:
        if file.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(file.parts):
            files.write(copy.root / file.relative_to(root), file.read_bytes())
    course = building.read_course(copy.root)
    building.build(copy.root, list(course.assignments))
    rebuilt = {path: data for path, data in copy.tree().items() if path.startswith(GENERATED)}
    committed = {
        path: file.read_bytes() for folder in GENERATED for path, file in generated(root / folder)
    }
    stale = sorted(path for path in rebuilt | committed if rebuilt.get(path) != committed.get(path))
    assert not stale, "run `make`: these generated files are not those of the sources"


def generated(folder: Path):
    for file in folder.rglob("*"):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(p.startswith(".") or p == "__pycache__" for p in parts):
            yield file.relative_to(HERE.parent).as_posix(), file
