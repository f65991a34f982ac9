"""The notebook's own grader: what stands above Otter's results, and the zip to hand in.

Cells run here as in a kernel, without one: their code is in linecache, and `In` lists them.
"""

import json
import linecache
import sys
import types
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT
from seqlab import handin, notebook
from seqlab.notebook import Grader, explained, explanation

from autograder.submission.reading import read_submission

TEST = '''
from otter.test_files import test_case

OK_FORMAT = False

name = "q1_double"
points = 1


@test_case(name="Doubled", points=None, hidden=False)
def test_double(double, In):
    """Doubled"""
    import numpy as np
    from seqlab import checks

    x = np.arange(6.0)
    with checks.unchanged(x=x):
        result = double(x)
    checks.assert_close("the result", result, 2 * x)


@test_case(name="A pair", points=None, hidden=False)
def test_pair(double):
    """A pair"""
    import numpy as np
    from seqlab import checks

    twice, once = double(np.arange(6.0)), 1
    first, *_ = twice
    checks.assert_close("the first entry", first, 0.0)
'''


class Kernel:
    """A namespace in which cells run."""

    def __init__(self):
        self.names = {"In": [""], "__name__": "__main__"}

    def run(self, *cells):
        for source in cells:
            file = f"<a cell of {id(self)}, {len(self.names['In'])}>"
            self.names["In"].append(source)
            linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
            exec(compile(source, file, "exec"), self.names)
        return self


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/q1_double.py").write_text(TEST, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def grader(folder):
    import otter

    return explained(otter.Notebook())


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1", ["`double` is not defined: run its cell first."]),
        ("double = ...", ["`double` is still `...`: assign your answer to it."]),
        (
            "double = [1]",
            ["`double` is 1 value, not a function: a line of the notebook gives that name to "
             "something else."],
        ),
        (
            'def double(x):\n    raise NotImplementedError("q1_double: write double")',
            ["`double` is not written yet: replace the line `raise NotImplementedError(…)`."],
        ),
        (
            "def double(x):\n    print('!')\n    return np.add(x, x)",
            ["Your code raised NameError in line 3 of the cell that begins `def double(x):` "
             "(`return np.add(x, x)`): `np` is not defined: run its cell first, or import it."],
        ),
        (
            "def double(x):\n    return x[6]",
            ["Your code raised IndexError in line 2 of the cell that begins `def double(x):` "
             "(`return x[6]`): index 6 is out of bounds for axis 0 with size 6"],
        ),
        (
            "def double(x):\n    2 * x",
            ["the result is None. Does the function end with a return statement?",
             "`double` returned None. Does it end with a return statement?"],
        ),
        (
            "def double(x):\n    x *= 2\n    return x",
            ["The function has modified its argument x. The caller still needs it: work on a "
             "copy, or build a new array."],
        ),
        (
            "def double(x):\n    return 4 * x",
            ["the result: 5 of 6 entries wrong, first at [1]; the largest error is about 1e+01.",
             "The result is twice the right one."],
        ),
        (
            "def double(x):\n    return x",
            ["the result: 5 of 6 entries wrong, first at [1]; the largest error is about 1e+00.",
             "The result is half the right one."],
        ),
        (
            "def double(x):\n    return 2 * x[1:]",
            ["the result has shape (5,); it should have shape (6,).",
             "The result lacks the first entry.", "the first entry is off by about 1e+00."],
        ),
        (
            "def double(x):\n    return 3.0",
            ["the result has shape (); it should have shape (6,).",
             "The answer has a form that this test cannot use (TypeError): `double` returned a "
             "number."],
        ),
        ("def double(x):\n    return 2 * x", []),
    ],
)  # fmt: skip
def test_a_failed_check_is_explained_above_otters_result(cell, said, grader, capsys):
    kernel = Kernel().run(cell)
    result = grader.check("q1_double", kernel.names)
    own = "!\n" * 2 * cell.count("print")  # what the answer itself prints, in Otter's two tests
    assert capsys.readouterr().out == own + "".join(f"q1_double: {line}\n" for line in said)
    # Otter's own result is what it is without us.
    assert repr(result) == repr(grader.otters.check("q1_double", kernel.names))
    assert grader.checked == {"q1_double": (not said, 2)}


def test_an_explanation_that_fails_costs_nothing(grader, monkeypatch):
    monkeypatch.setattr(notebook, "why", None)
    kernel = Kernel().run("def double(x):\n    return x")
    assert not grader.check("q1_double", kernel.names).passed_all


def test_all_checks_run_in_the_order_of_the_questions(grader, folder):
    for name in ("q10_more", "q2_other"):
        text = TEST.replace("q1_double", name)
        (folder / f"tests/{name}.py").write_text(text, encoding="utf-8")
    kernel = Kernel().run("def double(x):\n    return 2 * x")
    kernel.names["grader"] = grader
    exec("results = grader.check_all()", kernel.names)
    assert list(kernel.names["results"].results) == ["q1_double", "q2_other", "q10_more"]


def test_where_otter_grades_nobody_reads_explanations(monkeypatch):
    import otter

    class Inert:
        """What stands for Otter in a candidate."""

    inert = Inert()
    assert explained(inert) is inert
    assert isinstance(explained(otter.Notebook()), Grader)
    monkeypatch.setattr(otter.Notebook, "_grading_mode", True)
    assert isinstance(explained(otter.Notebook()), otter.Notebook)


# --- handing in -------------------------------------------------------------------------------

STUB = 'def double(x):\n    raise NotImplementedError("q1_double: write double")'
RIGHT = "def double(x):\n    return 2 * x"
CHECK = 'grader.check("q1_double")'


def saved(folder, *sources, name="tiny.ipynb"):
    """Write a notebook; answers are the cells that define something."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for cell in cells:
        if cell.source.startswith("def "):
            cell.metadata["tags"] = ["otter_answer_cell"]
    metadata = {"unroll": {"assignment": "tiny", "semester": "2026 spring"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / name)


@pytest.mark.parametrize(
    ("on_disk", "ran", "passed", "said"),
    [
        ((RIGHT, CHECK), (RIGHT, CHECK), True, []),
        ((STUB, CHECK), (STUB, CHECK), False, ["Nothing was answered; was the notebook saved?"]),
        ((STUB, CHECK), (RIGHT, CHECK), True, ["`double` in the file differs from what ran last"]),
        # Comments and layout are no difference.
        (("def double(x):  # twice\n    return 2*x", CHECK), (RIGHT, CHECK), True, []),
        ((RIGHT, CHECK), (CHECK,), None, ["`double` did not run in this session"]),
        ((RIGHT, CHECK), (RIGHT, CHECK), False, ["the check of q1_double failed."]),
        (
            ("def double(x):\n    return two * x", CHECK),
            ("two = 2", "def double(x):\n    return two * x", CHECK),
            True,
            ["`two` is used but no cell of the file defines it"],
        ),
        (("two = 2", RIGHT, CHECK), (RIGHT, "two = 2", CHECK), True, ["the cell that begins `two"]),
        (
            (RIGHT, "def half(x):\n    raise NotImplementedError('q2_half: write half')", CHECK),
            (RIGHT, CHECK),
            True,
            ["q2_half has no answer yet."],
        ),
    ],
)  # fmt: skip
def test_what_ran_is_compared_with_what_is_saved(on_disk, ran, passed, said, folder):
    saved(folder, *on_disk)
    values = json.loads((folder / "tiny.ipynb").read_text(encoding="utf-8"))
    checked = {} if passed is None else {"q1_double": (passed, 1)}
    remarks = handin.remarks_on(values, list(ran), checked)
    assert len(remarks) == len(said)
    assert all(
        remark.startswith(beginning) for remark, beginning in zip(remarks, said, strict=True)
    )


def test_a_text_that_is_missing_is_told(folder):
    cells = [
        nbformat.v4.new_code_cell(RIGHT),
        nbformat.v4.new_markdown_cell("### Question 2: in words\n\nWhy?"),
        nbformat.v4.new_markdown_cell("_Type your answer here, replacing this text._"),
    ]
    values = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    assert handin.remarks_on(values, [RIGHT], {}) == ["Question 2: in words has no text yet."]
    values["cells"][2]["source"] = "Because."
    assert handin.remarks_on(values, [RIGHT], {}) == []


def receipt_in(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("receipt.json"))


def test_the_zip_holds_the_saved_notebook_and_a_receipt(grader, folder, capsys):
    saved(folder, RIGHT, CHECK)
    kernel = Kernel().run(RIGHT)
    kernel.names["grader"] = grader
    grader.check("q1_double", kernel.names)
    exec("grader.export(pdf=False, ignore_log=True)", kernel.names)
    (path,) = folder.glob("tiny_*.zip")
    receipt = receipt_in(path)
    assert receipt["assignment"] == "tiny" and receipt["questions"] == {"q1_double": "check passed"}
    assert receipt["notebook"] == "tiny.ipynb" and len(receipt["sha256"]) == 64
    assert receipt["versions"]["python"] and receipt["time"].endswith("+00:00")
    assert "1 of 1 questions answered, 1 checks passed" in capsys.readouterr().out
    # Graders take the notebook, and nothing else, out of it.
    submission = read_submission(path)
    assert submission.assignment == "tiny" and not submission.files and not submission.notes


def test_two_notebooks_are_told_apart_where_the_editor_tells(folder, monkeypatch):
    saved(folder, RIGHT)
    saved(folder, STUB, name="other.ipynb")
    with pytest.raises(handin.NotebookNotFoundError, match=r"there are 2: other\.ipynb, tiny"):
        handin.current_notebook({})
    told = {"__vsc_ipynb_file__": str(folder / "other.ipynb")}
    assert handin.current_notebook(told)[0] == "other.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "tiny.ipynb"))
    assert handin.current_notebook({})[0] == "tiny.ipynb"
    (folder / "tiny.ipynb").write_text("", encoding="utf-8")
    with pytest.raises(handin.NotebookNotFoundError, match=r"tiny\.ipynb is empty\. Save"):
        handin.current_notebook({})


def test_without_a_notebook_it_says_where_to_save_it(folder):
    with pytest.raises(handin.NotebookNotFoundError, match="there is none in this folder"):
        handin.current_notebook({})


def test_colab_hands_in_what_the_browser_shows(grader, folder, monkeypatch):
    """Otter refuses to export there, and the file is on Google Drive."""
    saved(folder, RIGHT, CHECK)
    values = json.loads((folder / "tiny.ipynb").read_text(encoding="utf-8"))
    (folder / "tiny.ipynb").unlink()
    downloads = []
    google, colab, message = (types.ModuleType(n) for n in ("google", "colab", "_message"))
    message.blocking_request = lambda what, **_: {"ipynb": values}
    colab.files = SimpleNamespace(download=downloads.append)
    for name, module in (("google", google), ("google.colab", colab)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "google.colab._message", message)
    kernel = Kernel().run(RIGHT)
    kernel.names["grader"] = grader
    exec("grader.export(pdf=False, ignore_log=True)", kernel.names)
    (path,) = folder.glob("tiny_*.zip")
    assert downloads == [path.name]
    assert receipt_in(path)["questions"] == {"q1_double": "answered, not checked in this session"}
    assert read_submission(path).cells[0].source == RIGHT
    message.blocking_request = None
    with pytest.raises(handin.NotebookNotFoundError, match="Colab does not tell"):
        handin.current_notebook({})


def test_every_release_begins_with_this_grader():
    for file in ROOT.glob("student_release/*/*.ipynb"):
        cells = {cell.id: cell.source for cell in nbformat.read(file, as_version=4).cells}
        assert "grader = explained(otter.Notebook())" in cells["otter_init"]
        assert (file.parent / "seqlab/handin.py").exists()


def test_the_same_sentence_stands_in_the_notebook_and_after_grading(grader):
    """Both ask `seqlab.failures` and `seqlab.sentences`; see tests/examiner/test_examiner.py."""
    kernel = Kernel().run("def double(x):\n    return -2 * x")
    result = grader.otters.check("q1_double", kernel.names)
    assert explanation(result, kernel.names)[1] == "The result has the wrong sign."
