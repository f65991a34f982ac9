"""All edits of a piece of code, one after the other: of its statements and their expressions."""

import ast
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autograder.mutants import expression_edits, statement_edits


@dataclass(frozen=True)
class Edited:
    """The statement `line` of an answer, on one line, now `becomes` another one.

    What it becomes can be asked while the tree has the edit, and afterwards if it was asked then.
    """

    operator: str
    number: int
    line: str
    statements: Sequence[ast.stmt]

    @functools.cached_property
    def becomes(self) -> str:
        return _shown(self.statements)


@dataclass(frozen=True)
class Ways:
    """Which edits to make: what yields those of a statement, and those of an expression."""

    of_statement: Callable[[ast.stmt], Iterator[statement_edits.Edit]] = lambda _: iter(())
    of_expression: Callable[[ast.expr], Iterator[expression_edits.Edit]] = lambda _: iter(())


STATEMENTS = Ways(of_statement=statement_edits.edits_of)
EXPRESSIONS = Ways(of_expression=expression_edits.edits_of)
ALL = Ways(statement_edits.edits_of, expression_edits.edits_of)


def edits(
    tree: ast.AST, ways: Ways = ALL, wanted: Callable[[int], bool] = lambda _: True
) -> Iterator[Edited]:
    """Edit a tree in every single way, one after the other; `wanted`: only lines of such a number.

    The tree has one edit while the caller looks at it or compiles it, and none in the end.
    """
    for body in _bodies(tree):
        for place, statement in enumerate(body):
            if _is_docstring(statement) or isinstance(statement, _NAMES_ONLY):
                continue
            if not wanted(statement.lineno):
                continue
            line = _shown([statement])
            for operator, becomes in _edits(statement, ways):
                body[place : place + 1] = becomes
                try:
                    yield Edited(operator, statement.lineno, line, becomes)
                finally:
                    body[place : place + len(becomes)] = [statement]


_NAMES_ONLY = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every list of statements, outer ones first."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield body


def _edits(statement: ast.stmt, ways: Ways) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the edits of a statement and of the expressions in its head."""
    for operator, becomes in ways.of_statement(statement):
        for node in becomes:
            ast.fix_missing_locations(ast.copy_location(node, statement))
        yield operator, becomes
    if isinstance(statement, ast.Raise):
        return  # no test reads the words of an exception
    for operator, parent, place, other in _expressions(statement, ways):
        before = _get(parent, place)
        ast.fix_missing_locations(ast.copy_location(other, statement))
        _set(parent, place, other)
        yield operator, [statement]
        _set(parent, place, before)


Place = tuple[str, int | None]


def _expressions(node: ast.AST, ways: Ways) -> Iterator[tuple[str, ast.AST, Place, ast.expr]]:
    """Yield edits of all expressions below a node, but not of the statements in it."""
    for name, value in ast.iter_fields(node):
        entries = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, child in entries:
            if isinstance(child, ast.stmt | ast.JoinedStr) or not isinstance(child, ast.AST):
                continue
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            if name in ("targets", "target") and not isinstance(child, ast.Subscript):
                continue  # another name is another program; another place is a common slip
            if isinstance(child, ast.expr):
                for operator, other in ways.of_expression(child):
                    yield operator, node, (name, number), other
            yield from _expressions(child, ways)


def _get(node: ast.AST, place: Place) -> ast.expr:
    name, number = place
    return getattr(node, name) if number is None else getattr(node, name)[number]


def _set(node: ast.AST, place: Place, value: ast.expr) -> None:
    name, number = place
    if number is None:
        setattr(node, name, value)
    else:
        getattr(node, name)[number] = value


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _shown(statements: Sequence[ast.stmt]) -> str:
    """Return statements on one line, a loop or a function by its head."""
    return "; ".join(_head(statement) for statement in statements)


def _head(node: ast.stmt) -> str:
    text = ast.unparse(node)
    if not hasattr(node, "body"):
        return " ".join(text.split())
    head = text.split("\n")[0]
    last = node.body[-1]
    return f"{head} … break" if isinstance(last, ast.Break) else head
