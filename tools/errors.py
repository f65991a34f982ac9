"""Errors of authors and staff: what is wrong, where, and what to do now."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

# Git's line between the two forms of what it could not merge.
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """A location: a file, a notebook cell by its id, a line counted from 1.

    `part` names anything other than the text: "metadata", "attachments", "name".
    """

    file: str
    cell: str | None = None
    line: int | None = None
    part: str | None = None

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell else ""
        part = f", {self.part}" if self.part else ""
        line = f", line {self.line}" if self.line else ""
        return f"{self.file}{cell}{part}{line}"


class AuthorError(Exception):
    """One mistake in a master or a file beside it; never a student's or the machine's fault."""

    def __init__(self, what: str, where: Place, what_now: str) -> None:
        super().__init__(f"{where}: {what}. {what_now}")
        self.what, self.where, self.what_now = what, where, what_now


def unreadable(text: str, where: Place, what: str, what_now: str) -> AuthorError:
    """Return what to raise for a text that cannot be parsed: Git may have left both forms in it."""
    if match := _CONFLICT.search(text):
        where = Place(where.file, line=text.count("\n", 0, match.start()) + 1)
        what = "Git has not merged this file"
        what_now = "Choose one of the two forms, and remove the lines <<<<<<<, ======= and >>>>>>>."
    return AuthorError(what, where, what_now)


class AuthorErrors(Exception):  # noqa: N818 - the plural of AuthorError
    """Several independent mistakes, in the order they appear in the files."""

    def __init__(self, errors: Iterable[AuthorError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(map(str, self.errors)))


def raise_all(errors: list[AuthorError]) -> None:
    """Raise all errors together, so that one build shows the author every one."""
    if errors:
        raise AuthorErrors(errors)


def nearest(word: str, choices: Collection[str]) -> str:
    """Return a sentence that suggests the right word for an unknown one."""
    if not choices:
        return "Remove it."
    close = get_close_matches(word, choices, n=1, cutoff=0.5)  # 0.6, the default, misses "tyni"
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known here: {', '.join(choices)}."


def nearest_key(word: str, examples: Mapping[str, str]) -> str:
    """Return a sentence that suggests the right key for an unknown one, with an example of it.

    examples: for each known key, how it is written.
    """
    if not examples:
        return "Remove it."
    close = get_close_matches(word, list(examples), n=1, cutoff=0.5)
    if close and examples[close[0]]:
        return f'Did you mean "{close[0]}", as in `{examples[close[0]]}`?'
    return nearest(word, list(examples))


class ClassError(Exception):
    """Unreadable class data: where, what is wrong, and what staff can do now."""

    def __init__(self, what: str, where: object, what_now: str) -> None:
        super().__init__(f"{where}: {what}. {what_now}")
