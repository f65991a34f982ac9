"""The code of a hand-in's answers, as its author wrote it."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.submission.reading import SubmissionError, read_submission

MAX_CODE = 40_000  # characters of one answer that are read


def answer_code(
    file: Path | None, names: Mapping[str, Sequence[str]], assignment: str | None = None
) -> dict[str, str]:
    """Return the code of each answer in a file: the last definition of each name."""
    try:
        cells = read_submission(file, assignment).cells if file else ()
    except SubmissionError:
        return {}
    found: dict[str, str] = {}
    whole: dict[str, str] = {}
    for cell in cells:
        if cell.ignored or len(cell.source) > MAX_CODE:
            continue
        try:
            nodes = ast.parse(cell.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # It does not run, but it may be the answer: show the cell itself.
            named = {n for some in names.values() for n in some}
            whole |= {n: cell.source for n in named if f"def {n}" in cell.source}
            continue
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = _lines(cell.source, node)
    found = whole | found
    codes = {q: "\n\n".join(found[n] for n in some if n in found) for q, some in names.items()}
    return {question: code for question, code in codes.items() if code}


def _lines(source: str, node: ast.AST) -> str:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
