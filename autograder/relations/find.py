"""What explains wrong results: patterns of each piece, or the right answer to another input."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time

from autograder.relations.calls import Call, pairs_of, wrong_names
from autograder.relations.lists import pattern_of_list
from autograder.relations.patterns import FURTHER, PLAIN, Pattern, pattern_of
from autograder.relations.variants import variant_of

# For one function, in CPU seconds.
MOST_SECONDS = 0.4
MOST_SENTENCES = 2


@dataclass(frozen=True)
class Relation:
    """A sentence about wrong results; `kind` is the same for students with the same mistake."""

    kind: str
    sentence: str


def relations(name: str, calls: Sequence[Call], names: Sequence[str]) -> list[Relation]:
    """Return what explains the wrong results of the function `name`, the most telling first.

    `names`: what the parts of a result are called.
    """
    until = process_time() + MOST_SECONDS
    wrong = list(wrong_names(calls))
    if not wrong:
        return []
    found = _by_pattern(calls, wrong, PLAIN)
    rest = [piece for piece in wrong if not any(piece in held for held in found.values())]
    said, explained = variant_of(calls, names, rest, until) if rest else ("", ())
    if explained:
        rest = [piece for piece in rest if piece not in explained]
    found |= _by_pattern(calls, rest, FURTHER)
    all_found = [_of_pieces(name, predicate, held, wrong) for predicate, held in found.items()]
    sizes = [len(held) for held in found.values()]
    if explained:
        all_found.append(_for_an_input(name, said, explained, calls))
        sizes.append(len(explained))
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    return [all_found[i] for i in order][:MOST_SENTENCES]


def _by_pattern(
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


def _for_an_input(
    name: str, said: str, explained: Sequence[str], calls: Sequence[Call]
) -> Relation:
    known = {key for call in calls for key in call.right}
    if known == {"the result"}:
        what = "The result"
    else:
        what = "The results" if known == set(explained) else _listed(explained)
    many = what == "The results" or len(explained) > 1
    sentence = f"{what} of `{name}` {'are' if many else 'is'} what is right {said}."
    return Relation(f"{name}: right {said}", sentence)


def _of_pieces(name: str, predicate: str, held: Sequence[str], wrong: Sequence[str]) -> Relation:
    if list(held) == ["the result"]:
        end = "" if predicate.endswith("?") else "."
        return Relation(f"{name} {predicate}", f"The result of `{name}` {predicate}{end}")
    what = _listed(held)
    if len(held) == len(wrong) and len(held) > 2:
        what = f"Each wrong result ({what})"
    elif len(held) > 1:
        what = f"Each of {what}"
    others = "" if len(held) == len(wrong) else " Of the other wrong results this is not true."
    kind = f"{name}: {', '.join(held)} {predicate}"
    return Relation(kind, f"{what} of `{name}` {predicate}.{others}")


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text[0].upper() + text[1:]
