"""Mutants that change nothing that an assignment asks for: `equivalent.toml`, with reasons."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment.answers import Answer
from autograder.mutants.mutant import Mutant, mutants_of
from tools.errors import AuthorError, Place, nearest, unreadable

# A question, a line of its answer, and what becomes of it.
Edit = tuple[str, str, str]
KEYS = {"question": str, "line": str, "becomes": list, "reason": str}


@dataclass(frozen=True)
class Equivalent:
    """A line of a solution that may become any of some others, and why."""

    question: str
    line: str
    becomes: tuple[str, ...]
    reason: str


def read_equivalents(root: Path, name: str, answers: Sequence[Answer]) -> list[Equivalent]:
    """Read assignments/NAME/equivalent.toml, which may be absent; raise its first mistake."""
    file = f"assignments/{name}/equivalent.toml"
    try:
        text = (root / file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"this is not TOML: {error}"
        raise unreadable(text, Place(file), what, "Fix that line.") from None
    entries = tables.pop("equivalent", [])
    if tables or not isinstance(entries, list):
        what = f'"{next(iter(tables), "equivalent")}" is outside a list'
        raise AuthorError(what, Place(file), "Put it below a line [[equivalent]].")
    known = {answer.question: mutants_of(answer) for answer in answers}
    return [_entry(entry, number, Place(file), known) for number, entry in enumerate(entries, 1)]


def _entry(
    entry: Mapping, number: int, place: Place, known: Mapping[str, Sequence[Mutant]]
) -> Equivalent:
    for key in entry:
        if key not in KEYS:
            what = f'equivalent {number}: the key "{key}" is unknown'
            raise AuthorError(what, place, nearest(key, list(KEYS)))
    for key, kind in KEYS.items():
        value = entry.get(key)
        if not isinstance(value, kind) or not value or not all(isinstance(v, str) for v in value):
            what = f'equivalent {number}: "{key}" is missing or empty'
            example = '["…"]' if kind is list else '"…"'
            raise AuthorError(what, place, f"Write a line {key} = {example}.")
    question, line = entry["question"], entry["line"]
    if question not in known:
        what = f'equivalent {number}: there is no question "{question}" with tests'
        raise AuthorError(what, place, nearest(question, list(known)))
    for becomes in entry["becomes"]:
        if not any((m.line, m.becomes) == (line, becomes) for m in known[question]):
            what = f"equivalent {number}: no edit of {question} makes `{becomes}` of `{line}`"
            what_now = "Copy both from what `unroll verify --mutants` prints, or remove the entry."
            raise AuthorError(what, place, what_now)
    return Equivalent(question, line, tuple(entry["becomes"]), entry["reason"])


def listed_edits(equivalents: Sequence[Equivalent]) -> dict[Edit, str]:
    """Return the reason for each edit that is listed."""
    return {(e.question, e.line, becomes): e.reason for e in equivalents for becomes in e.becomes}
