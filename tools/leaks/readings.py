"""Other readings of a text: as a browser, a program or a spreadsheet shows it, and backwards.

A solution does not look like code where it stands in the markup of a page, in the cells of a table,
in pieces that a program puts together, as the numbers of its letters, or with its letters moved.
"""

import ast
import codecs
import csv
import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

# A list of so many numbers may be the letters of a text.
LEAST_LETTERS = 30
_MARKUP = re.compile(r"</?(?:b|br|code|div|em|li|p|pre|span|svg|td|text|tr|tspan)\b[^>]*>")
_LINE_ENDS = re.compile(r"<br\b[^>]*>|</(?:div|li|p|pre|td|text|tr|tspan)>")
_TAG = re.compile(r"<!--|-->|<!\[CDATA\[|\]\]>|<[/!?a-zA-Z][^<>]*>")
# `return`, backwards and 13 letters on: every function has it.
_BACKWARDS, _ROTATED = re.compile(r"\bnruter\b"), re.compile(r"\berghea\b")
_TABLES = {".csv": ",", ".tsv": "\t"}


def readings(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what a text says in other ways, and how it was read, such as "without markup"."""
    if _MARKUP.search(text):
        yield "without markup", html.unescape(_TAG.sub("", _LINE_ENDS.sub("\n", text)))
    suffix = path[-4:].lower()
    if suffix in _TABLES:
        yield from (("by column", column) for column in _columns(text, _TABLES[suffix]))
    if path.endswith(".json"):
        yield from (("its lists as lines", lines) for lines in _lists(text))
    yield from (("its texts put together", whole) for whole in _put_together(text))
    if _BACKWARDS.search(text):
        yield "backwards", "\n".join(line[::-1] for line in text.split("\n"))
        yield "backwards", text[::-1].replace("n\\", "\n")
    if _ROTATED.search(text):
        yield "with rotated letters", codecs.encode(text, "rot13").replace("\\a", "\n")


def spelled_out(numbers: Sequence[Any]) -> str:
    """Return the text whose letters have these numbers; "" if they are other numbers."""
    letters = all(type(n) is int and (32 <= n < 127 or n in (9, 10, 13)) for n in numbers)
    return "".join(map(chr, numbers)) if len(numbers) >= LEAST_LETTERS and letters else ""


def _columns(text: str, delimiter: str) -> Iterator[str]:
    try:
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except csv.Error:
        return
    for column in range(max(map(len, rows), default=0)):
        cells = [row[column] for row in rows if column < len(row)]
        if any("=" in cell or "return" in cell for cell in cells):
            yield "\n".join(cells)


def _lists(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, dict) else ()
        if isinstance(value, list):
            waiting += [each for each in value if isinstance(each, dict | list)]
            yield from _of_list(value)


def _put_together(text: str) -> Iterator[str]:
    """Yield the texts that code makes of pieces, and of numbers of letters."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            values = [each.value for each in node.elts if isinstance(each, ast.Constant)]
            yield from _of_list(values) if len(values) == len(node.elts) else ()
        elif isinstance(node, ast.BinOp) and (whole := _sum(node)):
            yield whole


def _of_list(values: Sequence[Any]) -> Iterator[str]:
    if len(values) > 1 and all(isinstance(value, str) for value in values):
        yield "\n".join(values)
        yield "".join(values)
    elif letters := spelled_out(values):
        yield letters


def _sum(node: ast.expr) -> str:
    """Return the sum of constant texts, "" if a part of it is something else."""
    pieces: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        if not isinstance(node.right, ast.Constant) or not isinstance(node.right.value, str):
            return ""
        pieces.append(node.right.value)
        node = node.left
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return "".join([node.value, *reversed(pieces)]) if is_text and pieces else ""
