"""Whatever a student hands in ends in a score and a sentence."""

import json
import os
import threading
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment.bundle import Bundle
from autograder.grader import Grader
from autograder.results.score import Outcome, Score

Notebook = dict[str, Any]
ALL = {"q1_double": 30, "q2_center": 40, "q3_quiet": 30}


@pytest.fixture(scope="module")
def bundle(grader) -> Bundle:
    limits = {"cell_seconds": 1.5, "question_seconds": 3.0, "submission_seconds": 12.0}
    return replace(grader.bundle, limits=replace(grader.bundle.limits, **limits))


@pytest.fixture(scope="module")
def solution(built) -> str:
    return (built.root / "solutions/tiny.ipynb").read_text(encoding="utf-8")


@pytest.fixture
def notebook(solution: str) -> Notebook:
    """The solution as a dictionary that a test may spoil."""
    return json.loads(solution)


@pytest.fixture
def graded(grader: Grader, bundle: Bundle, tmp_path: Path) -> Callable[..., Score]:
    """Grade a notebook or bytes under a file name."""

    def grade(contents: Notebook | str | bytes, name: str = "tiny.ipynb") -> Score:
        if isinstance(contents, dict):
            contents = json.dumps(contents)
        if isinstance(contents, str):
            contents = contents.encode("utf-8")
        path = tmp_path / name
        path.write_bytes(contents)
        return grader.grade(path, bundle=bundle)

    return grade


def cell(notebook: Notebook, name: str) -> dict:
    (found,) = [each for each in notebook["cells"] if each["id"] == name]
    return found


def remove(notebook: Notebook, name: str) -> None:
    notebook["cells"].remove(cell(notebook, name))


def insert(notebook: Notebook, after: str, source: str, **metadata: Any) -> None:
    place = notebook["cells"].index(cell(notebook, after)) + 1
    notebook["cells"].insert(
        place,
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"new_{place}",
            "metadata": metadata,
            "outputs": [],
            "source": source,
        },
    )


def points(score: Score) -> dict[str, float]:
    return {question.name: question.points for question in score.questions if not question.manual}


def said(score: Score) -> str:
    """Everything the student may read."""
    texts = list(score.notes)
    for question in score.questions:
        texts += [question.note, *(test.facts for test in question.tests)]
    return "\n".join(texts)


def zipped(path: Path, members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    return path.read_bytes()


def refused(score: Score, sentence: str) -> None:
    """Nothing could be graded, and the student learns why."""
    assert not score.readable
    assert score.points == 0
    assert score.max_points == 100
    assert score.outcome is Outcome.FAILED
    assert sentence in said(score)
    assert not score.staff_notes


# Files that are not notebooks


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b'{"cells": [', "not a notebook"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a notebook"),
        (b"[]", "no cells"),
        (b"null", "no cells"),
        (b'{"cells": 5}', "no cells"),
        (b'{"cells": []}', "no code"),
        (b'{"cells": [5, null, {"cell_type": "code"}, {"cell_type": []}]}', "no code"),
        (b"[" * 200_000, "not a notebook"),
        (b"<html>Please log in</html>", "not a notebook"),
        (b"PK\x03\x04 damaged", "zip is damaged"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_notebook_is_refused(graded, contents: bytes, sentence: str) -> None:
    refused(graded(contents), sentence)


def test_a_json_bomb_is_refused(graded) -> None:
    """Small lists take twenty times the memory of their text."""
    tracemalloc.start()
    try:
        score = graded(b'{"cells": [], "x": [' + b"[]," * 2_000_000 + b"[]]}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not score.readable
    assert peak < 60 * 2**20


def test_a_link_is_refused(built, grader, tmp_path: Path) -> None:
    """It could point to the solution, which the grader may read but the student may not."""
    path = tmp_path / "tiny.ipynb"
    path.symlink_to(built.root / "solutions/tiny.ipynb")
    refused(grader.grade(path), "file")


def test_a_pipe_is_refused(grader, solution: str, tmp_path: Path) -> None:
    """A pipe would keep the grader waiting, a device would fill its memory."""
    path = tmp_path / "tiny.ipynb"
    os.mkfifo(path)
    # If the grader opens it, the test fails instead of hanging.
    threading.Thread(target=path.write_text, args=[solution], daemon=True).start()
    refused(grader.grade(path), "file")


# Zips


def test_a_notebook_in_a_folder_is_found(graded, solution: str, tmp_path: Path) -> None:
    contents = zipped(
        tmp_path / "a.zip",
        {"Anna/work/tiny.ipynb": solution, "Anna/.ipynb_checkpoints/tiny-checkpoint.ipynb": "{"},
    )
    assert graded(contents, "tiny.zip").points == 100


def test_two_notebooks_are_refused(graded, solution: str, tmp_path: Path) -> None:
    other = solution.replace("2 * x", "x + x")
    assert other != solution
    contents = zipped(tmp_path / "a.zip", {"tiny.ipynb": solution, "scratch.ipynb": other})
    refused(graded(contents, "tiny.zip"), "2 notebooks (scratch.ipynb, tiny.ipynb)")


@pytest.mark.parametrize("name", ["../../escaped.ipynb", "/tmp/escaped.ipynb", "..\\escaped.ipynb"])
def test_names_that_lead_out_of_a_zip_lead_nowhere(
    graded, solution: str, tmp_path: Path, name: str
) -> None:
    graded(zipped(tmp_path / "a.zip", {name: solution}), "inner.zip")
    assert not list(tmp_path.parent.glob("**/escaped.ipynb"))
    assert not list(tmp_path.parent.parent.glob("escaped.ipynb"))
    assert not Path("/tmp/escaped.ipynb").exists()


def test_a_link_in_a_zip_is_not_followed(built, graded, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("tiny.ipynb")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(built.root / "solutions/tiny.ipynb"))
    refused(graded(path.read_bytes(), "tiny.zip"), "no notebook")


def test_a_zip_bomb_is_refused(graded, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("tiny.ipynb", "w", force_zip64=True) as member,
    ):
        for _ in range(310):
            member.write(bytes(2**20))
    score = graded(path.read_bytes(), "tiny.zip")
    assert not score.readable
    assert score.notes


def test_damaged_and_empty_zips_are_refused(graded, solution: str, tmp_path: Path) -> None:
    refused(graded(zipped(tmp_path / "a.zip", {"readme.txt": "hello"}), "a2.zip"), "no notebook")
    contents = zipped(tmp_path / "b.zip", {"tiny.ipynb": solution})
    refused(graded(contents[:-30], "b2.zip"), "damaged")
    broken = bytearray(contents)
    broken[60:90] = bytes(30)
    assert not graded(bytes(broken), "c.zip").readable


# Notebooks of another kind


def test_nbformat_3_is_read(graded, notebook: Notebook) -> None:
    cells = [
        {**each, "input": each["source"], "language": "python"}
        for each in notebook["cells"]
        if each["cell_type"] == "code"
    ]
    for each in cells:
        del each["source"]
    score = graded({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]})
    assert score.points == 100


def test_nbformat_5_is_read_with_a_warning(graded, notebook: Notebook) -> None:
    score = graded({**notebook, "nbformat": 5, "nbformat_minor": 0, "brand_new": {}})
    assert score.points == 100
    assert "unusual format" in said(score)


def test_another_assignment_is_refused(graded, notebook: Notebook) -> None:
    notebook["metadata"]["unroll"]["assignment"] = "rnn_from_scratch"
    refused(graded(notebook), "'rnn_from_scratch'")


def test_last_semester_is_graded_with_a_warning(graded, notebook: Notebook) -> None:
    notebook["metadata"]["unroll"]["semester"] = "2025 autumn"
    score = graded(notebook)
    assert score.points == 100
    assert "another semester (2025 autumn)" in said(score)


@pytest.mark.parametrize("name", ["tiny (3) FINAL.ipynb", "Übung.ipynb", "x.json", "noextension"])
def test_a_renamed_notebook_is_graded(graded, solution: str, name: str) -> None:
    assert graded(solution, name).points == 100


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "annas-conda-env", "language": "R"}},
        {"kernelspec": None, "unroll": [], "otter": "x"},
        {"unroll": {"assignment": 5, "semester": {}}},
    ],
    ids=str,
)
def test_lost_metadata_cost_nothing(graded, notebook: Notebook, metadata: dict) -> None:
    assert graded({**notebook, "metadata": metadata}).points == 100


def test_saved_outputs_cost_nothing(graded, notebook: Notebook) -> None:
    lines = ["x" * 1000 + "\n"] * 100_000
    cell(notebook, "q1_solution")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": lines}
    ]
    assert graded(notebook).points == 100


def test_execution_counts_attachments_and_surrogates_cost_nothing(
    graded, notebook: Notebook
) -> None:
    for number, each in enumerate(notebook["cells"]):
        if each["cell_type"] == "code":
            each["execution_count"] = 10**9 - number
    insert(notebook, "code", 'odd = "\ud800 \x07 \u202e"')
    insert(notebook, "code", "\ud800 = 1")
    assert graded(notebook).points == 100


def test_a_script_is_graded(graded, notebook: Notebook) -> None:
    sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert graded("# %%\n" + "\n\n# %%\n".join(sources), "tiny.py").points == 100


# What students do to cells


def test_a_renamed_function_is_named(graded, notebook: Notebook) -> None:
    source = "".join(cell(notebook, "q1_solution")["source"])
    cell(notebook, "q1_solution")["source"] = source.replace("double", "my_double")
    score = graded(notebook)
    assert points(score) == {**ALL, "q1_double": 0}
    assert "`double`" in said(score)


def test_a_missing_function_is_named(graded, notebook: Notebook) -> None:
    remove(notebook, "q3_solution")
    score = graded(notebook)
    assert points(score) == {**ALL, "q3_quiet": 0}
    assert "`quiet`" in said(score)


def test_a_syntax_error_costs_its_cell(graded, notebook: Notebook) -> None:
    cell(notebook, "q1_solution")["source"] = "def double(x:\n    return 2 * x"
    score = graded(notebook)
    assert points(score) == {**ALL, "q1_double": 0}
    assert "SyntaxError" in said(score)
    assert "def double(x:" in said(score)


def test_a_cell_turned_into_text_costs_its_question(graded, notebook: Notebook) -> None:
    cell(notebook, "q1_solution")["cell_type"] = "markdown"
    assert points(graded(notebook)) == {**ALL, "q1_double": 0}


def test_a_split_answer_is_graded(graded, notebook: Notebook) -> None:
    source = "".join(cell(notebook, "q2_solution")["source"])
    first, _, second = source.partition("def spread")
    cell(notebook, "q2_solution")["source"] = first
    insert(notebook, "q2_solution", "def spread" + second)
    assert graded(notebook).points == 100


def test_a_copied_answer_is_graded_as_it_ends(graded, notebook: Notebook) -> None:
    insert(notebook, "q1_solution", "def double(x):\n    return x + x")
    assert graded(notebook).points == 100
    insert(notebook, "q1_solution", "scratch = 1")
    insert(notebook, "code", "def double(x):\n    return 3 * x")
    assert graded(notebook).points == 100


@pytest.mark.parametrize("check", ["q1_check", "q2_check", "check_all", "otter_init"])
def test_a_deleted_check_costs_nothing(graded, notebook: Notebook, check: str) -> None:
    remove(notebook, check)
    score = graded(notebook)
    # Without `grader`, no check can run in the notebook; that costs nothing.
    assert score.points == 100 and score.notes == ()


def test_a_copied_check_costs_nothing(graded, notebook: Notebook) -> None:
    insert(notebook, "code", 'grader.check("q1_double")')
    insert(notebook, "q3_solution", "grader.check('q1_double')\ngrader.check('q2_center')")
    assert graded(notebook).points == 100


def test_an_answer_that_is_tagged_to_be_ignored_counts(graded, notebook: Notebook) -> None:
    cell(notebook, "q1_solution")["metadata"]["tags"] = ["otter_ignore"]
    insert(notebook, "code", "while True:\n    pass", tags=["otter_ignore"])
    assert graded(notebook).points == 100


def test_names_may_be_reused_after_their_check(graded, notebook: Notebook) -> None:
    insert(notebook, "q2_check", "spread = None")
    insert(notebook, "check_all", "np = None\ncenter = 5")
    assert graded(notebook).points == 100


@pytest.mark.parametrize(
    "source",
    [
        'name = input("Your name? ")',
        "import sys\nsys.stdin.read()\nsys.stdin.readline()",
        "import getpass\ngetpass.getpass()",
        "%matplotlib inline",
        "%load_ext autoreload\n%autoreload 2",
        "%timeit -n1 -r1 2 + 2",
        "%%time\nz = 1",
        "%%bash\nexit 1",
        "%%nonsense\nz = 1",
        "%nonsense",
        "!pip install numpy==1.0",
        "files = !ls",
        "!rm -rf ~ /",
        "np?",
        "%cd /",
        "%env PATH=",
        "%debug",
        "%pdb on",
        "%xmode Verbose",
        "%colors NoColor",
        "await __import__('asyncio').sleep(0.01)",
        "async def f():\n    return 1\nawait f()",
        "import asyncio\nasyncio.run(asyncio.sleep(0.01))",
        'print("x" * 50_000_000)',
        "for _ in range(100_000):\n    print('spam')",
        "'x' * 20_000_000",
        "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "import nothing_of_this_name",
        "raise ValueError('scratch')",
        "1 / 0",
        "import warnings\nwarnings.simplefilter('error')",
        "np.seterr(all='raise')",
        "import os\nos.environ['OMP_NUM_THREADS'] = '64'",
        "import multiprocessing as m\nwith m.Pool(2) as p:\n    print(p.map(abs, [-1]))",
        "from concurrent.futures import ThreadPoolExecutor as T\nlist(T(2).map(abs, [-1]))",
        "x = open('no such file').read()",
        "open('notes.txt', 'w').write('mine')",
        "grader.check_all()\ngrader.export(pdf=True)\ngrader.no_such_method",
        "from google.colab import drive\ndrive.mount('/content')",
        "\x00",
        "\ufeffz = 1",
        "if True:\n\tz = 1\n        y = 2",
        "x" * 100_000,
        "(" * 5_000,
        "-" * 50_000 + "1",
    ],
    ids=lambda source: repr(source[:25]),
)
def test_a_scratch_cell_costs_nothing(graded, notebook: Notebook, source: str) -> None:
    insert(notebook, "code", source)
    score = graded(notebook)
    assert score.points == 100, said(score)
    assert score.outcome is Outcome.PASSED


def test_an_endless_cell_is_left_out(graded, notebook: Notebook) -> None:
    insert(notebook, "q1_check", "# scratch\nwhile True:\n    pass")
    score = graded(notebook)
    assert score.points == 100
    assert "`# scratch` did not finish in time and was left out" in said(score)


def test_reset_costs_what_it_deletes(graded, notebook: Notebook) -> None:
    insert(notebook, "q1_check", "%reset -f")
    score = graded(notebook)
    assert points(score)["q1_double"] == 30
    assert score.outcome is not Outcome.BROKEN


def test_a_table_in_a_cell_is_code(graded, notebook: Notebook) -> None:
    table = "TWO = '" + "0," * 600_000 + "2'.split(',')[-1]\n"
    code = "def double(x):\n    return int(TWO) * x"
    cell(notebook, "q1_solution")["source"] = table + code
    assert points(graded(notebook)) == ALL


@pytest.mark.parametrize("count", [6_000, 3])
def test_far_too_much_code_is_refused(graded, notebook: Notebook, count: int) -> None:
    source = "x = 1" if count > 5 else "#" * 10**6
    notebook["cells"] += [{"cell_type": "code", "source": source}] * count
    refused(graded(notebook), "far more code")


def test_the_exit_code_says_whether_something_could_be_graded(
    built, solution: str, tmp_path: Path
) -> None:
    from tools.commands import cli

    def grade(name: str, contents: str) -> int:
        path = tmp_path / name
        path.write_text(contents, encoding="utf-8")
        out = tmp_path / f"{name}-graded"
        arguments = ["grade", str(path), "--assignment", "tiny", "--out", str(out)]
        with pytest.raises(SystemExit) as exit_:
            cli.main([*arguments, "--root", str(built.root)])
        results = out / f"results/{path.stem}.json"
        values = json.loads(results.read_text(encoding="utf-8"))
        assert all("max_score" in test for test in values["tests"] if "score" in test)
        return exit_.value.code or 0

    assert grade("wrong.ipynb", solution.replace("2 * x", "x")) == 0
    assert grade("broken.ipynb", "{") == 1
