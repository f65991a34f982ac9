"""The student's release: Otter's student notebook, mended, and the files around it."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.course.settings import GRADING_PYTHON, Assignment, Course
from tools.errors import AuthorError, Place
from tools.master import solution_cell
from tools.master.master import Master
from tools.master.notebook import FOLDED, KERNELSPEC, LANGUAGE_INFO, Cell, Notebook
from tools.release.otter_assign import generated_id

TEMPLATES = Path(__file__).parent / "templates"

# Students may neither edit nor delete such a cell: the course needs it as it is.
LOCKED = {"deletable": False, "editable": False}

# Without a name Otter takes the only notebook in the folder. With the name it would not start for a
# student whose browser saved "NAME (1).ipynb", and, worse, with both in the folder it would export
# the untouched original without a word. Without a name two notebooks make the export stop with an
# error, and checks work in any case.
# Ours stands around Otter's notebook: it says what a failed check means, and writes the receipt.
STUDENT_INIT = (
    "# Initialize Otter\nimport otter\nfrom seqlab.notebook import explained\n\n"
    "grader = explained(otter.Notebook())"
)

# Otter's own text promises that this cell runs all tests, of which students do not have the hidden.
CHECK_ALL_TEXT = "---\n\nThe cell below runs all the checks above once more."

# These open and check a notebook; an answer has no use for them.
FOR_THE_NOTEBOOK = ("otter-grader", "jupyterlab")

MARKED_BY_HAND = "_Marked by hand._"


def student_notebook(otters: Notebook, master: Master, course: Course) -> Notebook:
    """The notebook that students get."""
    cells = named_cells(otters["cells"], master)
    _check_against_master(cells, master)
    replaced = {"otter_init": STUDENT_INIT, "check_all_text": CHECK_ALL_TEXT}
    for cell in cells:
        cell["source"] = replaced.get(cell["id"], cell["source"])
    # It is long and not for reading.
    setup = {"id": "colab_setup", "cell_type": "code", "metadata": LOCKED | FOLDED}
    setup |= {"source": _render("colab_setup.py.j2", **_colab(master, course)).rstrip("\n")}
    cells.insert(0, setup | {"outputs": [], "execution_count": None})
    # Metadata that the author's editor left behind stays here, so that the leak gate refuses it.
    metadata = otters["metadata"] | notebook_metadata(master, course, otters)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def notebook_metadata(master: Master, course: Course, otters: Notebook) -> dict[str, Any]:
    """What every notebook of a build says about itself."""
    return {
        "kernelspec": dict(KERNELSPEC),
        "language_info": dict(LANGUAGE_INFO),
        "otter": otters["metadata"]["otter"],
        "unroll": {"assignment": master.name, "semester": course.semester},
    }


def named_cells(cells: list[Cell], master: Master) -> list[Cell]:
    """Otter's cells with ids that do not change from build to build, and points put right."""
    pairs = zip(master.notebook["cells"], master.spots, strict=True)
    prefixes = {cell["id"]: spot.question for cell, spot in pairs}
    by_hand = {question.prefix for question in master.questions if question.manual}
    named, prefix = [], None
    for cell in cells:
        cell = {**cell, "metadata": dict(cell["metadata"])}
        if cell["id"] in prefixes:
            prefix = prefixes[cell["id"]]
        elif not cell["source"].strip():
            continue  # Otter's buffer at the end of the notebook
        else:
            cell["id"] = generated_id(cell["source"], prefix)
        if prefix in by_hand:
            cell["source"] = cell["source"].replace("\n_Points:_ 0", f"\n{MARKED_BY_HAND}")
        named.append(cell)
    return named


def student_files(
    name: str,
    *,
    notebook: str,
    readme: str,
    requirements: list[str],
    tests: Mapping[str, str],
    support: Mapping[str, bytes],
) -> dict[str, bytes]:
    """The release as paths and contents."""
    texts = {
        f"{name}.ipynb": notebook,
        "README.md": readme,
        "requirements.txt": "".join(f"{line}\n" for line in requirements),
        **{f"tests/{question}.py": text for question, text in tests.items()},
    }
    return {path: text.encode() for path, text in texts.items()} | dict(support)


def readme(master: Master, assignment: Assignment, course: Course) -> str:
    """What students read first."""
    return _render(
        "student_readme.md.j2",
        name=master.name,
        title=assignment.title,
        files=assignment.files,
        testing=bool(assignment.released_testing),
        questions=master.questions,
        bonus=assignment.bonus,
        packages=_packages(assignment),
        numpy_only=_in_words(assignment.numpy_only) if assignment.numpy_only else "",
        grading_python=GRADING_PYTHON,
        course=course.course,
        semester=course.semester,
    )


def _packages(assignment: Assignment) -> list[str]:
    """Return the packages that an answer may use, as they are imported."""
    return [p for p in assignment.requirements if p not in FOR_THE_NOTEBOOK]


def _in_words(questions: Sequence[str]) -> str:
    """Return "question 4" or "questions 1 to 7 and 9": the numbers of questions, for a sentence."""
    runs: list[list[int]] = []
    for number in sorted(int(question.split("_")[0].removeprefix("q")) for question in questions):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [
        f"{run[0]} to {run[-1]}" if len(run) > 2 else " and ".join(map(str, run)) for run in runs
    ]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"question{'s' if len(questions) > 1 else ''} {listed}"


def _colab(master: Master, course: Course) -> dict[str, str]:
    return {
        "name": master.name,
        "release_address": course.release_address(master.name),
        "otter_version": version("otter-grader"),
    }


def _render(template: str, **values: object) -> str:
    # Needed only by a build with work to do.
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8")
    environment = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(template).render(values)


def _check_against_master(cells: list[Cell], master: Master) -> None:
    """Otter must have changed nothing but what the grammar says.

    It also acts on lines that merely look like its tags: a Markdown heading "# Ignore …" drops the
    whole cell, a line that ends in "# SEED" or "# IGNORE" disappears.
    """
    students = {cell["id"]: cell["source"] for cell in cells}
    stubs = {
        cell.cell: solution_cell.stub(cell.lines)
        for question in master.questions
        for cell in question.solutions
        if cell.lines is not None
    }
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        given = spot.role in ("text", "code", "prompt") or spot.question is None
        if cell["cell_type"] == "raw" or not (given or cell["id"] in stubs):
            continue
        expected = stubs.get(cell["id"], cell["source"]).strip()
        if expected not in students.get(cell["id"], ""):
            raise AuthorError(
                "Otter drops this cell or a line of it, because of a word that it takes for a tag",
                Place(master.file, cell["id"]),
                'Look for "# Ignore" at the top, for "# SEED" and "# IGNORE" at the end of a line, '
                'and for "PLUGIN"; write it in another way.',
            )


SOLUTION_TAG = "otter_assign_solution_cell"  # Otter's own mark

# An export would leave a zip of the answers in a folder under version control.
_EXPORT = {"export_text", "export"}


def solution_notebook(
    otters: Notebook, master: Master, course: Course, testing: bool = False
) -> Notebook:
    """Otter's full notebook without tags and prompts; hidden tests are found from `solutions/`.

    testing: whether its tests import modules of their own.
    """
    code = {
        cell.cell: solution_cell.answer(cell.lines)
        for question in master.questions
        for cell in question.solutions
        if cell.lines is not None
    }
    pairs = zip(master.notebook["cells"], master.spots, strict=True)
    blanks = {cell["id"] for cell, spot in pairs if spot.role == "prompt"}
    blanks |= {f"{question.prefix}_answer" for question in master.questions}
    cells = []
    for cell in named_cells(otters["cells"], master):
        if cell["id"] in blanks | _EXPORT:
            continue
        if cell["id"] == "otter_init":
            cell["source"] = _init(master.name, testing)
        cell["source"] = code.get(cell["id"], cell["source"])
        tags = [tag for tag in cell["metadata"].pop("tags", []) if tag != SOLUTION_TAG]
        if tags:
            cell["metadata"]["tags"] = tags
        cells.append(cell)
    metadata = notebook_metadata(master, course, otters)
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _init(name: str, testing: bool) -> str:
    # When Otter grades this notebook it brings its own folder of tests, and ignores this one.
    tests = f"../autograder/hidden_tests/{name}"
    path = f'import sys\n\nsys.path.insert(0, "{tests}")\n\n' if testing else ""
    return (
        f"# Initialize Otter\n{path}"
        + f'import otter\n\ngrader = otter.Notebook(tests_dir="{tests}")'
    )
