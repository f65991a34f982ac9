"""Tests that cannot fail: what they compute is dropped, returned, or always true."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from tools.errors import AuthorError, Place

_JUDGING = {"allclose", "isclose", "array_equal", "equal", "equals", "all", "any", "isfinite"}
_EVERYTHING = {"Exception", "BaseException", "AssertionError"}
_RAISE = "Write `assert`, or call a comparator of seqlab.checks, which raises."


def check_idle(function: ast.FunctionDef, where: Place, first: int) -> None:
    """Raise an AuthorError for the first statement that looks like a check and cannot fail."""
    statements = list(_statements(function))
    found = [(node.lineno, *said) for node in statements for said in _idle(node)]
    found += [mistake for node in (function, *statements) for mistake in _unreached(node)]
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for node in statements:
        if isinstance(node, ast.FunctionDef) and node.name not in used:
            found.append((node.lineno, f"nothing calls `{node.name}`", "Call it, or remove it."))
    for line, what, what_now in sorted(found):
        raise AuthorError(what, Place(where.file, where.cell, first + line), what_now)


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
        case ast.Assert(test=ast.Constant(value=value)) if value:
            yield f"`assert {value!r}` never fails", "Compare something with it."
        case ast.Assert(test=ast.Compare(left=ast.Constant(value=""), ops=[ast.In()]) as value):
            yield f"`assert {ast.unparse(value)}` never fails", "Every text holds the empty one."
        case ast.Assert(test=ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[right])) if (
            isinstance(right, ast.Constant) and isinstance(right.value, str | float | int)
        ) and not isinstance(right.value, bool):
            yield "`is` compares objects, not values", "Write `==`, or `checks.assert_equal`."
        case ast.If(test=ast.Constant(value=value)) if not value:
            yield f"what stands below `if {value}` never runs", "Remove the condition."
        case ast.For(iter=ast.List(elts=[]) | ast.Tuple(elts=[]) as value):
            yield f"the loop over `{ast.unparse(value)}` never runs", "Give it what it is for."
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]) if all(
            _is_call(each) for each in body
        ) and all(_is_silent(each) for each in handlers):
            yield (
                "this `try` passes, whether or not the exception is raised",
                "Write `checks.assert_raises`, or `else: raise AssertionError` below it.",
            )
        case ast.ExceptHandler(type=caught):
            everything = caught is None or _name(caught) in _EVERYTHING
            if everything and _is_silent(node):
                yield (
                    "this `except` swallows what a check raises",
                    "Name the exception that the answer should raise, or remove the `try`.",
                )


def _unreached(node: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield what stands below a `return` or `raise`, in one block with it."""
    for block in (getattr(node, "body", []), getattr(node, "orelse", [])):
        for each, after in pairwise(block):
            if isinstance(each, ast.Return | ast.Raise):
                yield after.lineno, "this line never runs", "Remove it, or what stops above it."


def _is_call(node: ast.stmt) -> bool:
    """Return whether a statement calls something, and judges nothing."""
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return is_call and not _name(node.value.func).startswith(("assert_", "check"))


def _is_silent(handler: ast.ExceptHandler) -> bool:
    return all(isinstance(each, ast.Pass | ast.Continue) for each in handler.body)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
