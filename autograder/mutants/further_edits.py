"""Edits for a diagnosis alone: what is often confused, as far as it stands in the same function.

There are too many of them for a proof, and some change nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.mutants import expression_edits, statement_edits
from autograder.mutants.edits import Ways


@dataclass(frozen=True)
class Context:
    """What a function has: its names, and what it takes of each of them."""

    names: tuple[str, ...] = ()
    parts: dict[str, list[ast.Subscript]] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.AST) -> "Context":
        """Collect it from the code of an answer."""
        names: dict[str, None] = {}
        parts: dict[str, list[ast.Subscript]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                names[node.arg] = None
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names[node.id] = None
            elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                parts.setdefault(node.value.id, []).append(node)
        return cls(tuple(names), parts)

    @property
    def ways(self) -> Ways:
        """The edits that this function suggests."""
        return Ways(self._of_statement, self._of_expression)

    def _of_expression(self, node: ast.expr) -> Iterator[expression_edits.Edit]:
        """Yield what may have been written instead of an expression."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            for other in self._other_parts(node):
                yield "another part", ast.Subscript(node.value, other.slice, ast.Load())
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for name in self._alike(node.id):
                yield "another name", ast.Name(name, ast.Load())
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            for function in ("tanh", "exp"):
                inner = _called(f"np.{function}", node.left)
                yield "a function more", ast.BinOp(inner, node.op, node.right)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            yield from self._complements(node)
        elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
            shape = ast.Subscript(
                ast.Attribute(node.value, "shape", ast.Load()),
                ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1))),
                ast.Load(),
            )
            # A square one is as it was: then say that.
            yield "transpose dropped", node.value
            reshape = ast.Attribute(node.value, "reshape", ast.Load())
            yield "reshape for transpose", ast.Call(reshape, [shape], [])
        elif isinstance(node, ast.Call):
            for pattern in _OTHERS.get(ast.unparse(node.func).split(".")[-1], ()):
                yield "another function", _filled(pattern, node)

    def _of_statement(self, node: ast.stmt) -> Iterator[statement_edits.Edit]:
        """Yield what may have been written besides a statement that gives names a value."""
        if not isinstance(node, ast.Assign):
            return
        targets = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        for name in targets:
            for other in self._alike(name):
                if other not in targets:
                    copied = ast.Assign([ast.Name(name, ast.Store())], ast.Name(other, ast.Load()))
                    yield "another value kept", [node, copied]
            for limit in _LIMITS if name[0] == "d" and len(name) > 1 else ():
                clipped = ast.parse(f"{name} = np.clip({name}, -{limit}, {limit})").body
                yield "clipped", [node, *clipped]

    def _alike(self, name: str) -> Iterator[str]:
        """Yield the other names that are easily confused with one of the function's own."""
        for other in self.names if name in self.names else ():
            if other != name and _are_alike(other, name):
                yield other

    def _complements(self, node: ast.BinOp) -> Iterator[expression_edits.Edit]:
        """Yield `(1 - i) * c` for `f * c`."""
        for operand in (node.left, node.right):
            if not isinstance(operand, ast.Name):
                continue
            for name in (operand.id, *self._alike(operand.id)):
                rest = ast.BinOp(ast.Constant(1), ast.Sub(), ast.Name(name, ast.Load()))
                both = (rest, node.right) if operand is node.left else (node.left, rest)
                yield "complement", ast.BinOp(both[0], node.op, both[1])

    def _other_parts(self, node: ast.Subscript) -> Iterator[ast.Subscript]:
        seen = {ast.dump(node.slice)}
        for other in self.parts.get(node.value.id, ()):
            if (text := ast.dump(other.slice)) not in seen:
                seen.add(text)
                yield other


# At what gradients are often clipped where they should not be.
_LIMITS = (1, 5, 10)
# What often stands where a function belongs; `x` is its argument, `f` the function.
_OTHERS = {
    "tanh": ("np.maximum(x, 0)", "1 / (1 + np.exp(-x))"),
    "sigmoid": ("np.tanh(x)", "np.maximum(x, 0)"),
    "gelu": ("f.relu(x)", "f.tanh(x)", "f.sigmoid(x)"),
    "softmax": ("f.log_softmax(x, dim=-1)", "f.sigmoid(x)"),
    "exp": ("np.abs(x)", "np.square(x)"),
}


def _filled(pattern: str, call: ast.Call) -> ast.expr:
    """Return the expression of a pattern, with the arguments of a call."""
    tree = ast.parse(pattern, mode="eval")

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id == "f" and isinstance(call.func, ast.Attribute):
                return call.func.value
            return call.args[0] if node.id == "x" and call.args else node

    return Fill().visit(tree).body


def _called(function: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(function, mode="eval").body, [argument], [])


def _are_alike(one: str, other: str) -> bool:
    """Return whether names are easily confused: `dh` and `dz`, `c` and `c_prev`, `i` and `f`."""
    return one[0] == other[0] or len(one) == len(other) == 1
