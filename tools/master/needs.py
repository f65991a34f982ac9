"""What code in a master needs around it, and who may change it: names, modules, files."""

import ast
import contextlib
import functools
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import packages_distributions

from tools.course.pins import normalised
from tools.errors import AuthorError, Place
from tools.master import names
from tools.master.known_answers import answer_of
from tools.master.master import Master, is_skipped
from tools.master.notebook import Cell
from tools.master.solution_cell import Line, Part
from tools.master.test_cell import Test

# They come with Jupyter, with Otter and with every release.
_ALWAYS = {"IPython", "google", "ipywidgets", "otter", "seqlab", "testing"}
# Functions that read a file whose path is their first argument.
_READING = {"open", "load", "loadtxt", "genfromtxt", "fromfile", "imread", "Path"}
_READING |= {"read_csv", "read_table", "read_json", "read_excel", "read_parquet"}


def check_needs(
    master: Master, files: Collection[str], requirements: Collection[str], grading: Collection[str]
) -> list[AuthorError]:
    """Return the mistakes that only grading would meet.

    files: paths in the release; requirements: packages that students install; grading: those that
    graders have as well.
    """
    needed = {normalised(name) for name in requirements}
    graders = needed | {normalised(name) for name in grading}
    return [
        *_two_answers(master),
        *_overwritten(master),
        *_given_to_tests(master),
        *_files(master, files),
        *_imports(master, files, needed, graders),
    ]


def _two_answers(master: Master) -> Iterator[AuthorError]:
    """Two questions whose answers define one name: the later takes the place of the earlier."""
    owner: dict[str, str] = {}
    for question in master.questions:
        for name in answer_of(question).names if not question.manual else ():
            if name in owner:
                what = f"`{name}` is defined by the answers to {owner[name]} and {question.name}"
                what_now = "Rename one: the later takes the place of the earlier."
                where = Place(master.file, question.solutions[0].cell)
                yield AuthorError(what, where, what_now)
            owner.setdefault(name, question.name)


def _overwritten(master: Master) -> Iterator[AuthorError]:
    """A given cell that defines an answer's function again: nobody's own would be tested."""
    owner = {n: q.name for q in master.questions if not q.manual for n in answer_of(q).functions}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if cell["cell_type"] == "code" and spot.role == "code" and not is_skipped(cell):
            for name, line in _functions(_python(cell)):
                if name in owner:
                    what = (
                        f"`{name}`, the answer to {owner[name]}, is defined again by a given cell"
                    )
                    where = Place(master.file, cell["id"], line)
                    yield AuthorError(what, where, "Rename it: tests would take this one.")


def _functions(source: str) -> Iterator[tuple[str, int]]:
    with contextlib.suppress(SyntaxError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name, node.lineno


def _given_to_tests(master: Master) -> Iterator[AuthorError]:
    """A hidden test that takes what a given cell defines: students may define it differently."""
    given = _given_names(master)
    for question in master.questions:
        for test in question.hidden_tests:
            function = ast.parse(test.source).body[0]
            assert isinstance(function, ast.FunctionDef)
            for argument in function.args.args:
                name = argument.arg
                if name in given:
                    what = (
                        f"this hidden test takes `{name}` from the student's notebook, where it is "
                        f"given in cell {given[name]}: who redefines it decides what is right"
                    )
                    what_now = "Import it from seqlab or testing, or write it into the test."
                    yield AuthorError(what, Place(master.file, test.cell, test.line), what_now)


def _given_names(master: Master) -> dict[str, str]:
    """Return the names that students get defined and no answer defines, each with its cell."""
    answers: set[str] = set()
    given: dict[str, str] = {}
    solutions = {cell.cell: cell for q in master.questions for cell in q.solutions}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if cell["cell_type"] != "code" or is_skipped(cell):
            continue
        made: set[str] = set()
        if spot.role == "solution":
            parts = _parts(solutions[cell["id"]].lines)
            answers |= {name for text in parts[Part.ANSWER] for name in names.defined(text)}
            made = {name for text in parts[Part.GIVEN] for name in names.defined(text)}
        elif spot.role == "code":
            made = names.defined(cell["source"]) - {names.ANY} - _whole_modules(_python(cell))
        given |= dict.fromkeys(sorted(made), cell["id"])
    return {name: cell for name, cell in given.items() if name not in answers}


def _parts(lines: Sequence[Line]) -> dict[Part, list[str]]:
    """Return the statements of a solution's cell: those with lines of the answer, and the others.

    What it imports is neither.
    """
    kept = [line for line in lines if line.part is not Part.PROMPT]
    answer = {row for row, line in enumerate(kept, 1) if line.part is Part.ANSWER}
    found: dict[Part, list[str]] = {Part.ANSWER: [], Part.GIVEN: []}
    for node in ast.parse("\n".join(line.text for line in kept)).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            own = answer.intersection(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            found[Part.ANSWER if own else Part.GIVEN].append(ast.unparse(node))
    return found


def _whole_modules(source: str) -> set[str]:
    """Return the names of modules: a test may take the student's `np`, to change its settings."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
    except SyntaxError:
        return set()
    return {a.asname or a.name.split(".")[0] for node in nodes for a in node.names}


def _files(master: Master, files: Collection[str]) -> Iterator[AuthorError]:
    """A test that reads a file which graders do not have."""
    for question in master.questions:
        for test in question.tests:
            calls = [n for n in ast.walk(ast.parse(test.source)) if isinstance(n, ast.Call)]
            known = dict(_texts(test.source))
            written = {_first_text(call, known) for call in calls if _writes(call)}
            for call in calls:
                path = _first_text(call, known) if _called(call) in _READING else ""
                where = Place(master.file, test.cell, test.line - 1 + call.lineno)
                if path.startswith(("https://", "http://", "ftp://")):
                    what = f'this test reads "{path}": graders have no network'
                    yield AuthorError(what, where, f"Ship the data: {_ship(test)}.")
                elif path and path not in files and path not in written:
                    what = f'this test reads "{path}", which graders do not have'
                    yield AuthorError(what, where, f"{_ship(test).capitalize()}.")


def _ship(test: Test) -> str:
    """Say where a test's data may lie."""
    if test.hidden:
        return "put it into testing/, or, if students may have it, list it in `files`"
    return "list it in `files` of assignment.toml"


def _texts(source: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a test gives to texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))


def _first_text(call: ast.Call, known: Mapping[str, ast.expr]) -> str:
    first = call.args[0] if call.args else None
    first = known.get(first.id, first) if isinstance(first, ast.Name) else first
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _writes(call: ast.Call) -> bool:
    texts = [a.value for a in call.args[1:2] if isinstance(a, ast.Constant)]
    texts += [k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)]
    saves = _called(call).startswith(("save", "to_", "write"))
    return saves or any(str(text)[:1] in ("w", "a", "x") for text in texts)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _imports(
    master: Master, files: Collection[str], students: set[str], graders: set[str]
) -> Iterator[AuthorError]:
    """An import of a package that is not among the requirements."""
    own = {path.removesuffix(".py").split("/")[0] for path in files} | _ALWAYS
    known = _distributions()
    for cell, line, source, needed in _code(master, students, graders):
        for module, row in _modules(source):
            packages = {normalised(name) for name in known.get(module, [module])}
            if module in own or module in sys.stdlib_module_names or packages & needed:
                continue
            if close := get_close_matches(module, own, n=1, cutoff=0.8):
                what, what_now = f"there is no module `{module}`", f'Did you mean "{close[0]}"?'
                yield AuthorError(what, Place(master.file, cell, line + row), what_now)
                continue
            (name, *_) = sorted(packages)
            what = f"`{module}` is imported, but {name} is not among the requirements"
            what_now = f'Add "{name}" to `requirements` in assignment.toml, or do without it.'
            yield AuthorError(what, Place(master.file, cell, line + row), what_now)


@functools.cache  # reads what each installed package says of itself
def _distributions() -> Mapping[str, list[str]]:
    """Return the packages that each module comes from."""
    return packages_distributions()


def _code(
    master: Master, students: set[str], graders: set[str]
) -> Iterator[tuple[str, int, str, set[str]]]:
    """Yield each code cell or test with its first line, and the packages that it may import."""
    tests = {test.cell: test for question in master.questions for test in question.tests}
    for cell in master.notebook["cells"]:
        if cell["cell_type"] == "code":
            test = tests.get(cell["id"])
            if test:
                packages = graders if test.hidden else students
                yield cell["id"], test.line - 1, test.source, packages
            else:
                yield cell["id"], 0, _python(cell), students


def _python(cell: Cell) -> str:
    lines = cell["source"].split("\n")
    kept = (line if not line.lstrip().startswith(("%", "!", "?")) else "" for line in lines)
    return "\n".join(kept)


def _modules(source: str) -> Iterator[tuple[str, int]]:
    """Yield the top-level modules that code imports, and where; not those it can do without."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    tried = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.Try)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in tried:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], node.lineno
