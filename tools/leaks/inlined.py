"""Code as it would be without its own functions: their bodies stand where they are called.

A solution that is cut into functions has the same steps as one that is not. Only what a text itself
defines is put in place, functions that return at their end alone.
"""

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence

# Deeper nests of functions, and longer ones, are no copy of an answer.
MOST_DEPTH = 4
MOST_STATEMENTS = 40
# So many calls are put in place in one program.
MOST_CALLS = 300
_SIMPLE = ast.Name | ast.Constant | ast.Attribute | ast.Subscript
_LEAVING = ast.Return | ast.Yield | ast.YieldFrom | ast.Await
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def inlined(statements: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Yield a program with its own functions in place of their calls, if it calls any.

    First only those that compute one value, then all: an answer may call others by right.
    """
    functions = {
        node.name: node
        for each in statements
        for node in ast.walk(each)
        if isinstance(node, ast.FunctionDef) and _fits(node)
    }
    values = {name: node for name, node in functions.items() if len(node.body) == 1}
    for chosen in [values, functions] if len(values) < len(functions) else [values]:
        writer = _Writer(chosen)
        body = writer.block(statements, ())
        if writer.used:
            yield [each for each in body if getattr(each, "name", "") not in writer.used]


def _fits(function: ast.FunctionDef) -> bool:
    """Return whether a call of a function can be replaced by what stands in it."""
    nodes = [node for each in function.body for node in ast.walk(each)]
    leaving = [node for node in nodes if isinstance(node, _LEAVING)]
    ends = [function.body[-1]] if isinstance(function.body[-1], ast.Return) else []
    plain = not function.args.vararg and not function.args.kwarg and not function.decorator_list
    short = sum(isinstance(node, ast.stmt) for node in nodes) <= MOST_STATEMENTS
    return plain and short and leaving == ends and not any(isinstance(n, _SCOPES) for n in nodes)


class _Writer:
    """Puts functions in place; `used`: those that it did."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self._functions, self._count = functions, 0
        self.used: set[str] = set()

    def block(self, statements: Sequence[ast.stmt], inside: tuple[str, ...]) -> list[ast.stmt]:
        """Return a block with calls replaced; `inside`: the functions that it comes from."""
        done: list[ast.stmt] = []
        for statement in statements:
            new = copy.copy(statement)
            for field in ("body", "orelse", "finalbody"):
                if isinstance(block := getattr(new, field, None), list):
                    setattr(new, field, self.block(block, inside))
            calls = self._calls(new, inside)
            if calls and not hasattr(new, "body"):
                new = copy.deepcopy(new)
                for call in self._calls(new, inside):
                    before, value = self._body(call, inside, _targets(new, call))
                    done += before
                    new = _Replaced(call, value).visit(new) if value is not None else new
                if isinstance(new, ast.Assign) and _is_itself(new):
                    continue
            done.append(new)
        return done

    def _calls(self, statement: ast.stmt, inside: tuple[str, ...]) -> list[ast.Call]:
        """Return the calls in a statement to put in place, the inner ones first."""
        if isinstance(statement, _SCOPES) or len(inside) >= MOST_DEPTH or self._count > MOST_CALLS:
            return []
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)][::-1]
        return [
            call
            for call in calls
            if isinstance(call.func, ast.Name)
            and call.func.id in self._functions
            and call.func.id not in inside
            and not any(isinstance(argument, ast.Starred) for argument in call.args)
        ]

    def _body(
        self, call: ast.Call, inside: tuple[str, ...], targets: list[str]
    ) -> tuple[list[ast.stmt], ast.expr | None]:
        """Return what a call does, and what it returns."""
        name = call.func.id
        function = self._functions[name]
        self._count += 1
        self.used.add(name)
        body = copy.deepcopy(function.body)
        ends = body.pop().value if isinstance(body[-1], ast.Return) else None
        given = {
            **dict(zip((a.arg for a in function.args.args), call.args, strict=False)),
            **{keyword.arg: keyword.value for keyword in call.keywords},
        }
        nodes = [node for each in body for node in ast.walk(each)]
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and _is_stored(n)}
        names: dict[str, ast.expr] = {each: _name(f"{each}_{self._count}") for each in stored}
        # What it returns under a name of its own is what its caller calls it.
        results = ends.elts if isinstance(ends, ast.Tuple) else [ends]
        if len(results) == len(targets):
            for result, target in zip(results, targets, strict=True):
                if isinstance(result, ast.Name) and result.id in stored:
                    names[result.id] = _name(target)
        before: list[ast.stmt] = []
        for parameter, value in given.items():
            if parameter in stored or not isinstance(value, _SIMPLE):
                new = names.setdefault(parameter, _name(f"{parameter}_{self._count}"))
                if ast.dump(new) != ast.dump(value):
                    assign = ast.Assign([ast.Name(new.id, ast.Store())], value)
                    before.append(ast.fix_missing_locations(ast.copy_location(assign, call)))
            else:
                names[parameter] = value
        renamed = _Renamed(names)
        body = [renamed.visit(each) for each in body]
        value = renamed.visit(ends) if ends is not None else None
        return [*before, *self.block(body, (*inside, name))], value


class _Renamed(ast.NodeTransformer):
    """Other expressions in place of names."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        new = self._names.get(node.id)
        if new is None or (_is_stored(node) and not isinstance(new, ast.Name)):
            return node
        new = copy.deepcopy(new)
        if isinstance(new, ast.Name):
            new.ctx = node.ctx
        return ast.copy_location(new, node)


class _Replaced(ast.NodeTransformer):
    """What a call returns in place of the call."""

    def __init__(self, call: ast.Call, value: ast.expr) -> None:
        self._call, self._value = call, value

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return self._value if node is self._call else self.generic_visit(node)


def _targets(statement: ast.stmt, call: ast.Call) -> list[str]:
    """Return the names to which a statement assigns what a call returns."""
    if not isinstance(statement, ast.Assign) or statement.value is not call:
        return []
    (target, *others) = statement.targets
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    plain = not others and all(isinstance(part, ast.Name) for part in parts)
    return [part.id for part in parts] if plain else []


def _is_itself(statement: ast.Assign) -> bool:
    """Return whether a statement assigns names to themselves."""
    return len(statement.targets) == 1 and (
        ast.unparse(statement.targets[0]) == ast.unparse(statement.value)
    )


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())
