"""What a file is, by its contents; and what can be graded is graded, whatever its name."""

import io
import json
import zipfile

import pytest
from conftest import ROOT
from seqlab.unanswered import is_untouched, unanswered

from autograder.submission.kinds import HEAD_BYTES, Kind, recognise
from autograder.submission.reading import SubmissionError, parse_submission, read_notebook
from autograder.submission.upload import find_modules, find_submission

CODE = ["import numpy as np\n", "def double(x):\n", '    return 2 * x  # "é"\n']


def notebook(assignment: str | None = None, source: object = CODE, **more) -> dict:
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    metadata = {"unroll": {"assignment": assignment}} if assignment else {}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, **more}


PLAIN = json.dumps(notebook(), ensure_ascii=False, indent=1)


def zipped(members: dict[str, str | bytes | dict]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in members.items():
            text = json.dumps(contents) if isinstance(contents, dict) else contents
            archive.writestr(name, text)
    return buffer.getvalue()


def code(name: str, contents: bytes, assignment: str | None = None) -> str:
    return "\n".join(cell.source for cell in parse_submission(name, contents, assignment).cells)


@pytest.mark.parametrize("name", ["a.ipynb", "a.ipynb.txt", "a.ipynb.json", "a", "a.py"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_notebook_is_one_in_any_clothes(name, coding, end):
    contents = PLAIN.replace("\n", end).encode(coding)
    assert recognise(name, contents[:HEAD_BYTES]) is Kind.NOTEBOOK
    assert code(name, contents) == "".join(CODE)


def test_carriage_returns_and_padding_are_no_part_of_the_code():
    contents = json.dumps(notebook(source="x = 1\r\ny = 2\r")).encode() + bytes(512)
    assert code("a.ipynb", contents) == "x = 1\ny = 2\n"


@pytest.mark.parametrize(
    ("name", "contents", "kind", "sentence"),
    [
        ("a.ipynb", bytes(600), Kind.EMPTY, "empty"),
        ("a.ipynb", b"%PDF-1.7", Kind.PDF, "This is a PDF"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\4", Kind.SEVEN_ZIP, "7z archive. Unpack it"),
        ("a.zip", b"Rar!\x1a\x07\x01\0", Kind.RAR, "RAR archive. Unpack it"),
        ("a.tar.gz", b"\x1f\x8b\x08\0", Kind.TAR, "tar archive. Unpack it"),
        ("a.ipynb.gz", b"\x1f\x8b\x08\0", Kind.COMPRESSED, "gzip"),
        ("a.tar", b"a" * 257 + b"ustar\0", Kind.TAR, "tar archive"),
        ("a.docx", zipped({"[Content_Types].xml": "<x/>"}), Kind.OFFICE, "office document"),
        ("a.ipynb", b"{\\rtf1", Kind.OFFICE, "office document"),
        ("a.png", b"\x89PNG\r\n", Kind.PICTURE, "picture"),
        ("a.ipynb", b"<!DOCTYPE html><html>GitHub", Kind.PAGE, "Download raw file"),
        (
            "a.html",
            b'<!DOCTYPE html>\n<html><body class="jp-Notebook">',
            Kind.EXPORT,
            "HTML export of a notebook. Submit the notebook itself",
        ),
        ("a.ipynb", b"version https://git-lfs.github.com/spec/v1\n", Kind.POINTER, "git lfs pull"),
        ("._a.ipynb", b"\0\5\x16\7\0\2", Kind.COMPANION, "macOS"),
        (
            "a.py",
            b"import marimo\n\napp = marimo.App()\n\n@app.cell\ndef _():\n    return ()",
            Kind.MARIMO,
            "marimo export ipynb",
        ),
        ("a.txt", b"Dear all,\nmy answers", Kind.OTHER, "not a notebook"),
        ("a.txt", b"<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n", Kind.CONFLICT, "conflict markers"),
    ],
    ids=lambda value: getattr(value, "title", None),
)
def test_what_cannot_be_graded_is_named(name, contents, kind, sentence):
    assert recognise(name, contents) is kind and not kind.gradable
    with pytest.raises(SubmissionError, match=sentence):
        parse_submission(name, contents)


# Merge conflicts


def conflict(ours: str, theirs: str) -> bytes:
    return PLAIN.replace(
        '"nbformat": 4', f"\n<<<<<<< HEAD\n{ours}\n=======\n{theirs}\n>>>>>>> theirs\n"
    ).encode()


def test_a_conflict_that_concerns_no_code_is_graded_and_said():
    contents = conflict('"nbformat": 4', '"nbformat": 4, "nbformat_minor": 5')
    submission = parse_submission("a.ipynb", contents)
    assert submission.cells[0].source == "".join(CODE)
    assert "conflict markers of git" in submission.notes[0]


@pytest.mark.parametrize("theirs", ['"nbformat"', '"cells": [], "nbformat": 4'])
def test_a_conflict_in_the_code_is_named(theirs):
    with pytest.raises(SubmissionError, match="holds conflict markers of git"):
        parse_submission("a.ipynb", conflict('"nbformat": 4', theirs))


@pytest.mark.parametrize("name", ["a.ipynb", "a.py"])
def test_conflict_markers_in_a_cell_are_named(name):
    source = "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b"
    contents = source if name.endswith("py") else json.dumps(notebook(source=source))
    assert "(<<<<<<<)" in parse_submission(name, contents.encode()).notes[0]


# Scripts


def sources(text: str, name: str = "a.py") -> list[str]:
    cells = parse_submission(name, text.encode()).cells
    return [cell.source.strip() for cell in cells if not cell.source.startswith("# -*-")]


@pytest.mark.parametrize(
    "line", ["# In[3]:", "# In[ ]:", "#%%", "# %%", "# %% name", "# <codecell>"]
)
def test_the_lines_that_divide_a_script(line):
    text = f"#!/usr/bin/env python\n# coding: utf-8\n\n{line}\n\n\nx = 1\n\n{line}\ny = 2\n"
    assert sources(text)[1:] == ["x = 1", "y = 2"]
    assert recognise("noextension", text.encode()) is Kind.SCRIPT


def test_a_tag_in_a_script_counts():
    text = '# %%\nx = 1\n# %% tags=["otter_ignore"]\ny = 2\n# %%\nz = 3\n'
    assert [cell.ignored for cell in parse_submission("a.py", text.encode()).cells] == [
        False, True, False,
    ]  # fmt: skip


COLAB = '''# -*- coding: utf-8 -*-
"""tiny.ipynb

Automatically generated by Colab.
"""

# Commented out IPython magic to ensure Python compatibility.
# %matplotlib inline
import numpy as np

"""# Text with a "word" and def of(this):

more text
"""

# Commented out IPython magic to ensure Python compatibility.
# %%writefile helper.py
# # a comment
# VALUE = 1

def double(x):
    """Return 2 x.

def in_a_docstring(): pass
"""
    y = """
grader.check("not a cell")
"""

    if x:
        return (2 *

x)
    else:
        return 0

grader.check("q1_double")
broken = (1,

def after_a_bracket_that_is_open():
    pass

print('it\\'s # no comment')
# a comment
else_ = 1
'''


def test_a_script_of_colab_has_its_cells_and_magics_back():
    found = sources(COLAB, "Copy of tiny.txt")
    assert found[:2] == ["%matplotlib inline\nimport numpy as np",
                         "%%writefile helper.py\n# a comment\nVALUE = 1"]  # fmt: skip
    assert found[2].startswith("def double(x):") and found[2].endswith("return 0")
    assert found[3:] == [
        'grader.check("q1_double")',
        "broken = (1,",
        "def after_a_bracket_that_is_open():\n    pass",
        "print('it\\'s # no comment')\n# a comment\nelse_ = 1",
    ]


# Zips


def test_the_notebook_of_this_assignment_counts():
    both = {"rnn.ipynb": notebook("rnn", "x = 1"), "lstm.ipynb": notebook("lstm", "x = 2")}
    assert code("a.zip", zipped(both), "lstm") == "x = 2"
    with pytest.raises(SubmissionError, match=r"2 notebooks \(lstm\.ipynb, rnn\.ipynb\)"):
        parse_submission("a.zip", zipped(both))
    exports = {name: zipped({name: value}) for name, value in both.items()}
    nested = zipped({f"{name}.zip": contents for name, contents in exports.items()})
    assert code("a.zip", nested, "rnn") == "x = 1"


def test_a_zip_in_a_zip_is_opened_but_not_for_ever():
    contents = PLAIN.encode()
    for _ in range(3):
        contents = zipped({"inner": contents})
    assert code("a", contents) == "".join(CODE)
    with pytest.raises(SubmissionError, match="zips in zips"):
        parse_submission("a.zip", zipped({"outer.zip": contents}))


def test_a_zip_of_zips_unpacks_only_so_much(monkeypatch):
    monkeypatch.setattr("autograder.submission.archive.MAX_UNPACKED", 100_000)
    inner = zipped({"a.ipynb": PLAIN + " " * 90_000})
    with pytest.raises(SubmissionError, match="far too much"):
        parse_submission("a.zip", zipped({"a.zip": inner}))


def test_a_password_and_a_lone_checkpoint_are_named():
    locked = bytearray(zipped({"a.ipynb": PLAIN}))
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(SubmissionError, match="has a password"):
        parse_submission("a.zip", bytes(locked))
    with pytest.raises(SubmissionError, match=r"own copies, in .* do not count"):
        parse_submission("a.zip", zipped({".ipynb_checkpoints/a-checkpoint.ipynb": PLAIN}))
    assert "Jupyter keeps" in parse_submission("a-checkpoint.ipynb", PLAIN.encode()).notes[0]


def test_a_damaged_file_beside_the_notebook_is_no_matter():
    contents = bytearray(zipped({"plot.txt": "x" * 9_000, "a.ipynb": PLAIN}))
    contents[38:50] = bytes(12)
    assert code("a.zip", bytes(contents)) == "".join(CODE)


# Modules beside the notebook

BESIDE = {
    "work/a.ipynb": PLAIN,
    "work/helper.py": "VALUE = 1",
    "work/parts/__init__.py": "",
    "work/numpy.py": "raise SystemExit",
    "work/random.py": "",
    "work/a.py": "exported = 1",
    "work/export.py": "# In[1]:\nx = 1",
    "work/not-a-module.py": "",
    "work/sitecustomize.py": "",
    "work/tests/q1.py": "",
    "above.py": "",
}


def test_modules_beside_the_notebook_are_carried(tmp_path):
    expected = {"helper.py": b"VALUE = 1", "parts/__init__.py": b""}
    assert parse_submission("a.zip", zipped(BESIDE)).files == expected
    for name, text in BESIDE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    file = find_submission(tmp_path, "tiny")
    assert find_modules(tmp_path, file) == expected


def test_only_so_many_modules_are_carried():
    many = {f"m{n:02}.py": "x = 1" for n in range(25)} | {"a.ipynb": PLAIN}
    submission = parse_submission("a.zip", zipped(many))
    assert len(submission.files) == 20
    assert "m20.py, m21.py, m22.py" in submission.notes[0]
    large = {"a.ipynb": PLAIN, "large.py": "#" * (2**20 + 1), "small.py": "x = 1"}
    assert list(parse_submission("a.zip", zipped(large)).files) == ["small.py"]


# Nothing answered


def release(name: str):
    file = ROOT / f"student_release/{name}/{name}.ipynb"
    questions = list(dict.fromkeys(
        q for cell in parse_submission(file.name, file.read_bytes()).cells for q in cell.checks
    ))  # fmt: skip
    return read_notebook(file), questions


@pytest.mark.parametrize("name", ["rnn_from_scratch", "lstm_from_scratch"])
def test_an_untouched_release_is_known_by_its_prompts(name):
    values, questions = release(name)
    cells = parse_submission("a.ipynb", json.dumps(values).encode()).cells
    assert len(questions) > 10 and unanswered(cells, questions) == tuple(questions)
    assert is_untouched(cells, questions) and not is_untouched(cells, [])
    solved = parse_submission("b.ipynb", (ROOT / f"solutions/{name}.ipynb").read_bytes()).cells
    assert unanswered(solved, questions) == () and not is_untouched(solved, questions)


@pytest.mark.parametrize(
    "own",
    ["def softmax(x):\n    return x", "softmax = abs", "from mine import softmax", "%run a.py"],
)
def test_answers_in_cells_of_ones_own_are_answers(own):
    values, questions = release("rnn_from_scratch")
    given = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    for source, untouched_ in [("y = softmax(x)\nnp.exp(1)", True), (own, False)]:
        cells = [*values["cells"], given | {"id": "own", "source": source}]
        read = parse_submission("a.ipynb", json.dumps(values | {"cells": cells}).encode()).cells
        assert is_untouched(read, questions) is untouched_


STUB = (
    'def double(x):\n    """Twice."""\n    # your code\n'
    '    raise NotImplementedError("q1: write double")'
)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (STUB, True),
        (STUB.replace("    raise", "    return 2 * x\n    raise"), False),
        (STUB.replace("    raise", "    # raise"), False),
        (STUB.replace("write double", "my own words"), False),
    ],
)
def test_an_answer_above_its_prompt_is_an_answer(source, left):
    cells = parse_submission("a.ipynb", json.dumps(notebook(source=source)).encode()).cells
    assert (unanswered(cells, ["q1"]) == ("q1",)) is left
