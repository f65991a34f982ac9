"""A script that was made from a notebook (nbconvert, Jupytext, Colab, an editor), as cells."""

import re
from collections.abc import Iterator

from autograder.submission.cells import IGNORE_TAG, Cell, Submission, checked
from autograder.submission.kinds import CELL_LINE, Kind, decoded, has_conflict

# Colab writes it above a cell with magics, which it turns into comments.
_COMMENTED = "# Commented out IPython magic to ensure Python compatibility."
# What may change between code and text or brackets, one piece at a time.
_PIECE = re.compile(r"\"\"\"|'''|\"|'|#|\\.|[(\[{]|[)\]}]|\n", re.DOTALL)
# A line that begins with this begins a statement, even if a bracket above was never closed.
_FRESH = re.compile(r"(?:def|class|import|from|@\w)\b|grader\.|@")
# One that begins with this continues a statement above it.
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]|#")


def parse_script(name: str, contents: bytes) -> Submission:
    """Return the submission in a script."""
    text = _with_magics(decoded(contents))
    cells = checked(_marked(text) if CELL_LINE.search(text) else _by_statement(text))
    notes = (Kind.CONFLICT.problem,) if has_conflict(text) else ()
    return Submission(name, cells, notes=notes)


def _with_magics(text: str) -> str:
    """Return the text with Colab's comments turned back into magics."""
    if _COMMENTED not in text:
        return text
    lines, whole, here = [], False, False
    for line in text.split("\n"):
        if line == _COMMENTED:
            here, whole = True, False
            continue
        bare = line[2:] if line.startswith("# ") else line[1:]
        if here and line.startswith(("# %%", "# %", "# !")):
            # A cell magic takes the rest of its cell, of which every line is a comment.
            whole = whole or line.startswith("# %%")
            line = bare
        elif here and whole and line.startswith("#"):
            line = bare
        elif whole:
            here = whole = False
        lines.append(line)
    return "\n".join(lines)


def _marked(text: str) -> Iterator[Cell]:
    """Yield the cells between the lines that divide a script into cells."""
    start, ignored = 0, False
    for match in CELL_LINE.finditer(text):
        yield Cell(text[start : match.start()], ignored)
        start, ignored = match.end(), IGNORE_TAG in match[0]
    yield Cell(text[start:], ignored)


def _by_statement(text: str) -> Iterator[Cell]:
    """Yield the cells of a script without such lines: text, checks and blank lines divide them.

    Colab writes text as a string of its own. A statement that cannot be read then costs its own
    cell, not the whole script.
    """
    start, before = 0, ""
    for position in _statements(text):
        line = text[position : text.find("\n", position)]
        gap = text[max(position - 2, 0) : position] == "\n\n"
        is_text = line.startswith(('"""', "'''"))
        was_text = before.startswith(('"""', "'''"))
        if (gap and not before.startswith("@")) or is_text or was_text or "grader.check(" in before:
            if not was_text:
                yield Cell(text[start:position])
            start = position
        before = line
    if not before.startswith(('"""', "'''")):
        yield Cell(text[start:])


def _statements(text: str) -> Iterator[int]:
    """Yield where the lines begin that begin a statement, outside strings and brackets."""
    position, depth, fresh = 0, 0, True
    while position < len(text):
        if fresh:
            depth = 0 if _FRESH.match(text, position) else depth
            first = text[position]
            if depth == 0 and not first.isspace() and not _CONTINUES.match(text, position):
                yield position
            fresh = False
        match = _PIECE.search(text, position)
        if not match:
            return
        piece, position = match[0], match.end()
        if piece == "\n":
            fresh = True
        elif piece == "#":
            position = _after(text, "\n", position) - 1
        elif piece in ('"', "'", '"""', "'''"):
            position = _end_of_string(text, piece, position)
        elif piece in "([{":
            depth += 1
        elif piece in ")]}":
            depth = max(depth - 1, 0)


def _end_of_string(text: str, quote: str, position: int) -> int:
    """Return where a string ends: at its quote, or a short one at the end of its line."""
    ends = re.compile(rf"\\.|{quote}" + (r"|(?=\n)" if len(quote) == 1 else ""), re.DOTALL)
    for match in ends.finditer(text, position):
        if not match[0].startswith("\\"):
            return match.end()
    return len(text)


def _after(text: str, what: str, position: int) -> int:
    found = text.find(what, position)
    return len(text) + 1 if found < 0 else found + len(what)
