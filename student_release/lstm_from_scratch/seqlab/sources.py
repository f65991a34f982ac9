"""Find out what the cells of a notebook use, by reading them, not by running them."""

import ast
import functools
import re
import symtable


def torch_user(cells, name, others=()):
    """Return the name of the function behind `name` that uses PyTorch, or "" if none does.

    cells: the sources of the cells in the order in which they ran, such as IPython's `In`. If
    several cells define a name, the last one counts. Calls are followed, except into `others`.
    """
    pending, seen = [(name, name)], set(others)
    while pending:
        name, user = pending.pop()
        found = None if name in seen else _definition(cells, name)
        seen.add(name)
        if found is None:
            continue
        if isinstance(found, ast.FunctionDef | ast.ClassDef):
            user = name  # and not "th", of `import torch as th`
        used = used_in(found)
        if "torch" in used:
            return user
        pending += [(other, user) for other in sorted(used)]
    return ""


def parsed(cell):
    """Return a cell's statements; lines that are not Python, such as magics, are left out."""
    lines = [re.sub(r"^(\s*)[%!?].*", r"\1pass", line) for line in cell.split("\n")]
    try:
        return ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def defined_in(statements):
    """Return the names that statements define, in their order."""
    return [name for statement in statements for name in sorted(_defined(statement))]


def _definition(cells, name):
    """Return the last statement at the top level of a cell that gives `name` a value."""
    found = (_definitions(cell).get(name) for cell in reversed(cells))
    return next(filter(None, found), None)


@functools.lru_cache(1024)  # each question reads the same cells
def _definitions(cell):
    return {name: statement for statement in parsed(cell) for name in _defined(statement)}


def _defined(statement):
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    targets = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return {n.id for n in targets if isinstance(n.ctx, ast.Store)}


def used_in(statement):
    """Return the global names that a statement reads, and the first part of what it imports."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    for child in table.get_children():
        used |= set(_globals(child))
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            used |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # importlib.import_module("torch.nn"), but not a sentence that mentions it
            used |= {"torch"} if re.fullmatch(r"torch(\.\w+)*", node.value) else set()
    return used


def _globals(table):
    """Yield the names that a function or class reads from outside, without its local names."""
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)
