"""Shared fixtures: one tiny assignment, on which the machinery is tested."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.assignment.bundle import read_bundle
from autograder.grader import Grader
from tools.commands import cli

HERE = Path(__file__).parent  # the tests
ROOT = HERE.parent  # the project


@dataclass
class Project:
    """A copy of the tiny course that a test may change."""

    root: Path

    @property
    def master(self) -> Path:
        return self.root / "assignments/tiny/tiny.ipynb"

    def notebook(self) -> dict:
        return json.loads(self.master.read_text(encoding="utf-8"))

    def save(self, notebook: dict) -> None:
        self.master.write_text(json.dumps(notebook), encoding="utf-8")

    def edit(self, cell: str, old: str, new: str) -> None:
        """Replace a text that the cell must contain."""
        notebook = self.notebook()
        (found,) = [c for c in notebook["cells"] if c["id"] == cell]
        source = "".join(found["source"])
        assert old in source
        found["source"] = source.replace(old, new)
        self.save(notebook)

    def update(self, cell: str, **values) -> None:
        """Set keys of a cell."""
        notebook = self.notebook()
        (found,) = [c for c in notebook["cells"] if c["id"] == cell]
        found.update(values)
        self.save(notebook)

    def remove(self, *cells: str) -> None:
        notebook = self.notebook()
        assert {c["id"] for c in notebook["cells"]} >= set(cells)
        notebook["cells"] = [c for c in notebook["cells"] if c["id"] not in cells]
        self.save(notebook)

    def edit_file(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    def tree(self) -> dict[str, bytes]:
        """Return every file by its path."""
        files = [f for f in self.root.rglob("*") if f.is_file()]
        return {f.relative_to(self.root).as_posix(): f.read_bytes() for f in files}


def copy_course(to: Path) -> Project:
    """Copy the tiny course, with the real support package."""
    shutil.copytree(HERE / "tiny", to, ignore=shutil.ignore_patterns("build"))
    shutil.copytree(
        HERE.parent / "assignments/seqlab",
        to / "assignments/seqlab",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return Project(to)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_course(tmp_path / "project")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Build the tiny course. Read-only."""
    project = copy_course(tmp_path_factory.mktemp("built") / "project")
    cli.unroll(["build", "--root", str(project.root)], standalone_mode=False)
    return project


@pytest.fixture(scope="session")
def grader(built: Project) -> Iterator[Grader]:
    """Grade the tiny course, or other bundles, with one server for all tests that need no own."""
    with Grader(read_bundle(built.root / "autograder/hidden_tests/tiny")) as grader:
        yield grader


@pytest.fixture
def unroll(project: Project, capsys: pytest.CaptureFixture[str]):
    """Run a command on `project`; return exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            cli.main([*arguments, "--root", str(project.root)])
        captured = capsys.readouterr()
        return exit_.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def refused(project: Project, unroll):
    """Build, expect a refusal that leaves no trace, and return its messages."""

    def run() -> list[str]:
        before = project.tree()
        code, _, errors = unroll("build")
        assert code == 1
        assert project.tree() == before
        return errors.splitlines()

    return run
