"""The mutants of an answer: its code with one edit each."""

import ast
import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.assignment.answers import Answer
from tools.mutants import expression_edits, statement_edits


@dataclass(frozen=True)
class Mutant:
    """One edit of an answer: a statement `line`, on one line, that `becomes` another one."""

    question: str
    operator: str
    number: int  # of the line in the answer
    line: str
    becomes: str
    source: str

    @property
    def edit(self) -> tuple[str, str, str]:
        """What equivalent.toml knows it by."""
        return self.question, self.line, self.becomes

    @property
    def place(self) -> str:
        return f"{self.question}, line {self.number}"

    @property
    def diff(self) -> str:
        """The edit as two lines, as `diff` writes it."""
        return f"- {self.line}\n+ {self.becomes}"


@functools.cache
def mutants_of(answer: Answer) -> tuple[Mutant, ...]:
    """Return all mutants in the order of the lines; those with the same code are one."""
    return tuple(_mutants(answer))


def _mutants(answer: Answer) -> Iterator[Mutant]:
    tree = ast.parse(answer.source)
    # The same tree gives the same text.
    seen = {ast.unparse(tree)}
    for body in _bodies(tree):
        for place, statement in enumerate(body):
            if _is_docstring(statement) or isinstance(statement, _NAMES_ONLY):
                continue
            line = _shown([statement])
            for operator, becomes in _edits(statement):
                body[place : place + 1] = becomes
                try:
                    source = ast.unparse(tree)
                    changed = _shown(becomes)
                finally:
                    body[place : place + len(becomes)] = [statement]
                if source not in seen and _is_python(source):
                    seen.add(source)
                    yield Mutant(answer.question, operator, statement.lineno, line, changed, source)


_NAMES_ONLY = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield every list of statements, outer ones first."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield body


def _edits(statement: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the edits of a statement and of the expressions in its head."""
    yield from statement_edits.edits_of(statement)
    if isinstance(statement, ast.Raise):
        return  # no test reads the words of an exception
    for operator, parent, place, other in _expressions(statement):
        before = _get(parent, place)
        _set(parent, place, other)
        yield operator, [statement]
        _set(parent, place, before)


Place = tuple[str, int | None]


def _expressions(node: ast.AST) -> Iterator[tuple[str, ast.AST, Place, ast.expr]]:
    """Yield edits of all expressions below a node, but not of the statements in it."""
    for name, value in ast.iter_fields(node):
        entries = enumerate(value) if isinstance(value, list) else [(None, value)]
        for number, child in entries:
            if isinstance(child, ast.stmt | ast.JoinedStr) or not isinstance(child, ast.AST):
                continue
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            if name in ("targets", "target") and not isinstance(child, ast.Subscript):
                continue  # another name is another program; another place is a common slip
            if isinstance(child, ast.expr):
                for operator, other in expression_edits.edits_of(child):
                    yield operator, node, (name, number), other
            yield from _expressions(child)


def _get(node: ast.AST, place: Place) -> ast.expr:
    name, number = place
    return getattr(node, name) if number is None else getattr(node, name)[number]


def _set(node: ast.AST, place: Place, value: ast.expr) -> None:
    name, number = place
    if number is None:
        setattr(node, name, value)
    else:
        getattr(node, name)[number] = value


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: a number is called
            compile(source, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _shown(statements: list[ast.stmt]) -> str:
    """Return statements on one line, a loop or a function by its head."""
    return "; ".join(_head(statement) for statement in statements)


def _head(node: ast.stmt) -> str:
    text = ast.unparse(node)
    if not hasattr(node, "body"):
        return " ".join(text.split())
    head = text.split("\n")[0]
    last = node.body[-1]
    return f"{head} … break" if isinstance(last, ast.Break) else head
