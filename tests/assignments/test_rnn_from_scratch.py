"""The first assignment as a student works through it; what its tests catch, the laws prove."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import nbclient
import nbformat
import pytest
from conftest import ROOT
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import create_test_file

from tools.commands import cli

NAME = "rnn_from_scratch"
RELEASE = ROOT / "student_release" / NAME
TESTS = ROOT / "autograder/hidden_tests" / NAME


@cache
def answers() -> dict[str, str]:
    """The cells of the solution that answer a question, by id."""
    notebook = nbformat.read(ROOT / f"solutions/{NAME}.ipynb", as_version=4)
    return {c.id: c.source for c in notebook.cells if re.fullmatch(r"q\d+_solution", c.id)}


# --- the untouched notebook -------------------------------------------------------------------


def test_an_untouched_question_says_what_to_write():
    notebook = nbformat.read(RELEASE / f"{NAME}.ipynb", as_version=4)
    code = [c.source for c in notebook.cells if re.fullmatch(r"q\d+_solution", c.id)]
    names: dict = {}
    exec("import numpy as np\n" + "\n".join(code), names)
    for path in sorted((RELEASE / "tests").glob("*.py")):
        test_file = create_test_file(str(path), NBMetadataConfig())
        test_file.run(names)
        for result in test_file.test_case_results:
            assert not result.passed
            # The public gradient check of question 8 runs the forward pass of question 6 first.
            blank = "q6_forward" if "rnn_forward" in result.message else path.stem
            assert f"NotImplementedError: {blank}: write " in result.message


def otter_run(submission: Path, bundle: Path, where: Path) -> dict[str, float]:
    where.mkdir()
    subprocess.run(
        [sys.executable, "-m", "otter", "run", "-a", bundle, "--no-logo", "-o", where, submission],
        cwd=where,
        check=True,
        capture_output=True,
    )
    results = json.loads((where / "results.json").read_text(encoding="utf-8"))
    return {t["name"]: t["score"] for t in results["tests"] if "score" in t}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The Otter bundle as `make` builds it, in a copy of the project."""
    root = tmp_path_factory.mktemp("project")
    for path in ("assignments", "requirements.lock"):
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, root / path)
    cli.unroll(["build", NAME, "--root", str(root)], standalone_mode=False)
    return root / f"build/{NAME}-otter.zip"


def test_otter_gives_the_untouched_notebook_nothing(bundle, tmp_path):
    scores = otter_run(RELEASE / f"{NAME}.ipynb", bundle, tmp_path / "results")
    assert len(scores) == 12
    assert set(scores.values()) == {0}


# --- a student's afternoon --------------------------------------------------------------------


def test_a_student_works_through_the_notebook_and_submits(bundle, tmp_path):
    """Unzip, answer, run every cell, see it learn, export, and be graded on the exported file."""
    with zipfile.ZipFile(bundle.with_name(f"{NAME}-student.zip")) as release:
        release.extractall(tmp_path)
    folder = tmp_path / NAME
    path = folder / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = answers().get(cell.id, cell.source)
    nbformat.write(notebook, path)

    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()

    texts = {
        cell.id: "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell.get("outputs", [])
        )
        for cell in notebook.cells
    }
    checks = [identifier for identifier in texts if re.fullmatch(r"q\d+_check", identifier)]
    assert len(checks) == 12
    for identifier in checks:
        assert "All test cases passed!" in texts[identifier]
    excess = float(re.search(r"excess (-?[\d.]+)", texts["train"])[1])
    assert -0.01 < excess < 0.05
    assert "n = 11: it wrote 11 b's (right)" in texts["count_beyond"]
    assert texts["gradient_check"].count("  ok") == 5
    for figure in ("plot_loss", "plot_switch", "plot_hidden_states", "plot_gradient_norms"):
        (cell,) = [c for c in notebook.cells if c.id == figure]
        assert any("image/png" in output.get("data", {}) for output in cell.outputs)

    (exported,) = folder.glob("*.zip")
    with zipfile.ZipFile(exported) as submission:
        assert submission.testzip() is None
        assert f"{NAME}.ipynb" in submission.namelist()
        handed_in = nbformat.read(io.StringIO(submission.read(f"{NAME}.ipynb").decode()), 4)
    assert any("def rnn_backward" in cell.source for cell in handed_in.cells)

    scores = otter_run(exported, bundle, tmp_path / "results")
    assert sum(scores.values()) == 100
