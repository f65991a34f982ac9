"""What students, instructors and graders get from the tiny master, run with the real Otter."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbclient
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from otter.assign import main as otter_assign
from otter.test_files import ExceptionTestFile

from tools.errors import Place
from tools.master.master import read
from tools.master.test_cell import ascii_source
from tools.release import test_files
from tools.release.test_files import semester_seed


def load(file: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    return notebook


def sources(notebook: nbformat.NotebookNode) -> dict[str, str]:
    return {cell.id: cell.source for cell in notebook.cells}


@pytest.fixture(scope="module")
def student(built) -> Path:
    return built.root / "student_release/tiny"


@pytest.fixture(scope="module")
def tests(built) -> Path:
    return built.root / "autograder/hidden_tests/tiny"


def test_the_release_has_these_files_and_no_other(student):
    files = {f.relative_to(student).as_posix() for f in student.rglob("*") if f.is_file()}
    seqlab = {name for name in files if name.startswith("seqlab/")}
    assert "seqlab/checks.py" in seqlab
    assert files - seqlab == {
        "README.md",
        "requirements.txt",
        "tiny.ipynb",
        "tests/q1_double.py",
        "tests/q2_center.py",
        "words.txt",
    }


def test_the_students_notebook(student):
    notebook = load(student / "tiny.ipynb")
    assert [cell.id for cell in notebook.cells] == [
        "colab_setup",
        "otter_init",
        "a_tiny_assignment",
        "code",
        "q1_text",
        "q1_solution",
        "q1_check",
        "text",
        "code_2",
        "q2_text",
        "q2_code",
        "q2_solution",
        "q2_check",
        "q3_text",
        "q3_solution",
        "q4_text",
        "q4_answer",
        "q4_export_end",
        "check_all_text",
        "check_all",
        "export_text",
        "export",
    ]
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "otter": {"assignment_name": "tiny"},
        "unroll": {"assignment": "tiny", "semester": "2026 spring"},
    }
    text = sources(notebook)
    assert text["q1_text"].endswith("_Points:_ 30")
    assert text["q4_text"].endswith("_Marked by hand._")
    assert "all the checks above" in text["check_all_text"]
    assert text["q1_solution"] == (
        "def double(x):\n"
        '    """Return twice x."""\n'
        '    raise NotImplementedError("q1_double: write double")'
    )
    # A question without public tests has no check cell; Otter grades it at its last cell.
    (quiet,) = [cell for cell in notebook.cells if cell.id == "q3_solution"]
    assert quiet.metadata["otter"] == {"tests": ["q3_quiet"]}
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


def test_the_student_readme_and_requirements(student):
    readme = (student / "README.md").read_text(encoding="utf-8")
    assert "# A tiny assignment\n" in readme
    assert '`grader.check("q1_double")`' in readme
    assert (
        "| `q2_center` | 40 |\n| `q3_quiet` | 30 |\n| `q4_explain` | marked by hand |\n" in readme
    )
    assert "| `words.txt` |" in readme
    lines = (student / "requirements.txt").read_text(encoding="utf-8")
    assert lines == "numpy==2.4.6\nmatplotlib==3.11.2\ntqdm==4.70.1\nOtter_Grader==7.0.0\n"


def test_the_solution_notebook_is_plain_code(built):
    notebook = load(built.root / "solutions/tiny.ipynb")
    text = sources(notebook)
    assert text["q1_solution"] == 'def double(x):\n    """Return twice x."""\n    return 2 * x'
    assert 'tests_dir="../autograder/hidden_tests/tiny"' in text["otter_init"]
    assert text["q4_solution"].startswith("The mean of centered columns")
    assert not {"colab_setup", "q4_answer", "export"} & set(text)
    assert all("SOLUTION" not in source and "PROMPT" not in source for source in text.values())
    assert all(cell.metadata.get("tags") in (None, ["otter_ignore"]) for cell in notebook.cells)


def test_a_test_file_keeps_the_authors_text_and_loads_in_otter(tests):
    text = (tests / "q1_double.py").read_text(encoding="utf-8")
    assert text.isascii()
    assert "    # A comment that students may read.\n" in text
    assert "-6)  # says nothing new\n" in text
    loaded = ExceptionTestFile.from_file(str(tests / "q1_double.py"))
    assert [(t.name, t.points, t.hidden) for t in loaded.test_cases] == [
        ("Twice two", 0, False),
        ("Numbers below zero → twice as far from it", 10, True),
        ("An array of random numbers is doubled, entry by entry", 20, True),
    ]
    message = "Arrays know how to multiply themselves – no loop is needed."
    assert loaded.test_cases[2].failure_message == message


def test_students_see_public_tests_only(student):
    loaded = ExceptionTestFile.from_file(str(student / "tests/q1_double.py"))
    assert [(t.name, t.hidden) for t in loaded.test_cases] == [("Twice two", False)]
    for file in (student / "tests").iterdir():
        assert "SEMESTER" not in file.read_text(encoding="utf-8")


def test_hidden_seeds_are_those_of_the_semester(tests):
    text = (tests / "q2_center.py").read_text(encoding="utf-8")
    seed = semester_seed("Tiny course", "2026 spring", "q2_center")
    assert f"\nSEMESTER = {seed}\n" in text
    assert "default_rng([SEMESTER, 201]), np.random.default_rng([SEMESTER, 202])\n" in text
    assert 0 <= seed < 2**63
    assert seed != semester_seed("Tiny course", "2026 autumn", "q2_center")
    assert seed != semester_seed("Tiny course", "2026 spring", "q1_double")


def test_generated_tests_are_formatted(built):
    folders = ["autograder", "student_release/tiny/tests"]
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100"]
    ruff += ["--no-cache", "--check"]
    subprocess.run([*ruff, *folders], cwd=built.root, check=True, capture_output=True)


def test_escapes_change_no_value():
    source = 'def test_x(f):\n    """Grüße – 😀"""\n    assert f(1) == f"é{f(2)}ß" + \'\'\'∂\'\'\''
    escaped = ascii_source(source, Place("x"))
    assert escaped.isascii()
    assert ast.dump(ast.parse(escaped)) == ast.dump(ast.parse(source))


def test_a_new_format_of_otters_test_files_is_noticed(built):
    tiny = read(built.master.read_text(encoding="utf-8"), "tiny")
    otters = "from otter.test_files import test_case\n\n@test_case(points=None, hidden=True)\n"
    with pytest.raises(RuntimeError, match="a new version"):
        test_files.test_file(
            f"{otters}def test_two(double): pass\n", tiny.questions[0].tests[:1], 1
        )


def test_otter_drops_nothing_else(project, refused):
    project.edit("text", "Between two questions", "# Ignored by many\n\nBetween two questions")
    project.edit("q2_code", "observations", "np.random.seed(3)  # SEED\nobservations")
    now = (
        ": Otter drops this cell or a line of it, because of a word that it takes for a tag. "
        'Look for "# Ignore" at the top, for "# SEED" and "# IGNORE" at the end of a line, and for '
        '"PLUGIN"; write it in another way.'
    )
    assert refused() == [f"tiny.ipynb, cell text{now}"]
    project.edit("text", "# Ignored by many", "# Often ignored")
    project.edit("q2_code", "# SEED", "# IGNORE")
    assert refused() == [f"tiny.ipynb, cell q2_code{now}"]


# --- run with Otter ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walked(built, tmp_path_factory) -> Path:
    """A release in a fresh folder, two questions of it answered, renamed, and run to its end."""
    root = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(built.root / "build/tiny-student.zip") as archive:
        archive.extractall(root)
    folder = root / "tiny"
    notebook = load(folder / "tiny.ipynb")
    solutions = sources(load(built.root / "solutions/tiny.ipynb"))
    for cell in notebook.cells:
        if cell.id in ("q1_solution", "q2_solution"):
            cell.source = solutions[cell.id]
    (folder / "tiny.ipynb").unlink()
    nbformat.write(notebook, folder / "tiny (1).ipynb")
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(folder)}})
    client.execute()
    nbformat.write(notebook, root / "executed.ipynb")
    return folder


def test_a_student_checks_and_exports(walked):
    notebook = load(walked.parent / "executed.ipynb")
    outputs = {cell.id: str(cell.get("outputs")) for cell in notebook.cells}
    assert "q1_double results: All test cases passed!" in outputs["q1_check"]
    assert "q2_center results: All test cases passed!" in outputs["q2_check"]
    (exported,) = walked.glob("*.zip")
    with zipfile.ZipFile(exported) as archive:
        assert "tiny (1).ipynb" in archive.namelist()
        assert ".OTTER_LOG" not in archive.namelist()


def test_otter_run_gives_what_is_exported_the_points_of_its_answers(built, walked, tmp_path):
    """All for a right one, none for an untouched one; a proof does the same without `otter run`."""
    (exported,) = walked.glob("*.zip")
    bundle = built.root / "build/tiny-otter.zip"
    command = [sys.executable, "-m", "otter", "run", "-a", str(bundle), "--no-logo", str(exported)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    scores = {t["name"]: t["score"] for t in results["tests"] if t["name"] != "Public Tests"}
    assert scores == {"q1_double": 30, "q2_center": 40, "q3_quiet": 0}


def test_the_master_is_valid_for_plain_otter_assign(built, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    otter_assign(str(built.master), "out", no_run_tests=True)
    plain = sources(load(tmp_path / "out/student/tiny.ipynb"))
    ours = sources(load(built.root / "student_release/tiny/tiny.ipynb"))
    assert plain["q2_solution"] == ours["q2_solution"]
    assert sorted(f.name for f in (tmp_path / "out/autograder/tests").iterdir()) == [
        "q1_double.py",
        "q2_center.py",
        "q3_quiet.py",
    ]


def test_two_notebooks_stop_the_export_and_not_the_checks(student, tmp_path, monkeypatch):
    """The init cell names no notebook: given a name, Otter would export the untouched one."""
    shutil.copytree(student, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "tiny.ipynb", tmp_path / "tiny (1).ipynb")
    monkeypatch.chdir(tmp_path)
    namespace = {"double": lambda x: 2 * x}
    exec(sources(load(student / "tiny.ipynb"))["otter_init"], namespace)
    grader = namespace["grader"]
    assert grader.check("q1_double", namespace).passed_all
    with pytest.raises(ValueError, match="Could not resolve notebook path"):
        grader.export(pdf=False)
    assert not list(tmp_path.glob("*.zip"))


@pytest.fixture
def colab(built, tmp_path, monkeypatch):
    """Run the first cell where `seqlab` is missing; return the printed text's namespace."""
    source = sources(load(built.root / "student_release/tiny/tiny.ipynb"))["colab_setup"]
    find_spec = importlib.util.find_spec
    missing = ["seqlab"]
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in missing else find_spec(name)
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    installed = []

    class Shell:
        def run_line_magic(self, name, line, *_):
            installed.append(f"%{name} {line}")

    def run(release: Path | None, *also_missing: str) -> list[str]:
        missing.extend(also_missing)
        address = "https://example.org/tiny/tiny-student.zip"
        assert address in source
        here = source.replace(address, release.as_uri()) if release else source
        exec(TransformerManager().transform_cell(here), {"get_ipython": Shell})
        return installed

    return run


def test_the_first_cell_fetches_the_release(built, colab, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny/words.txt").write_text("my own", encoding="utf-8")
    assert colab(built.root / "build/tiny-student.zip", "otter") == [
        "%pip install -q otter-grader==7.0.0"
    ]
    assert Path.cwd() == tmp_path / "tiny"
    assert os.path.isfile("seqlab/checks.py") and os.path.isfile("tests/q1_double.py")
    assert sys.path[0] == str(tmp_path / "tiny")
    assert Path("words.txt").read_text(encoding="utf-8") == "my own"
    # The export must not find the blank notebook and take it for the student's.
    assert not list(Path.cwd().glob("*.ipynb"))


def test_the_first_cell_says_what_to_do_when_it_cannot_fetch(colab, tmp_path):
    with pytest.raises(RuntimeError, match=r"Fetching file:.* failed\. Check the connection"):
        colab(tmp_path / "nowhere.zip")
    (tmp_path / "page.zip").write_text("<html>Sign in</html>", encoding="utf-8")
    with pytest.raises(RuntimeError, match="download the file in a browser"):
        colab(tmp_path / "page.zip")
    assert Path.cwd() == tmp_path


def test_the_first_cell_does_nothing_where_seqlab_is(student, monkeypatch):
    source = sources(load(student / "tiny.ipynb"))["colab_setup"]
    monkeypatch.syspath_prepend(str(student))
    monkeypatch.chdir(student)
    exec(TransformerManager().transform_cell(source), {})
    assert Path.cwd() == student
