"""Names in code: those a cell defines, and those a test takes, uses and lacks."""

import ast
import builtins
import re
import symtable
from collections.abc import Collection, Iterator

from tools.errors import AuthorError, Place, nearest

# In `env`, Otter passes all names of the student's notebook; in `In`, IPython keeps the cells that
# ran.
ENVIRONMENT, HISTORY = "env", "In"
# Stands for names that cannot be known: those of `from module import *`.
ANY = "*"


def defined(code: str) -> set[str]:
    """Return the names that a cell defines."""
    # IPython's magics and shell commands are not Python.
    lines = [re.sub(r"^\s*[%!?].*", "", line) for line in code.split("\n")]
    try:
        table = symtable.symtable("\n".join(lines), "cell", "exec")
    except SyntaxError:
        return {ANY}
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return names | ({ANY} if re.search(r"^\s*from .* import \*", code, re.MULTILINE) else set())


def check_names(function: ast.FunctionDef, source: str, where: Place, first: int) -> None:
    """Raise an AuthorError if a test lacks a name, or uses none and so passes everything."""
    here = Place(where.file, where.cell, first + function.lineno)
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    parameters = _parameters(function)
    if not parameters:
        raise AuthorError(
            "the test has no parameters: every submission would pass",
            here,
            "Give it the names of what it tests, such as `def test_small(softmax):`.",
        )
    for name in parameters:
        if all(node.id != name for node in nodes):
            raise AuthorError(
                f'the test never uses its parameter "{name}": every submission would pass',
                here,
                "Check what it returns, or remove it.",
            )
    table = symtable.symtable(source, "test", "exec")
    missing = set(_global_names(table)) - {*dir(builtins), function.name}
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if node.id in missing:
            raise AuthorError(
                f'"{node.id}" is not defined in this test: Otter runs it alone',
                Place(where.file, where.cell, first + node.lineno),
                "Import it in the body, or make it a parameter when students define it.",
            )


def check_parameters(
    source: str, known: Collection[str], functions: Collection[str], where: Place
) -> Iterator[AuthorError]:
    """Yield an error for each parameter that is not among the names `known` above the test."""
    for name in parameters(source):
        if name == ENVIRONMENT:
            what = "the test takes all names of the notebook, `env`, which only Otter passes"
            yield AuthorError(what, where, "Take the names themselves as parameters.")
        elif name not in known and name != HISTORY and ANY not in known:
            what = f'the test asks for "{name}", which no cell above it defines'
            yield AuthorError(what, where, nearest(name, functions))


def parameters(test: str) -> list[str]:
    """Return the names of the notebook that a test takes."""
    return _parameters(ast.parse(test).body[0])


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)
