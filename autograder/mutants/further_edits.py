"""Edits for a diagnosis alone: what is often confused, as far as it stands in the same function.

There are too many of them for a proof, and some change nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.mutants.expression_edits import Edit


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

    def edits_of(self, node: ast.expr) -> Iterator[Edit]:
        """Yield what may have been written instead of an expression."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            for other in self._other_parts(node):
                yield "another part", ast.Subscript(node.value, other.slice, ast.Load())
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            for name in self.names if node.id in self.names else ():
                if name != node.id and _are_alike(name, node.id):
                    yield "another name", ast.Name(name, ast.Load())
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            for function in ("tanh", "exp"):
                called = ast.Attribute(ast.Name("np", ast.Load()), function, ast.Load())
                inner = ast.Call(called, [node.left], [])
                yield "a function more", ast.BinOp(inner, node.op, node.right)

    def _other_parts(self, node: ast.Subscript) -> Iterator[ast.Subscript]:
        seen = {ast.dump(node.slice)}
        for other in self.parts.get(node.value.id, ()):
            if (text := ast.dump(other.slice)) not in seen:
                seen.add(text)
                yield other


def _are_alike(one: str, other: str) -> bool:
    """Return whether names are easily confused: `dh` and `dz`, `c` and `c_prev`, `i` and `f`."""
    return one[0] == other[0] or len(one) == len(other) == 1
