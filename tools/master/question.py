"""One question of a master: its points, its solution and its tests."""

from dataclasses import dataclass, field

from tools.errors import AuthorError, Place
from tools.master import cell_config, solution_cell
from tools.master.blocks import QUESTION_NAME
from tools.master.notebook import Cell
from tools.master.test_cell import Test

QUESTION_KEYS = {"name": "name: q4_softmax", "points": "points: 5", "manual": "manual: true"}


@dataclass(frozen=True)
class SolutionCell:
    """A cell of a solution; `lines` is None for a written answer."""

    cell: str
    source: str
    lines: tuple[solution_cell.Line, ...] | None


@dataclass
class Question:
    """One question, with its cells in the master's order."""

    name: str
    begin: str
    points: float
    manual: bool
    solutions: list[SolutionCell] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """The prefix of its cells' ids."""
        return self.name.split("_")[0]

    @property
    def public_tests(self) -> list[Test]:
        return [test for test in self.tests if not test.hidden]

    @property
    def hidden_tests(self) -> list[Test]:
        return [test for test in self.tests if test.hidden]


def read_question(cell: Cell, where: Place, earlier: list[Question]) -> Question:
    """Read the question that a BEGIN QUESTION cell opens."""
    lines = cell["source"].split("\n")
    config = cell_config.read(lines, 1, QUESTION_KEYS, where)
    name, points, manual = config.get("name"), config.get("points", 0), config.get("manual", False)
    at_name, at_points = (cell_config.line_of(key, lines, where) for key in ("name", "points"))
    if not isinstance(name, str) or not QUESTION_NAME.fullmatch(name):
        raise AuthorError(
            f'"{name}" is not a valid question name',
            at_name,
            "Write a number and a slug, such as `name: q8_backward`.",
        )
    for other in earlier:
        if other.name == name:
            raise AuthorError(
                f'the question "{name}" is already in cell {other.begin}',
                at_name,
                "Give this one a different number and name.",
            )
        if other.prefix == name.split("_")[0]:
            raise AuthorError(
                f'"{name}" has the same number as "{other.name}" in cell {other.begin}',
                at_name,
                "Give this question the next free number.",
            )
    if type(manual) is not bool:
        at_manual = cell_config.line_of("manual", lines, where)
        raise AuthorError(f'"manual" is "{manual}"', at_manual, "Write `manual: true` or nothing.")
    if manual and "points" in config:
        raise AuthorError(
            f'"{name}" is marked by hand, but has points',
            at_points,
            "Remove the line `points`: a rubric in assignment.toml says what it is worth.",
        )
    if not manual and (not cell_config.is_number(points) or points < 0 or "points" not in config):
        raise AuthorError(
            f'"{name}" has no points',
            at_points,
            "Add a line `points: 5`, `points: 0` for an ungraded question, or `manual: true`.",
        )
    return Question(name, where.cell or "", points, manual)


def check_question(question: Question, file: str) -> list[AuthorError]:
    """Return the errors of a question whose cells are each valid."""
    where = Place(file, question.begin)
    if not question.solutions:
        return [AuthorError(f'"{question.name}" has no solution', where, "Add a SOLUTION block.")]
    if question.manual:
        if question.tests:
            what = f'"{question.name}" is marked by hand, but has tests'
            return [AuthorError(what, where, "Remove the tests, or the line `manual: true`.")]
        return []
    errors = _check_doubles(question, file)
    total = sum(test.points for test in question.hidden_tests)
    if abs(total - question.points) > 1e-9:
        errors.append(
            AuthorError(
                f'the hidden tests of "{question.name}" have {total:g} points in total, the '
                f"question has {question.points:g}",
                where,
                "Change the points of the tests or of the question.",
            )
        )
    return errors


def _check_doubles(question: Question, file: str) -> list[AuthorError]:
    # Otter imports a test file as a module: if two functions have the same name, the later one
    # silently replaces the earlier.
    errors = []
    for kind in ("name", "title"):
        first: dict[str, Test] = {}
        for test in question.tests:
            word = test.function if kind == "name" else test.title
            if word in first:
                what = f'the test in cell {first[word].cell} already has the {kind} "{word}"'
                where = Place(file, test.cell, test.line)
                errors.append(AuthorError(what, where, f"Give this test a different {kind}."))
            first.setdefault(word, test)
    return errors
