"""A cell as statements: what can be parsed, what each one binds, and what it needs."""

import ast
import re
import symtable
from collections.abc import Iterator
from typing import Any

from autograder.candidate.newer_python import needed_python

# A cell in which so many statements cannot be parsed is not Python.
MAX_UNPARSED = 20
_MAGIC = re.compile(r"\s*%%([^\W\d]\w*)[^\n]*")
# These run what stands below them, and add a measurement or keep the output.
_WRAPPERS = {"time", "capture", "prun", "memit", "lprun", "snakeviz", "black", "wandb"}
_EMPTY_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_CAPTURED = re.compile(r"\s*%%capture(?:[ \t]+--?\S+)*[ \t]+([^\W\d]\w*)")
_DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_NOT_A_BEGINNING = re.compile(r"(?:else|elif|except|finally)\b")


class Unparsed(Exception):  # noqa: N818 - a part of a cell, not a mistake of ours
    """A statement that cannot be parsed; `needs`: the first Python that could, if one could."""

    def __init__(self, error: BaseException, line: int, lines: list[str]) -> None:
        super().__init__(str(error))
        self.error, self.line = error, line
        self.needs = needed_python(lines)
        self.names = {match[1] for text in lines if (match := _DEFINES.match(text))}


def statements(shell: Any, source: str) -> tuple[list[ast.stmt], list[Unparsed]]:
    """Return the statements of a cell, magics translated, and what cannot be parsed."""
    captured = _CAPTURED.match(source)
    if match := _wrapper(shell, source):
        source = "#\n" * match[0].count("\n") + "#" + source[match.end() :]
    # IPython drops empty lines on top; with comments instead, all lines keep their numbers.
    source = _EMPTY_LINES.sub(lambda match: "#\n" * match[0].count("\n"), source)
    try:
        lines = shell.transform_cell(source).split("\n")
    except BaseException as error:
        return [], [Unparsed(error, getattr(error, "lineno", None) or 1, source.split("\n"))]
    unparsed: list[Unparsed] = []
    while len(unparsed) < MAX_UNPARSED:
        try:
            tree = ast.parse("\n".join(lines))
            found = [single for node in tree.body for single in _split(node)]
            return found + _kept_output(captured), unparsed
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            number = getattr(error, "lineno", None) or 1
            first, last = _broken_lines(lines, number)
            unparsed.append(Unparsed(error, number, lines[first:last]))
            if not any(line.strip() for line in lines[first:last]):
                break
            lines[first:last] = [""] * (last - first)
    return [], unparsed


def _wrapper(shell: Any, source: str) -> re.Match | None:
    """Match a magic on top that runs the cell: one of those, or one that only the student has."""
    match = _MAGIC.match(source)
    if match is None or match[1] in _WRAPPERS:
        return match
    if match[1] == "skip" or shell.find_cell_magic(match[1]) is not None:
        return None
    try:
        # A profiler's, say, if it stands above Python.
        ast.parse(shell.transform_cell(source[match.end() :]))
    except BaseException:
        return None
    return match


def _kept_output(match: re.Match | None) -> list[ast.stmt]:
    """Bind the name after %%capture to an output in which nothing was printed."""
    if match is None:
        return []
    kind = "__import__('IPython.utils.capture').utils.capture.CapturedIO"
    return ast.parse(f"{match[1]} = {kind}(None, None)").body


def _split(node: ast.stmt) -> list[ast.stmt]:
    """`import a, b` is two statements: what is wrong with b costs nothing of a."""
    if not isinstance(node, ast.Import):
        return [node]
    return [ast.copy_location(ast.Import([alias]), node) for alias in node.names]


def _broken_lines(lines: list[str], number: int) -> tuple[int, int]:
    """Find the statement around a line: from one that begins at the margin to the next."""
    at = min(max(number - 1, 0), len(lines) - 1)
    first = next((i for i in range(at, -1, -1) if _begins(lines[i])), 0)
    last = next((i for i in range(at + 1, len(lines)) if _begins(lines[i])), len(lines))
    return first, last


def _begins(line: str) -> bool:
    margin = bool(line) and not line[0].isspace() and line[0] not in ")]}#"
    return margin and not _NOT_A_BEGINNING.match(line)


def bound_names(node: ast.AST) -> set[str]:
    """Return the names that a statement binds or deletes at the top level of a notebook."""
    found: set[str] = set()
    inner = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(each.name)
        elif isinstance(each, ast.Import | ast.ImportFrom):
            found |= {(a.asname or a.name).partition(".")[0] for a in each.names} - {"*"}
        elif not isinstance(each, inner):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                found.add(each.id)
            stack += ast.iter_child_nodes(each)
    return found


def needed_names(node: ast.stmt) -> set[str]:
    """Return the global names that a statement reads, at once or when its functions run."""
    try:
        table = symtable.symtable(ast.unparse(node), "<statement>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return set(_globals_of(table))


def _globals_of(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals_of(child)


def touched_names(node: ast.stmt, modules: frozenset[str] = frozenset()) -> set[str]:
    """Return the notebook's names whose objects a statement may change without binding them.

    By an attribute or an item that it sets, or by a call that stands alone, as in `np.seterr()`.
    Of a function, which does so when it runs, its own names do not count; nor does a call in one
    that is no setting of a module: `np.add.at(dE, ...)` changes no `np`.
    """
    return set(_touched(node, modules, None))


def _touched(node: ast.AST, modules: frozenset[str], own: frozenset[str] | None) -> Iterator[str]:
    """Yield them; `own`: names of the functions around it, None outside of any."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own = (own or frozenset()) | _own_names(node)
    target, setting = None, True
    if isinstance(node, ast.Attribute | ast.Subscript):
        target = None if isinstance(node.ctx, ast.Load) else node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        target = node.value.func
        setting = isinstance(target, ast.Attribute) and target.attr.startswith("set")
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Call):
        target = target.func if isinstance(target, ast.Call) else target.value
    if isinstance(target, ast.Name) and (
        own is None or (target.id not in own and (setting or target.id not in modules))
    ):
        yield target.id
    for child in ast.iter_child_nodes(node):
        yield from _touched(child, modules, own)


def _own_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """Return a function's parameters and the names that it binds for itself."""
    of = function.args
    given = [*of.posonlyargs, *of.args, *of.kwonlyargs, of.vararg, of.kwarg]
    names = {each.arg for each in given if each}
    body = [] if isinstance(function, ast.Lambda) else function.body
    names |= {name for statement in body for name in bound_names(statement)}
    every = [each for statement in body for each in ast.walk(statement)]
    return frozenset(
        names - {n for each in every if isinstance(each, ast.Global) for n in each.names}
    )
