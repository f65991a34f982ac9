"""Which questions were not answered: those whose prompt still stands where the answer belongs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

Variables = Mapping[str, Sequence[str]]
NONE: Variables = {}


class Cell(Protocol):
    """A cell of code."""

    source: str


NOTHING = "Nothing was answered; was the notebook saved?"

# The release's own line: raise NotImplementedError("q3_step: write lstm_step")
_PROMPT = re.compile(r"""[ \t]*raise NotImplementedError\(\s?["'](\w+): write [^"'\n]*["']\s?\)""")
# The release's own line for an answer in a variable: answer = ...
_OPEN = re.compile(r"^(\w+)\s*(?::[^=]*)?=\s*\.\.\.\s*(?:#.*)?$", re.MULTILINE)
_DEFINES = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
# What may bind any name, and what binds one. Too much is harmless: then the tests run.
_BRINGS_ANY = re.compile(r"^[ \t]*(?:%run\b|%load\b|from .* import \*|exec\b)", re.MULTILINE)
_BRINGS = (
    r"^[ \t]*(?:(?:async +)?(?:def|class) +{0}\b"
    r"|[\w, ]*\b{0}\b[\w, ]*=[^=]"
    r"|(?:from|import)\b.*\b{0}\b)"
)


def prompts(cells: Iterable[Cell]) -> dict[str, bool]:
    """Return, for each question with a prompt left, whether nothing else stands in its cells.

    Somebody who wrote an answer above or below the prompt has answered, if not well.
    """
    found: dict[str, bool] = {}
    for cell in cells:
        lines = [line for line in cell.source.split("\n") if line.strip()]
        above = ""
        for line in lines:
            if match := _PROMPT.match(line):
                # What the release writes above it: a heading, or the end of its docstring.
                bare = above.rstrip().endswith((":", '"""', "'''", "super().__init__()"))
                found[match[1]] = found.get(match[1], True) and bare
            if not line.lstrip().startswith("#"):
                above = line
    return found


def unanswered(
    cells: Sequence[Cell], questions: Sequence[str], variables: Variables = NONE
) -> tuple[str, ...]:
    """Return which of the questions stand as the release left them, in order.

    variables: for each question that is answered by these alone, their names.
    """
    left = prompts(cells)
    sources = [cell.source for cell in cells]
    left |= {name: all(_is_open(n, sources) for n in each) for name, each in variables.items()}
    return tuple(name for name in questions if left.get(name, False))


def _is_open(name: str, sources: Iterable[str]) -> bool:
    """Return whether a variable is left open in some cell, and bound to nothing else."""
    rest = [_OPEN.sub(lambda m: "" if m[1] == name else m[0], source) for source in sources]
    return rest != [*sources] and not any(_brings(source, {name}) for source in rest)


def is_untouched(
    cells: Sequence[Cell], questions: Sequence[str], variables: Variables = NONE
) -> bool:
    """Return whether none of the questions was answered. Say NOTHING then, before all else.

    Whoever left the prompts where they are, and answered in cells of his own, has answered.
    """
    if not questions or len(unanswered(cells, questions, variables)) < len(questions):
        return False
    asked: set[str] = set()
    own = []
    for cell in cells:
        if prompts([cell]) or _OPEN.search(cell.source):
            asked.update(_DEFINES.findall(cell.source))
        else:
            own.append(cell.source)
    return not any(_brings(source, asked) for source in own)


def _brings(source: str, names: set[str]) -> bool:
    """Return whether a cell seems to bind one of the names."""
    patterns = (re.compile(_BRINGS.format(name), re.MULTILINE) for name in names)
    return any(pattern.search(source) for pattern in (_BRINGS_ANY, *patterns))
