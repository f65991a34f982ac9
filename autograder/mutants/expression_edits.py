"""Edits of one expression: what a slip of the pen or of the mind would write in its place."""

import ast
import copy
from collections.abc import Callable, Iterator

# The name of an operator, and the expression in place of the right one.
Edit = tuple[str, ast.expr]

_OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult, ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
_NOT_COMMUTATIVE = (ast.Sub, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv, ast.Mod)
_BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_NEGATED = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_SIBLINGS = (
    ("zeros", "ones"), ("zeros_like", "ones_like"), ("sum", "mean"), ("max", "min"),
    ("argmax", "argmin"), ("tanh", "sin"), ("sin", "cos"), ("exp", "exp2"), ("log", "log2"),
    ("abs", "negative"), ("any", "all"), ("sqrt", "square"), ("normal", "uniform"),
    ("append", "remove"), ("zero_", "ones_"), ("get", "setdefault"), ("floor", "ceil"),
)  # fmt: skip
_SIBLING = {one: other for pair in _SIBLINGS for one, other in (pair, pair[::-1])}
_SIBLING |= {"cos": "sin", "square": "sqrt"}


def edits_of(node: ast.expr) -> Iterator[Edit]:
    """Yield all edits of an expression itself; those of its parts are the parts' own."""
    for edits in _BY_TYPE.get(type(node), ()):
        yield from edits(node)


def _constant(node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield "truth value negated", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "number plus one", ast.Constant(value + 1)
        yield "number minus one", _number(value - 1)
        if isinstance(value, float) and value not in (0.0, 1.0):
            yield "number doubled", ast.Constant(2 * value)
    elif isinstance(value, str):
        yield "text changed", ast.Constant(value + "_")
    elif value is None:
        yield "None becomes zero", ast.Constant(0)


def _binary(node: ast.BinOp) -> Iterator[Edit]:
    left, right = node.left, node.right
    if other := _OTHER.get(type(node.op)):
        yield "operator exchanged", ast.BinOp(left, other(), right)
    if isinstance(node.op, _NOT_COMMUTATIVE):
        yield "operands exchanged", ast.BinOp(right, node.op, left)
    if isinstance(node.op, ast.MatMult):
        for operand in (left, right):
            if not (isinstance(operand, ast.Attribute) and operand.attr == "T"):
                turned = ast.Attribute(operand, "T", ast.Load())
                both = (turned, right) if operand is left else (left, turned)
                yield "transpose added", ast.BinOp(both[0], node.op, both[1])
    yield "right operand dropped", left
    yield "left operand dropped", right


def _unary(node: ast.UnaryOp) -> Iterator[Edit]:
    if not (isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)):
        yield "sign or negation dropped", node.operand
    else:
        yield "sign dropped", node.operand


def _compare(node: ast.Compare) -> Iterator[Edit]:
    for table, name in ((_BOUNDARY, "boundary moved"), (_NEGATED, "comparison negated")):
        if other := table.get(type(node.ops[0])):
            changed = ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
            yield name, changed


def _boolean(node: ast.BoolOp) -> Iterator[Edit]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and, or exchanged", ast.BoolOp(other, node.values)
    for number in range(len(node.values)):
        rest = node.values[:number] + node.values[number + 1 :]
        yield "condition dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _choice(node: ast.IfExp) -> Iterator[Edit]:
    yield "branches exchanged", ast.IfExp(node.test, node.orelse, node.body)
    yield "first branch always", node.body
    yield "second branch always", node.orelse


def _call(node: ast.Call) -> Iterator[Edit]:
    for number, keyword in enumerate(node.keywords):
        if keyword.arg:
            rest = node.keywords[:number] + node.keywords[number + 1 :]
            yield "keyword dropped", ast.Call(node.func, node.args, rest)
    for i in range(len(node.args) - 1):
        args = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
        yield "arguments exchanged", ast.Call(node.func, args, node.keywords)
    if len(node.args) > 1:
        yield "last argument dropped", ast.Call(node.func, node.args[:-1], node.keywords)
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield "call unwrapped", node.args[0]
    if isinstance(node.func, ast.Attribute):
        if not isinstance(node.func.value, ast.Name) or node.func.value.id not in ("np", "torch"):
            yield "method not called", node.func.value
        if other := _SIBLING.get(node.func.attr):
            function = ast.Attribute(node.func.value, other, ast.Load())
            yield "function exchanged", ast.Call(function, node.args, node.keywords)
    if isinstance(node.func, ast.Name):
        if other := _SIBLING.get(node.func.id):
            function = ast.Name(other, ast.Load())
            yield "function exchanged", ast.Call(function, node.args, node.keywords)
        if node.func.id == "range":
            yield from _range(node)


def _range(node: ast.Call) -> Iterator[Edit]:
    begin, end = (ast.Constant(0), node.args[0]) if len(node.args) == 1 else node.args[:2]
    rest = node.args[2:]
    yield "range ends early", ast.Call(node.func, [begin, _moved(end, -1), *rest], [])
    yield "range begins late", ast.Call(node.func, [_moved(begin, 1), end, *rest], [])


def _attribute(node: ast.Attribute) -> Iterator[Edit]:
    if node.attr in ("T", "mT"):
        yield "transpose dropped", node.value


def _subscript(node: ast.Subscript) -> Iterator[Edit]:
    yield "index dropped", node.value
    entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for number, entry in enumerate(entries):
        for name, other in _index(entry):
            changed = [*entries[:number], other, *entries[number + 1 :]]
            whole = ast.Tuple(changed, ast.Load()) if len(changed) > 1 else changed[0]
            yield name, ast.Subscript(node.value, whole, ast.Load())


def _index(entry: ast.expr) -> Iterator[Edit]:
    if isinstance(entry, ast.Slice):
        for bound in ("lower", "upper", "step"):
            value = getattr(entry, bound)
            if value is None:
                continue
            yield f"{bound} bound dropped", _with(entry, bound, None)
            if bound != "step" and not isinstance(value, ast.Constant):
                yield "bound moved", _with(entry, bound, _moved(value, 1))
                yield "bound moved", _with(entry, bound, _moved(value, -1))
        if entry.lower is None and entry.upper is None and entry.step is None:
            yield "first entry left out", ast.Slice(ast.Constant(1))
            yield "last entry left out", ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
    elif not isinstance(entry, ast.Constant | ast.UnaryOp):
        yield "index moved", _moved(entry, 1)
        yield "index moved", _moved(entry, -1)


def _sequence(node: ast.Tuple | ast.List) -> Iterator[Edit]:
    for i in range(len(node.elts) - 1):
        if ast.dump(node.elts[i]) != ast.dump(node.elts[i + 1]):
            elements = [*node.elts[:i], node.elts[i + 1], node.elts[i], *node.elts[i + 2 :]]
            yield "elements exchanged", _with(node, "elts", elements)
    if len(node.elts) > 1:
        for i in range(len(node.elts)):
            rest = node.elts[:i] + node.elts[i + 1 :]
            alone = isinstance(node, ast.Tuple) and len(rest) == 1
            yield "element dropped", rest[0] if alone else _with(node, "elts", rest)


def _dict(node: ast.Dict) -> Iterator[Edit]:
    for i in range(len(node.values) - 1):
        if ast.dump(node.values[i]) != ast.dump(node.values[i + 1]):
            values = [*node.values]
            values[i], values[i + 1] = values[i + 1], values[i]
            yield "values exchanged", ast.Dict(node.keys, values)


def _comprehension(node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> Iterator[Edit]:
    first = node.generators[0]
    if first.ifs:
        yield "filter dropped", _with(node, "generators", [_with(first, "ifs", [])])
    listed = ast.Call(ast.Name("list", ast.Load()), [first.iter], [])
    rest = ast.Subscript(listed, ast.Slice(ast.Constant(1)), ast.Load())
    others = [_with(first, "iter", rest), *node.generators[1:]]
    yield "first item left out", _with(node, "generators", others)


def _moved(node: ast.expr, by: int) -> ast.expr:
    operator = ast.Add() if by > 0 else ast.Sub()
    return ast.BinOp(node, operator, ast.Constant(abs(by)))


def _number(value: float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _with(node: ast.AST, name: str, value: object) -> ast.AST:
    changed = copy.copy(node)
    setattr(changed, name, value)
    return changed


_BY_TYPE: dict[type, tuple[Callable[..., Iterator[Edit]], ...]] = {
    ast.Constant: (_constant,),
    ast.BinOp: (_binary,),
    ast.UnaryOp: (_unary,),
    ast.Compare: (_compare,),
    ast.BoolOp: (_boolean,),
    ast.IfExp: (_choice,),
    ast.Call: (_call,),
    ast.Attribute: (_attribute,),
    ast.Subscript: (_subscript,),
    ast.Tuple: (_sequence,),
    ast.List: (_sequence,),
    ast.Dict: (_dict,),
    ast.ListComp: (_comprehension,),
    ast.DictComp: (_comprehension,),
    ast.GeneratorExp: (_comprehension,),
}
