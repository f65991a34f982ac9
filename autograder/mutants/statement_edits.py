"""Edits of one statement: left out, done once, done always, accumulated or not."""

import ast
import copy
from collections.abc import Iterator

# The name of an operator, and the statements in place of the right one.
Edit = tuple[str, list[ast.stmt]]

_OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_LEFT_OUT = (
    ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.Raise, ast.Break, ast.Continue,
    ast.With,
)  # fmt: skip


def edits_of(node: ast.stmt) -> Iterator[Edit]:
    """Yield all edits of a statement itself; those of its parts are the parts' own."""
    if isinstance(node, _LEFT_OUT):
        yield "statement left out", [ast.Pass()]
    if isinstance(node, ast.AugAssign):
        if other := _OTHER.get(type(node.op)):
            yield "accumulation reversed", [ast.AugAssign(node.target, other(), node.value)]
        yield "accumulation replaced", [ast.Assign([node.target], node.value, lineno=node.lineno)]
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "nothing returned", [ast.Return(ast.Constant(None))]
    elif isinstance(node, ast.If):
        yield "condition always true", node.body
        if node.orelse:
            yield "condition always false", node.orelse
    elif isinstance(node, ast.While):
        yield "loop left out", [ast.Pass()]
        yield "loop done once", [_changed(node, body=[*node.body, ast.Break()])]
    elif isinstance(node, ast.For):
        yield "loop done once", [_changed(node, body=[*node.body, ast.Break()])]
        listed = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
        minus_one = ast.UnaryOp(ast.USub(), ast.Constant(1))
        for name, part in (
            ("first round left out", ast.Slice(ast.Constant(1))),
            ("last round left out", ast.Slice(None, minus_one)),
            ("loop backwards", ast.Slice(None, None, minus_one)),
        ):
            rounds = ast.Subscript(listed, part, ast.Load())
            yield name, [_changed(node, iter=rounds)]
    elif isinstance(node, ast.With):
        yield "block without its context", node.body


def _changed(node: ast.stmt, **values: object) -> ast.stmt:
    changed = copy.copy(node)
    for name, value in values.items():
        setattr(changed, name, value)
    return changed
