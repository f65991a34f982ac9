"""The parts of an answer's code: what is left of it after names, order and padding are changed.

A part is a statement without its body, or an expression of a few nodes. Local names all count as
one name; statements without effect are left out; `a + b` is `b + a`. So a copy keeps its parts
when it is renamed, padded or reordered, and most of them when a line is split.
"""

import ast
import hashlib
import re
from collections import Counter

# Smaller expressions, such as `h[t]`, are in everybody's code.
LEAST_NODES, LEAST_IN_STATEMENT = 5, 3
# More than any answer has. The smallest digests are kept: the same parts in both of two copies.
MOST_PARTS = 400
_LOCAL = re.compile(r"v\d+")
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list")


def parts_of(tree: ast.AST) -> set[str]:
    """Return the digests of the parts; in `tree`, local names are v0, v1, …"""
    parts: set[str] = set()
    _collect(_without_dead(tree), parts)
    return parts


def _collect(node: ast.AST, parts: set[str]) -> tuple[str, int]:
    """Add the parts below a node; return its digest and size, those of a body left out."""
    children, size = [], 1
    for name, value in ast.iter_fields(node):
        if name in ("ctx", "type_comment", "kind"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                digest, nodes = _collect(each, parts)
                if name not in _BODIES:
                    children.append(digest)
                    size += nodes
            elif isinstance(each, str) and _LOCAL.fullmatch(each):
                children.append("local")
            else:
                children.append(repr(each))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        children.sort()
    text = f"{type(node).__name__}({','.join(children)})"
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()
    least_nodes = LEAST_IN_STATEMENT if isinstance(node, ast.stmt) else LEAST_NODES
    if isinstance(node, ast.stmt | ast.expr) and size >= least_nodes:
        parts.add(digest)
    return digest, size


def _without_dead(tree: ast.AST) -> ast.AST:
    """Return the tree without statements that have no effect on the result."""
    while True:
        read = Counter(
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
        )
        remover = _Remover(read)
        tree = remover.visit(tree)
        if not remover.removed:
            return tree


class _Remover(ast.NodeTransformer):
    """A transformer that removes what nobody reads and what does nothing."""

    def __init__(self, read: Counter[str]) -> None:
        self._read, self.removed = read, 0

    def visit(self, node: ast.AST) -> ast.AST | None:
        if self._is_dead(node):
            self.removed += 1
            return None
        return self.generic_visit(node)

    def _is_dead(self, node: ast.AST) -> bool:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant() | ast.Name()):
                return True
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                return True
            case ast.If(test=ast.Constant(value=value), orelse=[]):
                return not value
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                same = isinstance(value, ast.Name) and value.id == name
                return same or (bool(_LOCAL.fullmatch(name)) and not self._read[name])
        return False


def least(parts: set[str]) -> list[str]:
    """Return as many parts as a fingerprint keeps, in order."""
    return sorted(parts)[:MOST_PARTS]
