"""One test of a master: a cell with one function, below its config if the test is hidden."""

import ast
from dataclasses import dataclass
from typing import Any

from tools.errors import AuthorError, Place
from tools.master import cell_config
from tools.master.blocks import spelled
from tools.master.idle import check_idle
from tools.master.names import check_names
from tools.master.repeatable import check_repeatable
from tools.master.seeds import check_draws

BEGIN_CONFIG = '""" # BEGIN TEST CONFIG'
END_CONFIG = '""" # END TEST CONFIG'
CONFIG_KEYS = {
    "hidden": "hidden: true",
    "points": "points: 5",
    "failure_message": "failure_message: Which axis is the vocabulary?",
}


@dataclass(frozen=True)
class Test:
    """A test as written in the master; `line` is where its source begins in its cell."""

    cell: str
    function: str
    title: str
    hidden: bool
    points: float
    failure_message: str | None
    source: str
    line: int


def read(source: str, where: Place) -> Test:
    """Return the test in a cell's source, or raise its first mistake."""
    lines = source.rstrip().split("\n")
    config, first = _read_config(lines, where)
    while first < len(lines) and not lines[first].strip():
        first += 1
    body = "\n".join(lines[first:])
    function = _only_function(body, where, first)
    title = _title(function, where, first)
    ascii_source(body, where, first)
    check_names(function, body, where, first)
    check_idle(function, where, first)
    if config:
        _check_config(config, lines, where)
        check_draws(function, where, first)
        check_repeatable(function, where, first)
    return Test(
        cell=where.cell or "",
        function=function.name,
        title=title,
        hidden=bool(config),
        points=config.get("points", 0),
        failure_message=config.get("failure_message"),
        source=body,
        line=first + 1,
    )


def _read_config(lines: list[str], where: Place) -> tuple[dict[str, Any], int]:
    if spelled(lines[0]) != BEGIN_CONFIG:
        # Otter hides a test whose first line is a comment with this word; one way is enough.
        if lines[0].lstrip().startswith("#") and "hidden" in lines[0].lower():
            raise AuthorError(
                f"`{lines[0].strip()}` does not hide a test in this grammar",
                Place(where.file, where.cell, 1),
                f"Begin the cell with `{BEGIN_CONFIG}`, `hidden: true` and its other keys.",
            )
        return {}, 0
    ends = [i for i, line in enumerate(lines) if spelled(line) == END_CONFIG]
    if not ends:
        raise AuthorError(
            f"`{BEGIN_CONFIG}` has no `{END_CONFIG}`",
            Place(where.file, where.cell, 1),
            "Add it on a line of its own before the function.",
        )
    config = cell_config.read(lines[1 : ends[0]], 2, CONFIG_KEYS, where)
    if config.get("hidden") is not True:
        raise AuthorError(
            "this test has a TEST CONFIG, but is not hidden",
            Place(where.file, where.cell, 1),
            "Add the line `hidden: true`, or remove the config: a public test has none.",
        )
    return config, ends[0] + 1


def _only_function(body: str, where: Place, first: int) -> ast.FunctionDef:
    try:
        tree = ast.parse(body)
    except SyntaxError as error:
        raise AuthorError(
            f"this test is not valid Python: {error.msg}",
            Place(where.file, where.cell, first + (error.lineno or 1)),
            "Fix that line.",
        ) from None
    only = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(only, ast.FunctionDef) or only.decorator_list:
        raise AuthorError(
            "a test's cell holds exactly one function, without decorators",
            Place(where.file, where.cell, first + 1),
            "Split the cell or remove what is not the function; import inside its body.",
        )
    if not only.name.startswith("test_"):
        raise AuthorError(
            f'the name of the test function "{only.name}" does not begin with "test_"',
            Place(where.file, where.cell, first + only.lineno),
            f"Call it test_{only.name}.",
        )
    return only


def _title(function: ast.FunctionDef, where: Place, first: int) -> str:
    title = (ast.get_docstring(function) or "").split("\n")[0].strip()
    if not title:
        raise AuthorError(
            f'the test "{function.name}" has no title',
            Place(where.file, where.cell, first + function.lineno),
            "Write its title as the first line of a docstring.",
        )
    return title


def _check_config(config: dict[str, Any], lines: list[str], where: Place) -> None:
    if not cell_config.is_number(config.get("points")) or config["points"] <= 0:
        raise AuthorError(
            "this hidden test has no points",
            cell_config.line_of("points", lines, where),
            "Add a line `points: N` with a number above 0 to its TEST CONFIG.",
        )
    message = config.get("failure_message")
    if not isinstance(message, str) or not message.strip():
        raise AuthorError(
            "this hidden test has no failure_message",
            cell_config.line_of("failure_message", lines, where),
            "Add one to its TEST CONFIG: a sentence that helps without giving the answer.",
        )
    # Otter pastes the message between double quotes into the test file.
    for character, name, instead in (
        ('"', "a double quote", "Write ' instead."),
        ("\\", "a backslash", "Write a word instead."),
        ("\n", "a line break", "Fold it with `failure_message: >-`, or write one line."),
    ):
        if character in message:
            raise AuthorError(
                f"{name} in the failure_message would end it early in Otter's test file",
                cell_config.line_of("failure_message", lines, where),
                instead,
            )


def ascii_source(source: str, where: Place, first: int = 0) -> str:
    """Return the same program in ASCII: escape other characters in strings, refuse them elsewhere.

    Otter opens a test file in the encoding of the student's system, which may not be UTF-8.
    """
    if source.isascii():
        return source
    tree = ast.parse(source)
    inside = [
        ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Constant) and hasattr(node, "lineno")
    ]
    lines = []
    for number, line in enumerate(source.split("\n"), start=1):
        column, text = 0, ""  # ast counts columns in bytes
        for character in line:
            if character.isascii() or any(a <= (number, column) < b for a, b in inside):
                text += character.encode("ascii", "backslashreplace").decode("ascii")
            else:
                raise _not_ascii(character, Place(where.file, where.cell, first + number))
            column += len(character.encode("utf-8"))
        lines.append(text)
    escaped = "\n".join(lines)
    if ast.dump(ast.parse(escaped)) != ast.dump(tree):
        character = next(c for c in source if not c.isascii())
        raise _not_ascii(character, Place(where.file, where.cell, first + 1))
    return escaped


def _not_ascii(character: str, where: Place) -> AuthorError:
    return AuthorError(
        f'"{character}" is in a comment, a name or a raw string of a test',
        where,
        "Write it in ASCII: Otter opens test files in the encoding of the student's system.",
    )
