"""The structure of code: what is left of it after names, order and layout are changed.

A *step* is one operation with what it works on: `np.exp(z - z.max())` has the steps exp(-) and
-(·, max) and max(·). Names that the code chooses itself are all `·`, `x.max()` is `max(x)`,
`a + b` is `b + a`, `x /= y` is `x / y`; constants, keywords and the names of functions and dict
keys are kept. A local name stands for what was assigned to it last, so that
`shifted = z - m; p = np.exp(shifted)` has the same steps as `np.exp(z - m)`.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tools.leaks.inlined import inlined

# What precedes a line of code quoted in prose: comment signs, prompts, list marks.
_QUOTING = re.compile(r"^\s*(?:(?:#+|>+)\s*|(?:\.\.\.|[-*]|\d+\.)\s+)*")
# Modules, by the names that everybody gives them: `np.exp` and `exp` are the same function.
_MODULES = {"np", "numpy", "torch", "nn", "functional", "F", "linalg", "math", "random", "scipy"}
# NumPy and PyTorch have two words for one thing.
_SAME_KEYWORDS = {"dim": "axis", "keepdim": "keepdims"}
# Two operands, or one and a constant: `v[t]` and `x.shape` are in everybody's code.
_LEAST_NODES = 3
_COMMUTATIVE = ast.Add | ast.Mult | ast.BitAnd | ast.BitOr
# Deeper code is not what students read.
_MOST_DEPTH = 60


@dataclass(frozen=True)
class Step:
    """One operation: the forms under which it may appear, and the line where it is written."""

    forms: frozenset[str]
    line: int
    statement: int


def steps_of(statements: list[ast.stmt]) -> list[Step]:
    """Return the steps of statements, in source order."""
    reader = _Reader()
    for statement in statements:
        reader.read(statement)
    return reader.steps


def code_in(text: str) -> Iterator[list[ast.stmt]]:
    """Yield the code in a text: the program that it is, with its comments and strings, or lines."""
    whole = _parsed(text)
    if whole is None:
        yield _quoted(text)
        return
    yield whole
    yield from inlined(whole)
    yield _quoted("\n".join(line.partition("#")[2] for line in text.split("\n")))
    for node in ast.walk(ast.Module(whole, [])):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _moved(_quoted(node.value), node.lineno - 1)


def is_code(text: str) -> bool:
    """Return whether a text is a program, not prose."""
    return _parsed(text) is not None


def _quoted(text: str) -> list[ast.stmt]:
    """Return the statements that stand on lines of their own, or in backticks, in prose."""
    found: list[ast.stmt] = []
    lines, row = text.split("\n"), 0
    while row < len(lines):
        taken, statements = _statements_at(lines, row)
        found += _moved(statements, row)
        row += taken
    return found


def _moved(statements: list[ast.stmt], rows: int) -> list[ast.stmt]:
    for each in statements:
        ast.increment_lineno(each, rows)
    return statements


def _parsed(text: str) -> list[ast.stmt] | None:
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = list(ast.walk(tree)) if "import" in text else []
    aliases = [a for node in nodes if isinstance(node, ast.Import) for a in node.names]
    renamed = {a.asname: a.name.split(".")[0] for a in aliases if a.asname not in (None, *_MODULES)}
    for node in nodes if renamed else ():
        if isinstance(node, ast.Name):
            node.id = renamed.get(node.id, node.id)
    return tree.body


def _statements_at(lines: list[str], row: int) -> tuple[int, list[ast.stmt]]:
    """Return how many lines the statement at a row has, and what it says if it is code."""
    text = words = ""
    for taken, line in enumerate(lines[row : row + 8], start=1):
        unquoted = _QUOTING.sub("", line).strip()
        words += unquoted + "\n"
        text += unquoted.strip("`$") + "\n"
        for source in (text, text.rstrip().removesuffix(":") + ": pass", *_backticked(words)):
            statements = _parsed(source)
            if statements is not None:
                return taken, statements
        if _balanced(text):
            break
    return 1, []


def _backticked(text: str) -> Iterator[str]:
    spans = re.findall(r"`([^`]+)`", text)
    if spans:
        yield "\n".join(span for span in spans if _parsed(span) is not None)


def _balanced(text: str) -> bool:
    return all(text.count(a) <= text.count(b) for a, b in ("()", "[]", "{}"))


class _Reader:
    """Reads statements in order and collects their steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._known: dict[str, ast.expr] = {}
        self._statement = 0

    def read(self, node: ast.stmt, depth: int = 0) -> None:
        if depth > _MOST_DEPTH:
            return
        self._statement += 1
        outside = self._known
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._known = {}
            case ast.Assign(targets=targets, value=value):
                self._expression(value)
                for target in targets:
                    self._store(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._expression(value)
                self._store(target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                whole = ast.copy_location(ast.BinOp(_loaded(target), op, value), node)
                self._expression(whole)
                self._store(target, whole)
            case ast.For(target=target, iter=iterator):
                self._expression(iterator)
                self._add("for", [iterator], iterator.lineno)
                self._forget(target)
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._expression(child)
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for child in getattr(node, name, []):
                self.read(child, depth + 1)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._known = outside

    def _store(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._known[target.id] = value
        elif isinstance(target, ast.Subscript):
            self._expression(target)
        else:
            self._forget(target)

    def _forget(self, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                self._known.pop(node.id, None)

    def _expression(self, node: ast.expr, depth: int = 0) -> None:
        if depth > _MOST_DEPTH:
            return
        operator, operands = _operation(node)
        if operator:
            self._add(operator, operands, node.lineno, _is_commutative(node))
        for child in operands if operator else ast.iter_child_nodes(node):
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword):
                self._below(child, depth)

    def _below(self, child: ast.AST, depth: int) -> None:
        if isinstance(child, ast.keyword):
            child = child.value
        if isinstance(child, ast.comprehension):
            for each in (child.iter, *child.ifs):
                self._expression(each, depth + 1)
        elif isinstance(child, ast.expr):
            self._expression(child, depth + 1)

    def _add(self, operator: str, operands: list, line: int, sort: bool = False) -> None:
        forms, nodes = set(), 1
        for known in ({}, self._known):
            heads = [_head(each, known) for each in operands]
            nodes = 1 + sum(1 for each in heads if each)
            named = sum(each not in ("·", "") for each in heads)
            if nodes + named >= _LEAST_NODES:
                forms.add(f"{operator}({', '.join(sorted(heads) if sort else heads)})")
        if forms:
            self.steps.append(Step(frozenset(forms), line, self._statement))


def _operation(node: ast.AST) -> tuple[str, list]:
    """Return what an expression does, and what it does it with; "" for a name or constant."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return type(op).__name__, [left, right]
        case ast.UnaryOp(op=op, operand=operand) if not isinstance(operand, ast.Constant):
            return type(op).__name__, [operand]
        case ast.BoolOp(op=op, values=values):
            return type(op).__name__, list(values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return " ".join(type(op).__name__ for op in ops), [left, *others]
        case ast.Call(func=function, args=args, keywords=keywords):
            named = sorted(
                keywords, key=lambda each: _SAME_KEYWORDS.get(each.arg or "", each.arg or "")
            )
            if isinstance(function, ast.Attribute):
                of_module = _is_module(function.value)
                return function.attr, [*([] if of_module else [function.value]), *args, *named]
            name = function.id if isinstance(function, ast.Name) else "call"
            return name, [*args, *named]
        case ast.Subscript(value=value, slice=index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            return "[]", [value, *parts]
        case ast.Attribute(value=value, attr=attr) if not _is_module(value):
            own = isinstance(value, ast.Name) and value.id == "self"
            return ("", []) if own else (f".{attr}", [value])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return "if", [test, body, orelse]
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) | ast.SetComp(elt=element):
            return "each", [element, *node.generators]
        case ast.DictComp(key=key, value=value):
            return "each", [key, value, *node.generators]
        case ast.Slice(lower=lower, upper=upper, step=step):
            return ":", [part for part in (lower, upper, step) if part is not None]
    return "", []


def _head(node: ast.AST, known: dict[str, ast.expr]) -> str:
    """Return what an operand is, without what is inside it."""
    if isinstance(node, ast.keyword):
        return f"{_SAME_KEYWORDS.get(node.arg or '', node.arg)}={_head(node.value, known)}"
    if isinstance(node, ast.comprehension):
        return _head(node.iter, known)
    if isinstance(node, ast.Name):
        value = known.get(node.id)
        return _head(value, {}) if value is not None else "·"
    if isinstance(node, ast.Constant):
        return repr(node.value)
    if isinstance(node, ast.Slice):
        return ":".join(_head(p, known) if p else "" for p in (node.lower, node.upper))
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        return ast.unparse(node)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return f"[{node.slice.value!r}]"
    operator, _ = _operation(node)
    return operator or "·"


def _is_commutative(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, _COMMUTATIVE)


def _is_module(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in _MODULES


def _loaded(target: ast.expr) -> ast.expr:
    return ast.copy_location(ast.parse(ast.unparse(target), mode="eval").body, target)
