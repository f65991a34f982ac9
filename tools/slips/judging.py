"""Tests that judge the wrong side, or tell what they expect."""

import ast
from collections.abc import Iterator

from tools.errors import AuthorError, Place
from tools.master.known_answers import answer_of
from tools.master.master import Master
from tools.master.names import parameters
from tools.master.seeds import imported
from tools.master.test_cell import Test

# Comparators of seqlab: their first arguments are a name, what the answer gave, and what is right.
_COMPARATORS = {"assert_close", "assert_equal", "assert_params", "assert_frame", "assert_series"}
_EQUAL = ast.Eq | ast.NotEq
# Relative tolerances from here on accept a number twice as large, or none at all.
_TOLERANT = 1.0


def check_judging(master: Master) -> Iterator[AuthorError]:
    """Yield the mistakes of tests that would still pass right answers, and fail wrong ones."""
    functions = {n for q in master.questions if not q.manual for n in answer_of(q).functions}
    for question in master.questions:
        for test in question.tests:
            tree = ast.parse(test.source)
            own = _from_the_answer(tree, set(parameters(test.source)))
            for node, what, what_now in _stated(tree, own, test, functions):
                yield AuthorError(what, _place(master, test, node), what_now)
            for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
                if _called(call) in _COMPARATORS and len(call.args) > 2:
                    for what, what_now in _slips(call, own, test.hidden):
                        yield AuthorError(what, _place(master, test, call), what_now)


def _slips(call: ast.Call, own: set[str], hidden: bool) -> Iterator[tuple[str, str]]:
    name, actual, expected, *_ = call.args
    if _named(expected) & own and not _named(actual) & own:
        yield (
            f"`{_called(call)}` compares `{ast.unparse(actual)}`, which the answer did not give, "
            f"with `{ast.unparse(expected)}`: students would read them the wrong way round",
            "Put what the answer gave second, and what is right third.",
        )
    told = {ast.unparse(n.value) for n in ast.walk(name) if isinstance(n, ast.FormattedValue)}
    if hidden and ast.unparse(expected) in told:
        yield (
            f"this hidden test says what is right, `{ast.unparse(expected)}`, in a name that "
            "students read",
            "Name what is compared, not its value.",
        )
    for keyword in call.keywords:
        if keyword.arg in ("rtol", "atol") and _accepts_all(keyword):
            yield (
                f"`{keyword.arg}={ast.unparse(keyword.value)}` accepts what is twice as large",
                "Write the largest error of right answers, times ten.",
            )


def _stated(
    tree: ast.AST, own: set[str], test: Test, functions: set[str]
) -> Iterator[tuple[ast.stmt, str, str]]:
    """Yield assertions that a function exists, messages with the right value, attributes set."""
    nodes = list(ast.walk(tree))
    equal = [n for n in nodes if isinstance(n, ast.Compare) and isinstance(n.ops[0], _EQUAL)]
    sides = [side for node in equal for side in (node.left, *node.comparators)]
    # What a loop runs through is a case, and no result.
    cases = {name for n in nodes if isinstance(n, ast.For) for name in _named(n.target)}
    right = {side.id for side in sides if isinstance(side, ast.Name)} - own - cases
    taken = set(parameters(test.source))
    made = {name for n in nodes if isinstance(n, ast.Assign) for name in _made(n, taken)}
    for node in nodes:
        for target in _set(node):
            if _named(target) & made:
                what = f"this test sets `{ast.unparse(target)}` of an object that the answer keeps"
                yield node, what, "Let a method, or what makes the object, take it as an argument."
        if isinstance(node, ast.Assert) and ast.unparse(node.test) in functions:
            what = f"`assert {ast.unparse(node.test)}` never fails: it is a function"
            yield node, what, "Call it, and compare what it returns."
        if not test.hidden or not isinstance(node, ast.Assert | ast.Raise):
            continue
        message = node.msg if isinstance(node, ast.Assert) else node.exc
        for part in ast.walk(message) if message else ():
            if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) in right:
                what = f"this hidden test tells students what is right, `{ast.unparse(part.value)}`"
                yield node, what, "Say what is wrong, not what is right."


def _made(node: ast.Assign, parameters: set[str]) -> set[str]:
    """Return the names of what a call of the answer returned, such as an object of its class."""
    called = node.value.func if isinstance(node.value, ast.Call) else None
    is_answer = isinstance(called, ast.Name) and called.id in parameters
    return {t.id for t in node.targets if isinstance(t, ast.Name)} if is_answer else set()


def _set(node: ast.AST) -> list[ast.expr]:
    """Return the attributes that a statement sets, or changes a part of."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    targets = [t.value if isinstance(t, ast.Subscript) else t for t in targets]
    return [target for target in targets if isinstance(target, ast.Attribute)]


def _accepts_all(keyword: ast.keyword) -> bool:
    value = keyword.value
    if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
        return keyword.arg == "rtol" and value.value >= _TOLERANT
    return ast.unparse(value) in ("np.inf", "numpy.inf", "math.inf", "float('inf')")


def _from_the_answer(tree: ast.AST, own: set[str]) -> set[str]:
    """Return the names of a test whose values depend on the answer, its parameters first."""
    names, before = set(own), -1
    modules = {name for name, _ in imported(tree)}
    while before != len(names):
        before = len(names)
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=targets, value=value) if _named(value) & names:
                    names |= set().union(*map(_named, targets))
                case ast.AugAssign(target=target, value=value) if _named(value) & names:
                    names |= _named(target)
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ) if _named(value) & names:
                    names |= _named(target)
                case (
                    ast.For(target=target, iter=iterator)
                    | ast.comprehension(target=target, iter=iterator)
                ) if _named(iterator) & names:
                    names |= _named(target)
                case ast.withitem(context_expr=value, optional_vars=ast.expr() as target) if (
                    _named(value) & names
                ):
                    names |= _named(target)
                case ast.FunctionDef(name=name) if node is not tree.body[0] and (
                    _named(node) & names
                ):
                    names.add(name)
                # A method may put what the answer gave into its object: `results.append(f(x))`.
                case ast.Call(func=ast.Attribute(value=ast.Name(id=owner))) if (
                    owner not in modules and _named(node) & names
                ):
                    names.add(owner)
    return names


def _named(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _place(master: Master, test: Test, node: ast.expr) -> Place:
    return Place(master.file, test.cell, test.line - 1 + node.lineno)
