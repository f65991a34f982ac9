"""What a right answer calls a function's arguments and the parts of its result."""

import ast


def parameter_names(source: str, function: str) -> tuple[str, ...]:
    """Return what the arguments of a function at the top of this code are called."""
    found = _definition(source, function)
    return tuple(each.arg for each in found.args.args) if found else ()


def result_names(source: str, function: str) -> tuple[str, ...]:
    """Return what the parts of its result are called; "" for those without a name."""
    found = _definition(source, function)
    returns = [n.value for n in ast.walk(found) if isinstance(n, ast.Return)] if found else []
    tuples = [value for value in returns if isinstance(value, ast.Tuple)]
    return tuple(_name(each) for each in tuples[-1].elts) if tuples else ()


def _definition(source: str, name: str) -> ast.FunctionDef | None:
    """Return a function at the top of this code, or what a model of that name does when called."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
        if isinstance(node, ast.ClassDef) and node.name == name:
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            return next((method for method in methods if method.name == "forward"), None)
    return None


def _name(node: ast.expr) -> str:
    """Return `loss` for `loss`, and for `float(loss)`."""
    while isinstance(node, ast.Call) and ast.unparse(node.func) in ("float", "int", "list"):
        node = node.args[0]
    return node.id if isinstance(node, ast.Name) else ""
