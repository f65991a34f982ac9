"""The zips: the same bytes everywhere, and what Otter needs to grade."""

import ast
import io
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from tools import files
from tools.course.settings import read_assignment
from tools.release import zips


@pytest.fixture(scope="module")
def otter(built) -> dict[str, bytes]:
    return files.unpacked((built.root / "build/tiny-otter.zip").read_bytes())


def test_a_zip_depends_on_its_contents_alone():
    first = files.packed({"b.txt": b"b", "a/run.sh": b"#!/bin/sh\n"})
    assert first == files.packed({"a/run.sh": b"#!/bin/sh\n", "b.txt": b"b"})
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        script, text = archive.infolist()
    assert [script.filename, text.filename] == ["a/run.sh", "b.txt"]
    for member, mode in ((script, "-rwxr-xr-x"), (text, "-rw-r--r--")):
        assert member.date_time == (1980, 1, 1, 0, 0, 0)
        assert member.compress_type == zipfile.ZIP_STORED
        assert member.create_system == 3
        assert stat.filemode(member.external_attr >> 16) == mode


def test_the_students_zip_is_the_release_below_one_folder(built):
    members = files.unpacked((built.root / "build/tiny-student.zip").read_bytes())
    release = {
        path.removeprefix("student_release/"): contents
        for path, contents in built.tree().items()
        if path.startswith("student_release/")
    }
    assert members == release


def test_otters_bundle_holds_the_tests_and_the_support_files(built, otter):
    tests = {path: text for path, text in otter.items() if path.startswith("tests/")}
    folder = built.root / "autograder/hidden_tests/tiny"
    assert tests == {f"tests/{f.name}": f.read_bytes() for f in folder.glob("*.py")}
    assert otter["files/words.txt"] == b"spam\neggs\n"
    assert "files/seqlab/checks.py" in otter
    assert not any("tiny.ipynb" in path for path in otter)
    assert all(b"\r" not in text for text in otter.values())


def test_otters_environment(otter):
    assert otter["environment.yml"].decode() == (
        "name: otter-env\n"
        "channels:\n"
        "  - conda-forge\n"
        "dependencies:\n"
        "  - python=3.12\n"
        "  - pip\n"
        "  - jupyter_server\n"
        "  - pip:\n"
        "      - otter-grader[grading,plugins]==7.0.0\n"
        "      - --extra-index-url https://example.org/whl/cpu\n"
        "      - numpy==2.4.6\n"
        "      - matplotlib==3.11.2\n"
        "      - torch==2.13.0\n"
        "      - tqdm==4.70.1\n"
    )
    assert b"playwright" not in otter["setup.sh"]
    assert b"mamba env create" in otter["setup.sh"]
    assert b'"pdf"' not in otter["otter_config.json"]


def imported_by(file: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module.split(".")[0])
    return imported


def test_otters_environment_has_what_seqlab_and_the_hidden_tests_import():
    """If one is missing, the best submission gets 0 points on the grading image."""
    code = [*ROOT.glob("assignments/seqlab/*.py"), *ROOT.glob("autograder/hidden_tests/*/*.py")]
    imported = set().union(*map(imported_by, code))
    assert {"numpy", "torch", "seqlab"} < imported
    # Otter brings IPython; the assignment brings `testing`.
    own = {"seqlab", "testing", "otter", "IPython"}
    assert imported - sys.stdlib_module_names - own <= set(zips.GRADING_PACKAGES)


def test_every_release_has_what_seqlab_imports():
    """If one is missing, a student's first cell fails."""
    for release in sorted(ROOT.glob("student_release/*")):
        imported = set().union(*map(imported_by, release.glob("seqlab/*.py")))
        needed = {*read_assignment(ROOT, release.name).requirements, "IPython"}
        needed |= {"otter"} if "otter-grader" in needed else set()
        assert imported - sys.stdlib_module_names - {"seqlab"} <= needed, release.name


def test_another_setup_of_otter_is_noticed(otter):
    with pytest.raises(RuntimeError, match=r"setup\.sh has changed"):
        zips.otter_zip(otter, {})
