"""The master notebook: its grammar, and every mistake an author can make in it."""

from dataclasses import dataclass
from typing import Any

from tools.errors import AuthorError, Place, raise_all
from tools.master import cell_config, names, solution_cell, test_cell
from tools.master.blocks import Spot, boundary, check_structure, outline
from tools.master.formatting import cell_ids, is_named
from tools.master.notebook import Cell, Notebook, name_of, parse
from tools.master.question import Question, SolutionCell, check_question, read_question

# Otter's keys that the build supports. Support files, requirements and so on come from
# assignment.toml and requirements.lock.
CONFIG_KEYS = {
    "name": "name: rnn_from_scratch",
    "init_cell": "init_cell: true",
    "check_all_cell": "check_all_cell: true",
    "export_cell": "export_cell: {pdf: false}",
    "show_question_points": "show_question_points: true",
    "tests": "tests: {files: true, ok_format: false}",
}
EXPORT_KEYS = dict.fromkeys(
    ("instructions", "pdf", "force_save", "run_tests", "files", "ignore_log"), ""
)


@dataclass(frozen=True)
class Master:
    """A master without mistakes."""

    name: str
    notebook: Notebook
    spots: tuple[Spot, ...]
    questions: tuple[Question, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.ipynb"


def read(text: str, name: str) -> Master:
    """Return the master in `text`, or raise AuthorErrors with all independent mistakes."""
    file = f"{name}.ipynb"
    notebook = parse(text, file)
    cells = notebook["cells"]
    if not all(is_named(cell) for cell in cells):
        # JupyterLab shows no ids, so a message could not name such a cell usefully.
        what = "the master has not been formatted yet"
        raise AuthorError(what, Place(file), f"Run `unroll format {name}`.")
    raise_all(check_structure(cells, file) + _check_outputs(cells, file, name))
    spots = tuple(outline(cells))
    errors: list[AuthorError] = []
    _attempt(errors, _check_config, cells[0], Place(file, name_of(cells[0], 0)), name)
    questions: list[Question] = []
    for index, (cell, spot) in enumerate(zip(cells, spots, strict=True)):
        where = Place(file, name_of(cell, index))
        if spot.role == "begin":
            question = _attempt(errors, read_question, cell, where, questions)
            # A question with a broken config still has cells worth checking.
            questions.append(question or Question("", where.cell or "", 0, True))
        else:
            _attempt(errors, _read_cell, cell, spot, where, questions)
    raise_all(errors)
    raise_all([error for question in questions for error in check_question(question, file)])
    raise_all(_check_parameters(cells, spots, questions, file))
    raise_all(_check_ids(cells, file, name))
    return Master(name, notebook, spots, tuple(questions))


def _attempt(errors: list[AuthorError], function, *arguments) -> Any:
    try:
        return function(*arguments)
    except AuthorError as error:
        errors.append(error)
        return None


def _read_cell(cell: Cell, spot: Spot, where: Place, questions: list[Question]) -> None:
    source, is_code = cell["source"], cell["cell_type"] == "code"
    if is_code:
        solution_cell.refuse_inline(source, where)
    if spot.role == "solution":
        lines = tuple(solution_cell.check(source, where)) if is_code else None
        questions[-1].solutions.append(SolutionCell(where.cell or "", source, lines))
    elif spot.role.startswith("test_") or spot.role == "test":
        if not is_code:
            raise AuthorError(
                "a TESTS block holds only code cells", where, "Move this cell out of the block."
            )
        questions[-1].tests.append(test_cell.read(source, where))
    elif is_code:
        solution_cell.refuse_tags(source, where)
    elif boundary(cell) and "\n" in source.strip() and spot.role not in ("assignment_config",):
        cell_config.read(source.split("\n"), 1, {}, where)


def _check_config(cell: Cell, where: Place, folder: str) -> None:
    lines = cell["source"].split("\n")
    config = cell_config.read(lines, 1, CONFIG_KEYS, where)
    export = config.get("export_cell", False)
    if isinstance(export, dict):
        cell_config.check_keys(export, EXPORT_KEYS, lines, 1, where)
    wrong = None
    if config.get("name") != folder:
        wrong = f'the name "{config.get("name")}" is not that of the folder, "{folder}"'
        remedy = f"Write `name: {folder}`."
    elif config.get("tests") != {"files": True, "ok_format": False}:
        wrong = "the tests are not kept as functions in files"
        remedy = "Write `tests: {files: true, ok_format: false}`."
    elif config.get("init_cell", True) is not True:
        wrong = "there is no cell that sets up Otter"
        remedy = "Remove the line `init_cell`."
    elif export and (not isinstance(export, dict) or export.get("pdf") is not False):
        wrong = "students would need LaTeX or a browser to export a PDF"
        remedy = "Write `pdf: false` below `export_cell:`."
    if wrong:
        raise AuthorError(wrong, where, remedy)


def _check_parameters(
    cells: list[Cell], spots: tuple[Spot, ...], questions: list[Question], file: str
) -> list[AuthorError]:
    """Check tests' parameters: Otter passes None for an unknown name, so every submission fails."""
    tests = {test.cell: test for question in questions for test in question.tests}
    known: set[str] = set()
    functions: list[str] = []
    errors: list[AuthorError] = []
    for cell, spot in zip(cells, spots, strict=True):
        if test := tests.get(cell.get("id")):
            where = Place(file, test.cell, test.line)
            errors += names.check_parameters(test.source, known, functions, where)
        elif cell["cell_type"] == "code" and not is_skipped(cell):
            if spot.role in ("code", "solution"):
                known |= names.defined(cell["source"])
            if spot.role == "solution":
                functions += sorted(names.defined(cell["source"]))
    return errors


def is_skipped(cell: Cell) -> bool:
    """Return whether graders skip a cell: its tag says that it is only for students."""
    return "otter_ignore" in cell["metadata"].get("tags", [])


def _check_outputs(cells: list[Cell], file: str, name: str) -> list[AuthorError]:
    for index, cell in enumerate(cells):
        if cell.get("outputs") or cell.get("execution_count") is not None:
            what = "this cell has outputs or an execution count"
            where = Place(file, name_of(cell, index))
            return [AuthorError(what, where, f"Run `unroll format {name}`.")]
    return []


def _check_ids(cells: list[Cell], file: str, name: str) -> list[AuthorError]:
    for index, (cell, expected) in enumerate(zip(cells, cell_ids(cells), strict=True)):
        if cell.get("id") != expected:
            what = f'this cell should be called "{expected}" in this place'
            where = Place(file, name_of(cell, index))
            return [AuthorError(what, where, f"Run `unroll format {name}`.")]
    return []
