"""The first assignment as a student works through it; what its tests catch, the laws prove."""

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import nbclient
import nbformat
import pytest
from conftest import ROOT
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import create_test_file

from autograder.warming import import_for_tests
from tools.course.settings import read_course
from tools.grading import otter_run
from tools.release import build as building

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


@pytest.fixture(scope="module")
def built() -> Mapping[str, bytes]:
    """Zips by name, as `make` builds them."""
    import_for_tests(TESTS.glob("*.py"))  # once, not in each child that runs Otter
    outputs = building.assemble(ROOT, read_course(ROOT), NAME).outputs
    return {Path(path).name: data for path, data in outputs.items() if path.startswith("build/")}


def by_otter(notebook: bytes, built: Mapping[str, bytes], room: Path) -> dict[str, float]:
    return otter_run.run_cells(NAME, notebook, built[f"{NAME}-otter.zip"], room)


def test_otter_gives_the_untouched_notebook_nothing(built, tmp_path):
    scores = by_otter((RELEASE / f"{NAME}.ipynb").read_bytes(), built, tmp_path)
    assert len(scores) == 12
    assert set(scores.values()) == {0}


# --- a student's afternoon --------------------------------------------------------------------


def test_a_student_works_through_the_notebook_and_submits(built, tmp_path):
    """Unzip, answer, run every cell, see it learn, export, and be graded on the exported file."""
    with zipfile.ZipFile(io.BytesIO(built[f"{NAME}-student.zip"])) as release:
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
        handed_in = submission.read(f"{NAME}.ipynb")
    assert "def rnn_backward" in handed_in.decode()

    scores = by_otter(handed_in, built, tmp_path)
    assert sum(scores.values()) == 100
