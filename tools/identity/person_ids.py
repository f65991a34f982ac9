"""Ids of people: which identify, which are placeholders, and which stand for two people."""

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from tools.identity.person_names import alike, is_nobody, squashed

# What people and programs write where there is no id.
_PLACEHOLDERS = {
    *("na", "nan", "none", "null", "nil", "void", "empty", "unknown", "unbekannt", "tbd", "tba"),
    *("missing", "keine", "kein", "ohne", "ka", "nv", "xxx", "notavailable", "notapplicable"),
    *("nonumber", "noid", "noemail", "sinid", "aucun", "aucune", "nessuno", "undefined", "ref"),
    *("value", "nichtvorhanden", "todo", "novalue", "div0"),
}
# Excel shows a long number this way, and saves what it shows.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_EXCEL = re.compile(r'="([^"]*)"|(\d+)[.,]0+')
_GROUPED = re.compile(r"\d{1,3}([.,'])\d{3}(?:\1\d{3})+")
KINDS = {"email": "e-mail address", "sid": "student number", "lms_id": "LMS number"}


class Person(Protocol):
    """What a student has besides ids."""

    name: str
    email: str
    sid: str
    lms_id: str


Key = tuple[str, str]


def id_in(cell: str) -> str:
    """Return the id in a cell; nothing for a placeholder, or for what Excel left of a number."""
    text = cell.strip().strip("\u200b\ufeff'").strip()
    if match := _EXCEL.fullmatch(text):
        text = (match[1] or match[2]).strip()
    mailbox, at, _ = text.partition("@")
    letters = squashed(mailbox if at else text)
    empty = letters in _PLACEHOLDERS or not letters
    if at and len(letters) <= 3 and letters == mailbox.casefold():
        empty = False  # na@uni.edu has initials for a name; n/a@uni.edu has none
    return "" if empty or _ROUNDED.fullmatch(text.replace(" ", "")) else text


def unusable(cells: Iterable[tuple[str, str]], where: str) -> list[str]:
    """Note the placeholders among cells of ids, each with its kind."""
    count = Counter((kind, cell.strip()) for kind, cell in cells if cell.strip())
    notes = []
    for (kind, cell), times in count.items():
        if not id_in(cell):
            people = "1 student" if times == 1 else f"{times} students"
            rounded = _ROUNDED.fullmatch(cell.replace(" ", ""))
            what = "what Excel leaves of a long number" if rounded else "a placeholder"
            notes.append(f"{where}: the {KINDS[kind]} {cell} of {people} is {what}.")
    return notes


def plain(value: str) -> str:
    """Return an id without case, width and spaces, which never tell two people apart."""
    squeezed = "".join(unicodedata.normalize("NFKC", value).casefold().split())
    return squeezed.removeprefix("#") or squeezed  # Brightspace's, so that Excel takes it for text


def repaired(kind: str, value: str) -> str:
    """Return an id without what a spreadsheet does to numbers: no zeros in front, 1.234.567."""
    bare = plain(value)
    if kind == "email":
        return bare
    bare = re.sub(r"[.,']", "", bare) if _GROUPED.fullmatch(bare) else bare
    return bare.lstrip("0") or "0"


def keys_of(person: Person) -> list[Key]:
    """Return what may identify a person, most reliable first."""
    values = [(kind, plain(id_in(getattr(person, kind)))) for kind in KINDS]
    return [(kind, value) for kind, value in values if value]


def different(one: Person, other: Person) -> bool:
    """Return whether these are known to be two people.

    Without names, two addresses or two numbers tell.
    """
    if not alike(one.name, other.name):
        return True
    unnamed = is_nobody(one.name) or is_nobody(other.name)
    theirs = dict(keys_of(other))
    return unnamed and any(theirs.get(kind, value) != value for kind, value in keys_of(one))


def contested(people: Iterable[Person]) -> dict[Key, list[Person]]:
    """Return the ids that stand for different people, and whom."""
    claimed: dict[Key, list[Person]] = defaultdict(list)
    for person in dict.fromkeys(people):
        for key in keys_of(person):
            claimed[key].append(person)
    return {
        key: claims
        for key, claims in claimed.items()
        if any(different(*pair) for pair in itertools.combinations(claims[:50], 2))
    }


def identifying(person: Person, not_these: Iterable[Key]) -> list[Key]:
    """Return the person's ids but for those that identify nobody."""
    return [key for key in keys_of(person) if key not in not_these]


def told(key: Key, claims: Sequence[Person], where: str) -> str:
    """Say that an id identifies nobody."""
    kind, value = key
    names = list(dict.fromkeys(p.name or p.email or p.sid or p.lms_id for p in claims))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (
        f"{where}: the {KINDS[kind]} {value} stands for {', '.join(names[:3])}{more}. "
        "It identifies nobody."
    )
