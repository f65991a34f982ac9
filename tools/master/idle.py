"""Tests that cannot fail: what they compute is dropped, returned, or always true."""

import ast
from collections.abc import Iterator

from tools.errors import AuthorError, Place

_JUDGING = {"allclose", "isclose", "array_equal", "equal", "equals", "all", "any", "isfinite"}
_EVERYTHING = {"Exception", "BaseException", "AssertionError"}
_RAISE = "Write `assert`, or call a comparator of seqlab.checks, which raises."


def check_idle(function: ast.FunctionDef, where: Place, first: int) -> None:
    """Raise an AuthorError for the first statement that looks like a check and cannot fail."""
    for node in sorted(_statements(function), key=lambda node: node.lineno):
        for what, what_now in _idle(node):
            here = Place(where.file, where.cell, first + node.lineno)
            raise AuthorError(what, here, what_now)


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt | ast.ExceptHandler]:
    """Yield the test's own statements: a function in its body may return what it likes."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            yield node
        if not isinstance(node, kinds):
            waiting += ast.iter_child_nodes(node)


def _idle(node: ast.AST) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Expr(value=ast.Compare() | ast.BoolOp() as value):
            yield f"`{ast.unparse(value)}` is computed and dropped", _RAISE
        case ast.Expr(value=ast.Call(func=called) as value) if _name(called) in _JUDGING:
            yield f"`{ast.unparse(value)}` is computed and dropped", _RAISE
        case ast.Assert(test=ast.Tuple(elts=[_, *_]) as value):
            yield f"`assert {ast.unparse(value)}` never fails", "Remove the outer parentheses."
        case ast.Assert(test=ast.Attribute(attr="all" | "any") as value):
            what_now = f"Call it: `{ast.unparse(value)}()`."
            yield f"`assert {ast.unparse(value)}` never fails, because that is a method", what_now
        case ast.Return(value=ast.expr() as value):
            if not (isinstance(value, ast.Constant) and value.value is None):
                yield f"the test returns `{ast.unparse(value)}`, which nobody reads", _RAISE
        case ast.ExceptHandler(type=caught, body=body):
            everything = caught is None or _name(caught) in _EVERYTHING
            if everything and all(isinstance(each, ast.Pass | ast.Continue) for each in body):
                yield (
                    "this `except` swallows what a check raises",
                    "Name the exception that the answer should raise, or remove the `try`.",
                )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
