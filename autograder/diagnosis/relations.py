"""What explains wrong results: patterns of each piece, or the right answer to another input."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from seqlab.compared import Call, Pair, equal, pieces, wrong_names
from seqlab.patterns import FURTHER, PLAIN, WHERE
from seqlab.sentences import MOST_SENTENCES, by_pattern, listed, of_pieces

from autograder.assignment.signatures import result_names
from autograder.diagnosis.drawing import unused_generators
from autograder.diagnosis.patience import Patience
from autograder.diagnosis.properties import property_of
from autograder.diagnosis.variants import variant_of
from autograder.requests.recorded import Made

# For one question, in CPU seconds.
MOST_SECONDS = 0.15


@dataclass(frozen=True)
class Relation:
    """A sentence about wrong results; `kind` is the same for students with the same mistake.

    whole: whether it says what all wrong results of the `function` are, not only where.
    """

    kind: str
    sentence: str
    function: str = ""
    whole: bool = False


def relate(calls: Sequence[Made], source: str) -> list[Relation]:
    """Return how the results follow from the right ones; `source`: of the question's answer.

    Nothing is said of a function that raises an exception where the right one returns: that comes
    first, and what holds of the calls that return need not hold of the function.
    """
    patience = Patience(MOST_SECONDS)
    raising = {made.name for made in calls if made.is_raised}
    calls = [made for made in calls if made.name not in raising and made.is_returned]
    by_name: dict[str, list[Call]] = {}
    drawn: dict[str, dict[str, list[Pair]]] = {}
    for made in calls:
        names = result_names(source, made.name)
        right, theirs = (pieces(each["value"], names) for each in (made.right, made.theirs))
        for piece in _drawn(made, right, names):
            both = (theirs.get(piece), right.pop(piece))
            if all(isinstance(each, np.ndarray) for each in both):
                call = Call(made.function, made.arguments, right, theirs)
                drawn.setdefault(made.name, {}).setdefault(piece, []).append(Pair(*both, call))
        call = Call(made.function, made.arguments, right, theirs)
        by_name.setdefault(made.name, []).append(call)
    found = [
        _undrawn(name, generator)
        for name in by_name
        for generator in unused_generators([made for made in calls if made.name == name])
    ]
    found += [
        each
        for name, some in by_name.items()
        for each in relations(name, some, result_names(source, name), patience)
    ]
    for name, by_piece in drawn.items():
        found += _of_drawn(name, by_piece)
    return found[:MOST_SENTENCES]


def _undrawn(name: str, generator: str) -> Relation:
    said = f"`{name}` leaves `{generator}` as it was: it draws nothing from it, or from a copy."
    return Relation(f"{name}: draws nothing from {generator}", said, name)


def _drawn(made: Made, right: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the pieces of a result that rightly differ from draw to draw."""
    if not made.drawn:
        return []
    arguments = copy.deepcopy(made.arguments)
    for name, value in arguments.items():
        if isinstance(value, np.random.Generator):
            arguments[name] = np.random.default_rng(0)
    try:
        again = pieces(made.function(**arguments), names)
    except Exception:
        return list(right)
    return [name for name, value in right.items() if not equal(again.get(name), value)]


def _of_drawn(name: str, by_piece: Mapping[str, Sequence[Pair]]) -> list[Relation]:
    found: dict[str, list[str]] = {}
    for piece, pairs in by_piece.items():
        if predicate := property_of(pairs):
            found.setdefault(predicate, []).append(piece)
    wrong = [piece for held in found.values() for piece in held]
    return [_of_pieces(name, predicate, held, wrong) for predicate, held in found.items()]


def relations(
    name: str, calls: Sequence[Call], names: Sequence[str], patience: Patience | None = None
) -> list[Relation]:
    """Return what explains the wrong results of the function `name`, the most telling first.

    `names`: what the parts of a result are called.
    """
    wrong = list(wrong_names(calls))
    if not wrong:
        return []
    found = by_pattern(calls, wrong, PLAIN)
    rest = [piece for piece in wrong if not any(piece in held for held in found.values())]
    said, explained = variant_of(calls, names, rest, patience or Patience()) if rest else ("", ())
    if explained:
        rest = [piece for piece in rest if piece not in explained]
    found |= by_pattern(calls, rest, FURTHER)
    where = by_pattern(calls, wrong, WHERE)
    all_found = [
        replace(
            _of_pieces(name, predicate, held, wrong),
            whole=len(held) == len(wrong) and predicate not in where,
        )
        for predicate, held in found.items()
    ]
    sizes = [len(held) for held in found.values()]
    if explained:
        all_found.append(_for_an_input(name, said, explained, wrong, calls))
        sizes.append(len(explained))
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    return [all_found[i] for i in order][:MOST_SENTENCES]


def _for_an_input(
    name: str, said: str, explained: Sequence[str], wrong: Sequence[str], calls: Sequence[Call]
) -> Relation:
    known = {key for call in calls for key in call.right}
    if known == {"the result"}:
        what = "The result"
    else:
        what = "The results" if known == set(explained) else listed(explained)
    many = what == "The results" or len(explained) > 1
    sentence = f"{what} of `{name}` {'are' if many else 'is'} what is right {said}."
    whole = len(explained) == len(wrong)
    return Relation(f"{name}: right {said}", sentence, name, whole)


def _of_pieces(name: str, predicate: str, held: Sequence[str], wrong: Sequence[str]) -> Relation:
    kind = f"{name} {predicate}" if list(held) == ["the result"] else ""
    kind = kind or f"{name}: {', '.join(held)} {predicate}"
    return Relation(kind, of_pieces(predicate, held, wrong, name), name)
