"""What a test must not depend on: the order of a set, another one in each run of Python.

Python salts the hashes of texts. Within one process the order is the same everywhere, so that a
solution and a test may agree by it, and a right answer in another process may not.
"""

import ast
from collections.abc import Collection, Iterator, Mapping

from tools.errors import AuthorError, Place
from tools.master.master import Master

_SETS = {"set", "frozenset"}
_COMBINED = {"union", "intersection", "difference", "symmetric_difference", "copy"}
# What puts things into the order in which it meets them, and what has none.
_ORDERING = {"list", "tuple", "enumerate", "iter", "zip", "map", "array", "asarray", "join"}
_ORDERLESS = _SETS | {"sorted", "len", "sum", "min", "max", "any", "all", "Counter"}
# What a loop does that depends on which round it is: it draws, or it collects.
_BY_ROUND = {"append", "extend", "choice", "integers", "normal", "permutation", "random", "shuffle"}
_BY_ROUND |= {"standard_normal", "uniform"}


def check_unordered(master: Master, testing: Mapping[str, str]) -> Iterator[AuthorError]:
    """Yield an error for each test and each module of `testing`, by path, that takes such an order.

    Only the first of each: the others are often the same.
    """
    for question in master.questions:
        for test in question.tests:
            for line, taken in _taken(test.source):
                place = Place(master.file, test.cell, test.line - 1 + line)
                yield AuthorError(*_said(taken, "a test", place))
    for path, source in testing.items():
        for line, taken in _taken(source):
            place = Place(f"assignments/{master.name}/{path}", line=line)
            yield AuthorError(*_said(taken, "what tests import", place))


def _said(taken: str, where: str, place: Place) -> tuple[str, Place, str]:
    why = "comes in another order in each run, because Python salts the hashes of texts"
    return f"`{taken}` in {where} {why}", place, f"Write `sorted({taken})`."


def _taken(source: str) -> Iterator[tuple[int, str]]:
    """Yield the first thing in code that takes the order of a set: its line, and the set."""
    tree = ast.parse(source)
    names = _names_of_sets(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    freed = {id(a) for call in calls if _called(call) in _ORDERLESS for a in call.args}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        for taken in _ordered(node, freed):
            if _is_set(taken, names):
                yield node.lineno, ast.unparse(taken)
                return


def _ordered(node: ast.AST, freed: Collection[int]) -> Iterator[ast.expr]:
    """Yield what a node takes in the order in which it comes."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="pop"), args=[]):
            yield value
        case ast.Call(args=arguments) if _called(node) in _ORDERING and id(node) not in freed:
            yield from arguments
        case ast.Starred(value=value, ctx=ast.Load()):
            yield value
        case ast.ListComp() | ast.GeneratorExp() if id(node) not in freed:
            yield from (each.iter for each in node.generators)
        case ast.For(iter=value, body=body):
            inside = (n for each in body for n in ast.walk(each) if isinstance(n, ast.Call))
            if any(_called(call) in _BY_ROUND for call in inside):
                yield value


def _names_of_sets(tree: ast.AST) -> set[str]:
    """Return the names that stand for sets and for nothing else."""
    names: set[str] = set()
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    for node in sorted(assigned, key=lambda node: node.lineno):
        for target in node.targets:
            if isinstance(target, ast.Name):
                names = names | {target.id} if _is_set(node.value, names) else names - {target.id}
    return names


def _is_set(node: ast.expr, names: Collection[str]) -> bool:
    """Return whether an expression is a set, and not one of whole numbers, which have an order."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Set(elts=parts):
            return not all(isinstance(p, ast.Constant) and isinstance(p.value, int) for p in parts)
        case ast.SetComp(generators=[ast.comprehension(iter=run)]):
            return not _counts(run)
        case ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name), args=[run]) if name in _SETS:
            return not _counts(run)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _COMBINED:
            return _is_set(value, names)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor() | ast.Sub(), left=left):
            return _is_set(left, names)
    return False


def _counts(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _called(node) in ("range", "arange")


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
