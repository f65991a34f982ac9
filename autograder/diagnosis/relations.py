"""What explains wrong results: patterns of each piece, or the right answer to another input."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

from seqlab.compared import Call, pieces, wrong_names
from seqlab.patterns import FURTHER, PLAIN
from seqlab.sentences import MOST_SENTENCES, by_pattern, listed, of_pieces

from autograder.assignment.signatures import result_names
from autograder.diagnosis.variants import variant_of
from autograder.requests.recorded import Session, recorded_calls

# For one function, in CPU seconds.
MOST_SECONDS = 0.4


@dataclass(frozen=True)
class Relation:
    """A sentence about wrong results; `kind` is the same for students with the same mistake."""

    kind: str
    sentence: str


def relate(
    sessions: Sequence[Session],
    namespace: dict[str, Any],
    source: str,
    reset: Callable[[], None],
) -> list[Relation]:
    """Return how the results follow from the right ones; `source`: of the question's answer."""
    calls: dict[str, list[Call]] = {}
    for made in recorded_calls(sessions, namespace, reset):
        names = result_names(source, made.function.__name__)
        both = pieces(made.right, names), pieces(made.theirs, names)
        call = Call(made.function, made.arguments, *both)
        calls.setdefault(made.function.__name__, []).append(call)
    return [
        found
        for name, some in calls.items()
        for found in relations(name, some, result_names(source, name))
    ]


def relations(name: str, calls: Sequence[Call], names: Sequence[str]) -> list[Relation]:
    """Return what explains the wrong results of the function `name`, the most telling first.

    `names`: what the parts of a result are called.
    """
    until = process_time() + MOST_SECONDS
    wrong = list(wrong_names(calls))
    if not wrong:
        return []
    found = by_pattern(calls, wrong, PLAIN)
    rest = [piece for piece in wrong if not any(piece in held for held in found.values())]
    said, explained = variant_of(calls, names, rest, until) if rest else ("", ())
    if explained:
        rest = [piece for piece in rest if piece not in explained]
    found |= by_pattern(calls, rest, FURTHER)
    all_found = [_of_pieces(name, predicate, held, wrong) for predicate, held in found.items()]
    sizes = [len(held) for held in found.values()]
    if explained:
        all_found.append(_for_an_input(name, said, explained, calls))
        sizes.append(len(explained))
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    return [all_found[i] for i in order][:MOST_SENTENCES]


def _for_an_input(
    name: str, said: str, explained: Sequence[str], calls: Sequence[Call]
) -> Relation:
    known = {key for call in calls for key in call.right}
    if known == {"the result"}:
        what = "The result"
    else:
        what = "The results" if known == set(explained) else listed(explained)
    many = what == "The results" or len(explained) > 1
    sentence = f"{what} of `{name}` {'are' if many else 'is'} what is right {said}."
    return Relation(f"{name}: right {said}", sentence)


def _of_pieces(name: str, predicate: str, held: Sequence[str], wrong: Sequence[str]) -> Relation:
    kind = f"{name} {predicate}" if list(held) == ["the result"] else ""
    kind = kind or f"{name}: {', '.join(held)} {predicate}"
    return Relation(kind, of_pieces(predicate, held, wrong, name))
