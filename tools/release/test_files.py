"""Test files: Otter's, with the original source, the titles and the semester's seeds.

Otter writes a test with `ast.unparse`: comments are lost, the bytes depend on the Python version,
and the test has no title. Its points and hidden flag are kept; the rest is rewritten here.
"""

import ast
import hashlib

from tools.errors import Place
from tools.master.seeds import draws
from tools.master.test_cell import Test, ascii_source

LINE_LENGTH = 100  # as in pyproject.toml


def semester_seed(course: str, semester: str, question: str) -> int:
    """Return 63 bits that change each semester and never within one."""
    digest = hashlib.sha256(f"{course}/{semester}/{question}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def test_file(otters: str, tests: list[Test], seed: int) -> str:
    """Return the test file for `tests`, from `otters`, the file that Otter wrote."""
    header = otters.split("\n@test_case(")[0].rstrip()
    parts = []
    for test, decorator in zip(tests, _decorators(otters), strict=True):
        _check_agreement(test, decorator)
        source = ascii_source(test.source, Place("", test.cell))
        if test.hidden:
            source = _with_semester(source)
        comments, function = _split_comments(source)
        parts.append(f"{comments}{_render(test, decorator['points'])}\n{function}\n")
    if any("SEMESTER" in part for part in parts):
        header += f"\n\n# Hidden inputs are those of one semester.\nSEMESTER = {seed}"
    return "\n\n\n".join([header, *(part.rstrip("\n") for part in parts)]) + "\n"


def _with_semester(source: str) -> str:
    """Replace `default_rng(801)` with `default_rng([SEMESTER, 801])`."""
    lines = source.split("\n")
    # Backwards, so that the positions of earlier calls stay valid. The source is ASCII, so the
    # bytes that ast counts are characters.
    for call in reversed(draws(ast.parse(source))):
        literal = call.args[0]
        line = lines[literal.lineno - 1]
        before, after = line[: literal.col_offset], line[literal.end_col_offset :]
        number = line[literal.col_offset : literal.end_col_offset]
        lines[literal.lineno - 1] = f"{before}[SEMESTER, {number}]{after}"
    return "\n".join(lines)


def _split_comments(source: str) -> tuple[str, str]:
    """Return a test's leading comments, which go above its decorator, and its function."""
    first = ast.parse(source).body[0].lineno - 1
    lines = source.split("\n")
    return "".join(line + "\n" for line in lines[:first]), "\n".join(lines[first:])


def _render(test: Test, points: object) -> str:
    arguments = [f"name={_literal(test.title)}", f"points={points}", f"hidden={test.hidden}"]
    if test.failure_message is not None:
        arguments.append(f"failure_message={_literal(test.failure_message)}")
    line = f"@test_case({', '.join(arguments)})"
    if len(line) <= LINE_LENGTH:
        return line
    return "\n".join(["@test_case(", *(f"    {argument}," for argument in arguments), ")"])


def _literal(text: str) -> str:
    """Return a Python string literal in double quotes and ASCII."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.encode("ascii", "backslashreplace").decode("ascii") + '"'


def _decorators(otters: str) -> list[dict[str, object]]:
    """Return what Otter wrote above each test, with the function's name."""
    return [
        {
            "function": node.name,
            **{k.arg: ast.literal_eval(k.value) for k in node.decorator_list[0].keywords},
        }
        for node in ast.parse(otters).body
        if isinstance(node, ast.FunctionDef)
    ]


def _check_agreement(test: Test, decorator: dict[str, object]) -> None:
    # A public test has no points of its own: Otter writes None, meaning whatever the hidden tests
    # leave of the question's points, which is 0.
    ours = (test.function, test.hidden, test.points if test.hidden else None)
    otters = (decorator["function"], decorator["hidden"], decorator["points"])
    if ours != otters:
        raise RuntimeError(f"Otter wrote the test {otters}, the master has {ours}: a new version?")
