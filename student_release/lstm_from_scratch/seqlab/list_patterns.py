"""Patterns of results that are no arrays: lists of tokens, dictionaries, None."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from seqlab.compared import Call, equal

_LISTS: tuple[tuple[str, Callable[[list, list], bool]], ...] = (
    ("is in reverse order", lambda theirs, right: theirs == right[::-1]),
    ("lacks the first entry", lambda theirs, right: theirs == right[1:]),
    ("lacks the last entry", lambda theirs, right: theirs == right[:-1]),
    ("has an entry too many at its end", lambda theirs, right: theirs[:-1] == right),
    ("has an entry too many at its beginning", lambda theirs, right: theirs[1:] == right),
    ("is sorted, which is not asked for", lambda theirs, right: theirs == _sorted(right)),
    ("has the right entries in another order", lambda t, right: _count(t) == _count(right)),
    ("has the right entries, but some of them several times", lambda t, r: _more(t, r)),
    ("lacks some of the right entries", lambda t, r: not _count(t) - _count(r)),
)


def pattern_of_list(calls: Sequence[Call], name: str) -> str:
    """Return what holds for a piece in all calls where it is wrong, as a predicate, or ""."""
    having = [call for call in calls if name in call.right]
    wrong = [c for c in having if not equal(c.theirs.get(name), c.right[name])]
    if not all(name in call.theirs for call in wrong):
        return ""
    both = [(call.theirs.get(name), call.right[name]) for call in wrong]
    if all(theirs is None for theirs, _ in both):
        return "is None: does every way through the function end with `return`?"
    if all(isinstance(t, dict) and isinstance(r, dict) for t, r in both):
        return _of_tables(both)
    if not all(isinstance(t, list | tuple) and isinstance(r, list | tuple) for t, r in both):
        return ""
    return next((said for said, holds in _LISTS if all(_safely(holds, *each) for each in both)), "")


def _of_tables(both: Sequence[tuple[dict, dict]]) -> str:
    missing = [set(right) - set(theirs) for theirs, right in both]
    if all(each and each == missing[0] for each in missing) and len(missing[0]) < 4:
        return f"lacks the keys {', '.join(sorted(map(repr, missing[0])))}"
    if all(missing):
        return "lacks some keys"
    more = [set(theirs) - set(right) for theirs, right in both]
    if all(more):
        return "has keys that are not asked for"
    return "has the right keys, but other values" if not any([*missing, *more]) else ""


def _safely(holds: Callable[[list, list], bool], theirs: Any, right: Any) -> bool:
    try:
        return len(right) > 1 and bool(holds(list(theirs), list(right)))
    except Exception:  # entries that cannot be compared or counted
        return False


def _sorted(entries: list) -> list:
    return sorted(entries)


def _count(entries: list) -> Counter:
    return Counter(map(repr, entries))


def _more(theirs: list, right: list) -> bool:
    return set(map(repr, theirs)) == set(map(repr, right)) and len(theirs) > len(right)
