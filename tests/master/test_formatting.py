"""`unroll format`: what it removes, what it keeps, and the names it gives."""

import codecs
import json

import nbformat
import pytest

from tools.course.settings import read_course
from tools.master.formatting import GENERATED_IDS, cell_ids, formatted


def text(*cells: tuple[str, str], **metadata) -> str:
    """Return a notebook with these types and sources, and ids like JupyterLab's."""
    made = []
    for number, (kind, source) in enumerate(cells):
        cell = {"cell_type": kind, "source": source, "metadata": {}, "id": f"{number:08x}"}
        if kind == "code":
            cell |= {"outputs": [{"output_type": "stream"}], "execution_count": number}
        made.append(cell)
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def ids(notebook: str) -> list[str]:
    return [cell["id"] for cell in json.loads(formatted(notebook, "x.ipynb"))["cells"]]


def test_a_master_saved_after_a_run_is_clean_again(project, unroll):
    clean = project.master.read_text(encoding="utf-8")
    notebook = project.notebook()
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"{number:08x}"
        cell["metadata"] |= {"collapsed": True, "jp-MarkdownHeadingCollapsed": False}
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["9\n"]}]
            cell["execution_count"] = number
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    notebook["metadata"]["widgets"] = {}
    notebook["cells"].append({**notebook["cells"][2], "source": [], "id": "ffffffff"})
    project.save(notebook)
    assert unroll("format", "--check") == (
        1,
        "tiny.ipynb: not clean. Run `unroll format tiny`.\n",
        "",
    )
    assert unroll("format") == (0, "tiny.ipynb: cleaned\n", "")
    assert project.master.read_text(encoding="utf-8") == clean
    assert unroll("format", "--check") == (0, "", "")


def test_the_tiny_master_is_clean_and_a_valid_notebook(project, unroll):
    assert unroll("format", "--check")[0] == 0
    nbformat.validate(nbformat.read(project.master, as_version=4))


def crlf(project, notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    text = json.dumps(notebook, indent=1).replace("\n", "\r\n")
    project.master.write_bytes(codecs.BOM_UTF8 + text.encode())


def vs_code(project, notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"#VSC-{number:08x}"
        cell["metadata"] |= {"vscode": {"languageId": cell["cell_type"]}}
        if cell["cell_type"] == "raw":  # shown as code, and saved as that
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
    notebook["metadata"] |= {"vscode": {"interpreter": {"hash": "0"}}}
    project.save(notebook)


def colab(project, notebook):
    for number, cell in enumerate(notebook["cells"]):
        name = f"q{number:03}abcdefgh"
        cell |= {"id": name, "cell_type": cell["cell_type"].replace("raw", "markdown")}
        cell["metadata"] |= {"id": name, "executionInfo": {"elapsed": 5}, "outputId": "x"}
    notebook["metadata"] |= {"colab": {"provenance": []}, "accelerator": "GPU"}
    project.save(notebook | {"nbformat_minor": 0})


@pytest.mark.parametrize("editor", [crlf, vs_code, colab])
def test_a_master_saved_by_another_editor_is_clean_again(project, unroll, editor):
    clean = project.master.read_bytes()
    editor(project, project.notebook())
    assert unroll("format", "--check")[0] == 1
    assert unroll("format") == (0, "tiny.ipynb: cleaned\n", "")
    assert project.master.read_bytes() == clean


def test_code_below_a_boundary_stays_code():
    (cell,) = json.loads(formatted(text(("code", "# BEGIN TESTS\nx = f(1)")), "x"))["cells"]
    assert cell["cell_type"] == "code"


def test_settings_with_a_byte_order_mark_are_read(project):
    file = project.root / "assignments/course.toml"
    file.write_bytes(codecs.BOM_UTF8 + file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_course(project.root).assignments == ("tiny",)


def test_sources_tags_and_attachments_stay():
    notebook = json.loads(text(("code", "x = 1\n\n"), ("markdown", "![](attachment:a.png)")))
    notebook["cells"][0]["metadata"]["tags"] = ["otter_ignore"]
    notebook["cells"][1]["attachments"] = {"a.png": {"image/png": "AAAA"}}
    code, prose = json.loads(formatted(json.dumps(notebook), "x.ipynb"))["cells"]
    assert "".join(code["source"]) == "x = 1\n\n"
    assert code["metadata"] == {"tags": ["otter_ignore"]}
    assert prose["attachments"] == {"a.png": {"image/png": "AAAA"}}


def test_cells_of_a_question_are_named_by_their_place():
    question = text(
        ("raw", "# BEGIN QUESTION\nname: q8_backward\npoints: 20"),
        ("markdown", "Text"),
        ("markdown", "More"),
        ("code", "x = 1"),
        ("raw", "# BEGIN PROMPT"),
        ("markdown", "Write here"),
        ("raw", "# END PROMPT"),
        ("raw", "# BEGIN SOLUTION"),
        ("code", "a"),
        ("code", "b"),
        ("raw", "# END SOLUTION"),
        ("raw", "# BEGIN TESTS"),
        (
            "code",
            '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\n'
            "def test_ragged(f):\n    pass",
        ),
        ("code", "print(1)"),
        ("raw", "# END TESTS"),
        ("raw", "# END QUESTION"),
    )
    assert ids(question) == [
        "q8_begin",
        "q8_text",
        "q8_text_2",
        "q8_code",
        "q8_prompt_begin",
        "q8_prompt",
        "q8_prompt_end",
        "q8_solution_begin",
        "q8_solution",
        "q8_solution_2",
        "q8_solution_end",
        "q8_tests_begin",
        "q8_test_ragged",
        "q8_test",
        "q8_tests_end",
        "q8_end",
    ]


def test_cells_outside_questions_are_named_by_their_heading_or_keep_their_name():
    cells = [
        {"cell_type": "markdown", "source": "## 3. The loss, and its floor", "id": "deadbeef"},
        {"cell_type": "markdown", "source": "## The loss, and its floor", "id": "1" * 8},
        {"cell_type": "markdown", "source": "# Import", "id": "my_own_name"},
        {"cell_type": "code", "source": "x", "id": "q8_text"},
        {
            "cell_type": "markdown",
            "source": "# Export",
            "id": "a1b2c3d4-0000-0000-0000-1234567890ab",
        },
        {"cell_type": "code", "source": "x", "id": "code"},
        {"cell_type": "markdown", "source": "# 2" + "x" * 80},
    ]
    assert cell_ids(cells) == [
        "the_loss_and_its_floor",
        "the_loss_and_its_floor_2",
        "my_own_name",
        "code_2",
        "export_2",
        "code",
        "x" * 60,
    ]
    assert "export" in GENERATED_IDS


@pytest.mark.parametrize("name", ["tiny", "rnn_from_scratch"])
def test_formatting_twice_changes_nothing(name):
    from conftest import HERE

    folders = [HERE / "tiny/assignments", HERE.parent / "assignments"]
    (file,) = [
        f / name / f"{name}.ipynb" for f in folders if (f / name / f"{name}.ipynb").is_file()
    ]
    once = formatted(file.read_text(encoding="utf-8"), file.name)
    assert formatted(once, file.name) == once


def test_a_broken_master_is_cleaned_too(project, unroll):
    project.remove("q1_end", "q2_solution_begin")
    project.update("code_2", execution_count=3)
    assert unroll("format")[0] == 0
    assert json.loads(project.master.read_text(encoding="utf-8"))
    assert all(c.get("execution_count") is None for c in project.notebook()["cells"])
