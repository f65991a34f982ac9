"""Sentences about wrong results: what they have to do with the right ones.

A sentence is said only if it holds in every call that was looked at. The notebook's checks and the
grader say the same, because both ask here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqlab.compared import Call, pairs_of, plain, wrong_names
from seqlab.list_patterns import pattern_of_list
from seqlab.patterns import FURTHER, PLAIN, Pattern, pattern_of

MOST_SENTENCES = 2
OTHERS = " Other results are wrong, too."
# A pattern looks at an array some fifty times; a test compares small ones.
MOST_ENTRIES = 100_000


def by_pattern(
    calls: Sequence[Call], wrong: Sequence[str], patterns: Sequence[Pattern]
) -> dict[str, tuple[str, ...]]:
    """Return the wrong pieces by what can be said of them."""
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for name in wrong:
        pairs = pairs_of(calls, name)
        predicate = pattern_of(pairs, patterns) if pairs else pattern_of_list(calls, name)
        # Of each array of a table, what is true of all of them is said once.
        predicate = predicate.replace(f"the argument {name}", "the argument of that name")
        if predicate:
            found[predicate] += (name,)
    return dict(found)


def of_pieces(predicate: str, held: Sequence[str], wrong: Sequence[str], function: str = "") -> str:
    """Return the sentence that a predicate holds for some of the wrong pieces."""
    end = "" if predicate.endswith("?") else "."
    of = f" of `{function}`" if function else ""
    what = listed(held)
    if len(held) == len(wrong) and len(held) > 2:
        what = f"Each wrong result ({', '.join(held)})"
    elif len(held) > 1:
        what = f"Each of {', '.join(held)}"
    others = "" if len(held) == len(wrong) else OTHERS
    return f"{what}{of} {predicate}{end}{others}"


def listed(names: Sequence[str]) -> str:
    """Return names in a row, as a sentence begins."""
    text = ", ".join(names)
    return text[0].upper() + text[1:] if text.startswith(("the ", "result ")) else text


def about(
    compared: Iterable[tuple[str, Any, Any]], arguments: Mapping[str, Any] | None = None
) -> list[str]:
    """Return what a test's wrong results have to do with the right ones, the most telling first.

    compared: what came and what is right, by name; arguments: of the call that it came from.
    """
    theirs, right = {}, {}
    for name, actual, expected in compared:
        try:
            came, wanted = plain(actual), plain(expected)
            if max(_size(came), _size(wanted)) <= MOST_ENTRIES:
                theirs[shown(name)], right[shown(name)] = came, wanted
        except Exception:  # what an answer returned may be anything
            continue
    call = Call(None, arguments or {}, right, theirs)
    try:
        wrong = list(wrong_names([call]))
        found = by_pattern([call], wrong, PLAIN)
        rest = [name for name in wrong if not any(name in held for held in found.values())]
        found |= by_pattern([call], rest, FURTHER)
    except Exception:
        return []
    order = sorted(found, key=lambda predicate: -len(found[predicate]))
    return [of_pieces(said, found[said], wrong) for said in order][:MOST_SENTENCES]


def shown(name: str) -> str:
    """Return a name as code if it is code, such as `h` and `params["W_hh"]`."""
    return f"`{name}`" if name.replace('["', "").replace('"]', "").isidentifier() else name


def _size(value: Any) -> int:
    return int(getattr(value, "size", 0)) or len(str(value)[: MOST_ENTRIES + 1])
