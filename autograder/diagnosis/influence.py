"""Which lines of an answer each part of its result depends on.

An edit of a line makes those parts wrong that depend on it, and leaves the others right.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# An index of a tuple, or a key of a dictionary.
Part = int | str


@dataclass(frozen=True)
class Line:
    """A statement: where it is, which names it binds or changes, and which ones it needs."""

    number: int
    binds: frozenset[str]
    needs: frozenset[str]


def influence(tree: ast.AST) -> dict[int, frozenset[Part]]:
    """Return, for each line with a statement, the parts of the result that depend on it."""
    found: dict[int, set[Part]] = {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        lines = list(_lines(function.body, frozenset()))
        for part, names in _parts(function):
            for line in _needed(lines, names):
                found.setdefault(line.number, set()).add(part)
    return {number: frozenset(parts) for number, parts in found.items()}


def _needed(lines: list[Line], names: set[str]) -> list[Line]:
    """Return the lines that bind these names, what those need, and so on."""
    taken: list[Line] = []
    while new := [line for line in lines if line not in taken and line.binds & names]:
        taken += new
        names = names.union(*(line.needs for line in new))
    return taken


def _lines(body: list[ast.stmt], around: frozenset[str]) -> Iterator[Line]:
    """Yield all statements; those in a loop also need what its head binds and needs."""
    for statement in body:
        heads = [getattr(statement, name, None) for name in ("target", "iter", "test")]
        inside = [getattr(statement, name, ()) for name in ("body", "orelse")]
        if any(inside):
            head = [node for node in heads if node is not None]
            binds = frozenset().union(*(_names(node, ast.Store) for node in head))
            needs = frozenset().union(*(_names(node, ast.Load) for node in head)) | around
            yield Line(statement.lineno, binds, needs)
            for each in inside:
                yield from _lines(each, needs | binds)
        else:
            binds, needs = _names(statement, ast.Store), _names(statement, ast.Load)
            yield Line(statement.lineno, binds, needs | around)


def _parts(function: ast.FunctionDef) -> Iterator[tuple[Part, set[str]]]:
    """Yield the parts of what a function returns, with the names that each is made of."""
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
    for value in returned[-1:]:
        if isinstance(value, ast.Tuple):
            yield from ((i, set(_names(each, ast.Load))) for i, each in enumerate(value.elts))
        elif isinstance(value, ast.Name):
            keys = {
                name for n in ast.walk(function) for name in _names(n, ast.Store) if "[" in name
            }
            for key in keys:
                if key.startswith(f"{value.id}["):
                    yield key[len(value.id) + 1 : -1], {key}


def _names(node: ast.AST, context: type) -> frozenset[str]:
    """Return the names that are bound (or read) in it; `grads["W"]` is a name of its own."""
    found: set[str] = set()
    if isinstance(node, ast.AugAssign):  # its target is both
        found |= _names(node.value, context) | _name_of(node.target)
        return frozenset(found)
    if isinstance(node, ast.Subscript) and (name := _name_of(node)):
        # What is changed in part is needed, too.
        in_part = context is ast.Load and "[" not in "".join(name)
        if isinstance(node.ctx, context) or in_part:
            found |= name
        return frozenset(found | _names(node.slice, context))
    if isinstance(node, ast.Name):
        return _name_of(node) if isinstance(node.ctx, context) else frozenset()
    return frozenset(found.union(*(_names(each, context) for each in ast.iter_child_nodes(node))))


def _name_of(node: ast.AST) -> frozenset[str]:
    """Return the name of a variable, of a part of it, or of an entry with a key."""
    if isinstance(node, ast.Name):
        return frozenset({node.id})
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return frozenset()
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    name = node.value.id
    return frozenset({f"{name}[{key}]" if isinstance(key, str) else name})
