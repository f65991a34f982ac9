"""NAME/testing/: what tests alone may import, and the modules of it that students get too."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment.private_package import PACKAGE
from tools.course.settings import Assignment
from tools.errors import AuthorError, Place, nearest, raise_all
from tools.files import files_below
from tools.master.master import Master
from tools.master.names import defined
from tools.master.repeatable import check_repeatable
from tools.master.seeds import check_shared
from tools.release.imports import imported_names, module_of
from tools.release.support import read_file

INIT = f"{PACKAGE}/__init__.py"
# A release gets this one unless the author's own is listed: it may say what students must not read.
GENERATED_INIT = b'"""What the tests of this assignment import."""\n'
KEY = "released_testing"


@dataclass(frozen=True)
class TestingFolder:
    """The files by path, such as "testing/shapes.py"; `released`: what students get of them."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    released: Mapping[str, bytes] = field(default_factory=dict)

    def is_released(self, path: str) -> bool:
        """Return whether students get this file as it is."""
        return self.released.get(path) == self.files[path]

    @property
    def private(self) -> dict[str, str]:
        """The texts that no student may read, by path."""
        paths = [path for path in sorted(self.files) if not self.is_released(path)]
        return {path: self.files[path].decode("utf-8", errors="replace") for path in paths}

    @property
    def sources(self) -> dict[str, str]:
        """The texts of its modules, by path."""
        paths = [path for path in sorted(self.files) if path.endswith(".py")]
        return {path: self.files[path].decode("utf-8", errors="replace") for path in paths}


def read_testing(root: Path, assignment: Assignment) -> TestingFolder:
    """Read the folder `testing` of an assignment; raise AuthorErrors where its parts do not fit."""
    own = root / "assignments" / assignment.name
    files = {path: read_file(own / path) for path in files_below(own, PACKAGE)}
    if files:
        files.setdefault(INIT, GENERATED_INIT)
    policy = Place(f"assignments/{assignment.name}/assignment.toml")
    modules = {module_of(path): path for path in files if path.endswith(".py")}
    released = {}
    for name in assignment.released_testing:
        path = next((path for module, path in modules.items() if short(module) == name), None)
        if path is None:
            known = sorted(map(short, modules))
            what = f'"{name}" in {KEY} is not a module of assignments/{assignment.name}/{PACKAGE}/'
            raise AuthorError(what, policy, nearest(name, known))
        released[path] = files[path]
    if released:
        released.setdefault(INIT, GENERATED_INIT)
    folder = TestingFolder(files, released)
    raise_all(list(_broken_modules(folder, assignment.name)))
    return folder


def _broken_modules(folder: TestingFolder, name: str) -> Iterator[AuthorError]:
    for path, data in folder.files.items():
        if not path.endswith(".py"):
            continue
        place, source = Place(f"assignments/{name}/{path}"), data.decode("utf-8", errors="replace")
        try:
            check_repeatable(ast.parse(source), place, 0, "what tests import")
            check_shared(ast.parse(source), place)
        except SyntaxError as error:
            place = Place(place.file, line=error.lineno)
            yield AuthorError(f"this is not Python: {error.msg}", place, "Fix that line.")
            continue
        except AuthorError as error:
            yield error
        yield from _lacking(folder, source, place, folder.is_released(path), "a released module")


def check_imports(master: Master, folder: TestingFolder) -> None:
    """Raise AuthorErrors for imports of `testing` that would fail where the code runs."""
    errors: list[AuthorError] = []
    used: list[tuple[str, int]] = []
    tests = {test.cell: test for question in master.questions for test in question.tests}
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if cell["cell_type"] != "code":
            continue
        test = tests.get(cell["id"])
        place = Place(master.file, cell["id"], test.line if test else None)
        if test is None and spot.role.startswith("test"):
            continue
        what = "this public test" if test else "this cell"
        student = test is None or not test.hidden
        source = test.source if test else cell["source"]
        errors += _lacking(folder, source, place, student, what)
        used += _imported(source) if student else []
    raise_all([*errors, *_needless(folder, master.name, [name for name, _ in used])])


def _needless(folder: TestingFolder, name: str, used: list[str]) -> Iterator[AuthorError]:
    """Yield an error for each released module that no student's code imports."""
    texts = [data.decode() for path, data in folder.released.items() if path.endswith(".py")]
    used += [each for text in texts for each, _ in _imported(text)]
    for path in folder.released:
        module = module_of(path) if path.endswith(".py") else PACKAGE
        if path != INIT and not any(f"{each}.".startswith(f"{module}.") for each in used):
            what = f'only hidden tests import {module}, and "{short(module)}" in {KEY} shows it'
            place = Place(f"assignments/{name}/assignment.toml")
            yield AuthorError(what, place, f"Remove it from {KEY}.")


def _lacking(
    folder: TestingFolder, source: str, place: Place, student: bool, what: str
) -> Iterator[AuthorError]:
    """Yield an error for each module of `testing` that code imports and cannot have.

    student: whether students run the code too.
    """
    modules = {module_of(path): path for path in folder.files if path.endswith(".py")}
    known = [short(name) for name in sorted(modules) if name != PACKAGE]
    inside = defined(folder.files[INIT].decode()) if folder.files else set()
    reported: set[str] = set()
    for name, line in _imported(source):
        outer, _, last = name.rpartition(".")
        module = name if name in modules else outer
        if name not in modules and outer in ("", PACKAGE) and last not in inside:
            problem = f'`{PACKAGE}` has no module "{short(name)}"'
            remedy = nearest(short(name), known) if known else f"Write {name.replace('.', '/')}.py."
        elif student and name == PACKAGE and folder.released:
            continue
        elif student and module in modules and not folder.is_released(modules[module]):
            problem = f"{what} imports {module}, which students do not have"
            remedy = f'Hide the test, or list "{short(module)}" in {KEY} of assignment.toml.'
        else:
            continue
        if problem not in reported:
            reported.add(problem)
            here = Place(place.file, place.cell, (place.line or 1) + line - 1)
            yield AuthorError(problem, here, remedy)


def short(module: str) -> str:
    """Return what released_testing calls a module: `shapes` for `testing.shapes`."""
    return module.removeprefix(f"{PACKAGE}.") if module != PACKAGE else "__init__"


def _imported(source: str) -> list[tuple[str, int]]:
    try:
        names = imported_names(source)
    except SyntaxError:  # IPython's own syntax, in a given cell
        return []
    return [(name, line) for name, line in names if name.split(".")[0] == PACKAGE]
