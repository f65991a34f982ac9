"""The first assignment as students, graders and careless students use it.

The classic errors are judged by Otter's own test-file classes, in this process: the same code that
`otter run` executes in a kernel. Two real `otter run`s hold the two ends of the scale.
"""

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
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import create_test_file

from tools import cli

ROOT = Path(__file__).parents[1]
NAME = "rnn_from_scratch"
RELEASE = ROOT / "student_release" / NAME
TESTS = ROOT / "autograder/hidden_tests" / NAME
# These call what was written before, and may fall with it under Otter.
BUILD_ON_OTHERS = {"q3_batch", "q11_train", "q12_generate"}


@cache
def answers() -> dict[str, str]:
    """The cells of the solution that answer a question, by id."""
    notebook = nbformat.read(ROOT / f"solutions/{NAME}.ipynb", as_version=4)
    return {c.id: c.source for c in notebook.cells if re.fullmatch(r"q\d+_solution", c.id)}


def namespace(find: str = "", replace: str = "") -> dict:
    """What a notebook with these answers has defined; one place of them is edited."""
    notebook = nbformat.read(ROOT / f"solutions/{NAME}.ipynb", as_version=4)
    imports = next(c.source for c in notebook.cells if c.id == "imports")
    code = "\n".join([s for i, s in answers().items() if i != "q13_solution"])
    if find:
        assert code.count(find) == 1, f"the solution has {code.count(find)} places like {find}"
        code = code.replace(find, replace)
    names: dict = {}
    exec(f"{imports}\n{code}", names)
    return names


def grade(names: dict, folder: Path = TESTS, skip: frozenset = frozenset()) -> dict:
    """Score and maximum of each question, by Otter's test files."""
    scores = {}
    for path in sorted(folder.glob("*.py")):
        if path.stem not in skip:
            test_file = create_test_file(str(path), NBMetadataConfig())
            test_file.run(names)
            scores[path.stem] = (test_file.score, test_file.possible)
    return scores


def lost(scores: dict) -> set[str]:
    return {question for question, (score, possible) in scores.items() if score < possible}


# --- the solution, and other semesters --------------------------------------------------------


@pytest.mark.parametrize("semester", [None, 1, 2, 3])
def test_the_solution_has_full_marks_in_every_semester(semester, tmp_path):
    folder = TESTS
    if semester is not None:
        folder = tmp_path
        for path in TESTS.glob("*.py"):
            text, count = re.subn(r"SEMESTER = \d+", f"SEMESTER = {semester}", path.read_text())
            assert count == 1
            (folder / path.name).write_text(text, encoding="utf-8")
    scores = grade(namespace(), folder)
    assert lost(scores) == set()
    assert sum(possible for _, possible in scores.values()) == 100


# --- the classic errors -----------------------------------------------------------------------

CLASSIC_ERRORS = {
    "UNK gets the first index": (
        "q1_vocabulary",
        '[*sorted(counts, key=lambda token: -counts[token]), "UNK"]',
        '["UNK", *sorted(counts, key=lambda token: -counts[token])]',
    ),
    "unknown tokens become the first token": (
        "q1_vocabulary",
        "token_to_index.get(token, unknown)",
        "token_to_index.get(token, 0)",
    ),
    "targets are not shifted": ("q3_batch", "= indices[1:]", "= indices[:-1]"),
    "softmax over the first axis": (
        "q4_softmax",
        "exponentials / np.sum(exponentials, axis=-1, keepdims=True)",
        "exponentials / np.sum(exponentials, axis=0, keepdims=True)",
    ),
    "softmax overflows": (
        "q4_softmax",
        "np.exp(logits - np.max(logits, axis=-1, keepdims=True))",
        "np.exp(logits)",
    ),
    "loss averaged over tokens": (
        "q7_loss",
        "[sequence, step, targets]) / B\n    dlogits",
        "[sequence, step, targets]) / np.sum(mask)\n    B = np.sum(mask)\n    dlogits",
    ),
    "gradient of the loss without the mask": (
        "q7_loss",
        "dlogits * mask[:, :, None] / B",
        "dlogits / B",
    ),
    "h[t-1] wraps round at t = 0": (
        "q8_backward",
        "h[:, t].T @ dz",
        "(h[:, t] if t > 0 else h[:, -1]).T @ dz",
    ),
    "gradient not carried through time": (
        "q8_backward",
        'dh_next = dz @ params["W_hh"].T',
        "dh_next = np.zeros_like(dz)",
    ),
    "derivative of the tanh missing": (
        "q8_backward",
        "dz = dh * (1.0 - h[:, t + 1] ** 2)",
        "dz = dh",
    ),
    "derivative of the tanh of a value that is already activated": (
        "q8_backward",
        "(1.0 - h[:, t + 1] ** 2)",
        "(1.0 - np.tanh(h[:, t + 1]) ** 2)",
    ),
    "W_hh not transposed on the way back": (
        "q8_backward",
        'dz @ params["W_hh"].T',
        'dz @ params["W_hh"]',
    ),
    "the gradient of the logits overwritten": (
        "q8_backward",
        "    return grads",
        "    dlogits *= 2\n    return grads",
    ),
    "the states overwritten": (
        "q8_backward",
        "    return grads",
        "    h *= 0\n    return grads",
    ),
    "the initial state overwritten": (
        "q6_forward",
        "    return logits, h",
        "    h0 += 1\n    return logits, h",
    ),
    "gradient of the bias missing": ("q8_backward", 'grads["b_h"] += dz.sum(axis=0)', "pass"),
    "each array clipped by itself": (
        "q9_clip",
        "grad * factor for",
        "grad * min(1.0, max_norm / max(np.linalg.norm(grad), 1e-12)) for",
    ),
    "momentum with (1 - mu) g": (
        "q10_momentum",
        "velocity[name] + grads[name]",
        "velocity[name] + (1 - momentum) * grads[name]",
    ),
    "generation feeds back probabilities": (
        "q12_generate",
        "rnn_forward(params, one_hot([[token]], V), h[:, -1])",
        "rnn_forward(params, softmax(logits[:, -1:]), h[:, -1])",
    ),
}


# One line of a function, and only that, is wrong: most of its points stay.
CHEAP = {
    "the gradient of the logits overwritten": 2,
    "the states overwritten": 2,
    "the initial state overwritten": 2,
    "h[t-1] wraps round at t = 0": 5,
    "UNK gets the first index": 3,
}


@pytest.mark.parametrize("error", CHEAP)
def test_a_small_error_costs_little(error):
    question, find, replace = CLASSIC_ERRORS[error]
    score, possible = grade(namespace(find, replace), skip=frozenset({"q11_train"}))[question]
    assert possible - score == CHEAP[error]


@pytest.mark.parametrize("error", CLASSIC_ERRORS)
def test_a_classic_error_costs_its_own_question_and_no_other(error):
    question, find, replace = CLASSIC_ERRORS[error]
    scores = grade(namespace(find, replace), skip=frozenset({"q11_train"}))
    assert question in lost(scores)
    assert lost(scores) - BUILD_ON_OTHERS <= {question}


TRAINING_ERRORS = {
    "no decay of the learning rate": (
        "rate = learning_rate * (1 - 0.95 * k / steps)",
        "rate = learning_rate",
    ),
    "losses that are invented": (
        "return params, losses\n",
        "return params, np.full(steps, 2.4)\n",
    ),
    "no clipping": (
        "clip_gradients(rnn_backward(params, x, h, dlogits), max_norm)",
        "rnn_backward(params, x, h, dlogits), 0",
    ),
    "no training": ("for k in track(steps):", "for k in track(1):"),
    "losses one step late": (
        "losses[k], dlogits = cross_entropy(logits, targets, mask)",
        "losses[k - 1], dlogits = cross_entropy(logits, targets, mask)",
    ),
}


@pytest.mark.parametrize("error", TRAINING_ERRORS)
def test_an_error_in_the_training_loop_costs_points(error):
    scores = grade(namespace(*TRAINING_ERRORS[error]))
    assert lost(scores) == {"q11_train"}


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
