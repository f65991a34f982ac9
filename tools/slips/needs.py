"""What code in a master needs around it, and who may change it: names, modules, files."""

import ast
import builtins
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
from tools.master.notebook import python_of
from tools.master.solution_cell import Line, Part

# They come with Jupyter, with Otter and with every release.
_ALWAYS = {"IPython", "google", "ipywidgets", "otter", "seqlab", "testing"}
# Names that the checks, IPython and Otter give to their own.
_RESERVED = {"grader", "In", "Out", "env", "exit", "quit", "get_ipython", "display"}


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
        *_taken(master),
        *_imports(master, files, needed, graders),
        *_shadowing(master, files, graders),
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
    answers = [answer_of(q) for q in master.questions if not q.manual]
    owner = {name: each.question for each in answers for name in each.functions}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if spot.role == "solution":
            # A variable that is assigned above the question, such as None, is a beginning.
            own = next((a for a in answers if a.question.split("_")[0] == spot.question), None)
            owner |= dict.fromkeys(own.variables, own.question) if own else {}
        if cell["cell_type"] == "code" and spot.role == "code" and not is_skipped(cell):
            for name, line in _defined(python_of(cell)):
                if name in owner:
                    what = (
                        f"`{name}`, the answer to {owner[name]}, is defined again by a given cell"
                    )
                    where = Place(master.file, cell["id"], line)
                    yield AuthorError(what, where, "Rename it: tests would take this one.")


def _taken(master: Master) -> Iterator[AuthorError]:
    """An answer that takes the place of Python's own, of a module, or of what checks need."""
    given = [c["source"] for c in master.notebook["cells"] if c["cell_type"] == "code"]
    modules = {alias: name for source in given for alias, name in _aliases(source)}
    for question in master.questions:
        for name in answer_of(question).names if not question.manual else ():
            owner = modules.get(name, "Python" if name in dir(builtins) else "")
            owner = owner or ("the notebook" if name in _RESERVED else "")
            if owner:
                what = f"`{name}`, the answer to {question.name}, is a name of {owner} already"
                where = Place(master.file, question.solutions[0].cell)
                yield AuthorError(what, where, "Rename it.")


def _aliases(source: str) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(SyntaxError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                yield from ((a.asname or a.name.split(".")[0], a.name) for a in node.names)


def _defined(source: str) -> Iterator[tuple[str, int]]:
    with contextlib.suppress(SyntaxError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name, node.lineno
            elif isinstance(node, ast.Assign):
                yield from ((t.id, t.lineno) for t in node.targets if isinstance(t, ast.Name))


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
            made = names.defined(cell["source"]) - {names.ANY} - _whole_modules(python_of(cell))
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


def _shadowing(master: Master, files: Collection[str], packages: set[str]) -> Iterator[AuthorError]:
    """A file of the release that Python would import in place of a module of its own."""
    known = _distributions()
    for path in files:
        first, _, rest = path.partition("/")
        module = first.removesuffix(".py") if not rest else first
        owners = {normalised(name) for name in known.get(module, [])}
        if path.endswith(".py") and (module in sys.stdlib_module_names or owners & packages):
            what = f'"{path}" takes the place of the module `{module}` that everybody imports'
            where = Place(f"assignments/{master.name}/{path}")
            yield AuthorError(what, where, "Rename it, and what imports it.")


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
                yield cell["id"], 0, python_of(cell), students


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
