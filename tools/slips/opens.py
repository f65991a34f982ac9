"""Files and addresses that code opens: graders have the files of a release, and no network."""

import ast
from collections.abc import Collection, Iterator, Mapping

from tools.errors import AuthorError, Place
from tools.master.master import Master, is_skipped
from tools.master.notebook import python_of
from tools.master.test_cell import Test

# Functions that read a file whose path is their first argument.
_READING = {"open", "load", "loadtxt", "genfromtxt", "fromfile", "imread"}
_READING |= {"read_csv", "read_table", "read_json", "read_excel", "read_parquet"}
_FETCHING = {"urlopen", "urlretrieve", "get"}
_ADDRESS = ("https://", "http://", "ftp://")


def check_opened(master: Master, files: Collection[str]) -> Iterator[AuthorError]:
    """Yield what tests and cells open and graders do not have. `files`: paths in the release."""
    for question in master.questions:
        for test in question.tests:
            yield from _of_test(master, test, files)
    yield from _of_cells(master, files)


def _of_test(master: Master, test: Test, files: Collection[str]) -> Iterator[AuthorError]:
    calls = _calls(test.source)
    known = dict(_texts(test.source))
    written = {_first_text(call, known) for call in calls if _writes(call)}
    for call in calls:
        reads = _called(call) in _READING | {"Path"}
        path = _first_text(call, known) if reads else ""
        where = Place(master.file, test.cell, test.line - 1 + call.lineno)
        if path.startswith(_ADDRESS):
            what = f'this test reads "{path}": graders have no network'
            yield AuthorError(what, where, f"Ship the data: {_ship(test)}.")
        elif path and path not in files and path not in written:
            what = f'this test reads "{path}", which graders do not have'
            yield AuthorError(what, where, f"{_ship(test).capitalize()}.")


def _of_cells(master: Master, files: Collection[str]) -> Iterator[AuthorError]:
    """Yield what given cells and solutions open; not what the notebook writes, or tries."""
    cells = [
        (cell, spot)
        for cell, spot in zip(master.notebook["cells"], master.spots, strict=True)
        if cell["cell_type"] == "code" and not spot.role.startswith("test")
    ]
    every = [call for cell, _ in cells for call in _calls(python_of(cell))]
    others = [call for call in every if _called(call) not in _READING or _writes(call)]
    made = {text for call in others for text in _strings(call)}
    for cell, spot in cells:
        source = python_of(cell)
        known = dict(_texts(source))
        for call in _calls(source, tried=False):
            path, where = _first_text(call, known), Place(master.file, cell["id"], call.lineno)
            if path.startswith(_ADDRESS) and _called(call) in _READING | _FETCHING:
                skip = "" if spot.role == "solution" else ", or tag the cell `otter_ignore`"
                if not is_skipped(cell):
                    what = f'this cell reads "{path}": graders have no network'
                    yield AuthorError(what, where, f"List the data in `files`{skip}.")
            elif path and _called(call) in _READING and path not in {*files, *made}:
                what = f'this cell reads "{path}", which neither students nor graders have'
                yield AuthorError(what, where, "List it in `files` of assignment.toml.")


def _calls(source: str, tried: bool = True) -> list[ast.Call]:
    """Return the calls in code; without those in a `try`, unless `tried`."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    blocks = [] if tried else [n for n in ast.walk(tree) if isinstance(n, ast.Try)]
    left = {id(node) for block in blocks for node in ast.walk(block)}
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and id(n) not in left]


def _strings(call: ast.Call) -> Iterator[str]:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    yield from (v.value for v in values if isinstance(v, ast.Constant) and type(v.value) is str)


def _ship(test: Test) -> str:
    """Say where a test's data may lie."""
    if test.hidden:
        return "put it into testing/, or, if students may have it, list it in `files`"
    return "list it in `files` of assignment.toml"


def _texts(source: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that code gives to texts."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return
    for node in nodes:
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
