"""Whether answers agree, piece by piece: numbers up to float32's precision, all else exactly."""

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from seqlab.compared import ATOL, LEAST_NUMBERS, RTOL

from autograder.requests.repeater import Opaque, is_path
from autograder.wire import tables

# Where Python itself raises them, the message says more than the type: two answers that lack a name
# have no mistake in common.
OF_PYTHON = {"NameError", "UnboundLocalError", "AttributeError", "TypeError", "NotImplementedError"}
OF_PYTHON |= {"ImportError", "ModuleNotFoundError", "RecursionError"}
# Where the text of an exception stands among the pieces of a call.
SAID = ("raised", "text")

MISSING = object()  # None is a valid piece
# Pieces by their place in an answer: numbers of session and call, then keys and indices.
Pieces = dict[tuple, Any]


def answer_pieces(value: Any, place: tuple) -> Iterator[tuple[tuple, Any]]:
    """Yield the arrays, numbers and texts of an answer, each with its place."""
    if len(place) == 2:  # the answer itself
        if "raised" in value:
            kind, text = (value["raised"]["bases"] or [""])[0], value["raised"]["text"]
            yield (*place, "raised"), f"{kind}: {text}" if kind in OF_PYTHON else kind
            # Two shapes that do not fit, or NaN in probabilities: both are a ValueError.
            yield (*place, *SAID), text
            return
        for key in ("value", "arguments", "values"):
            if key in value:
                yield from answer_pieces(value[key], (*place, key))
    elif isinstance(value, dict):
        yield (*place, "type"), "dict"
        for key, item in value.items():
            yield from answer_pieces(item, (*place, key))
    elif isinstance(value, list | tuple):
        array = _numbers(value)
        yield (*place, "type"), type(value).__name__
        if array is not None:
            yield place, array
        else:
            for index, item in enumerate(value):
                yield from answer_pieces(item, (*place, index))
    elif isinstance(value, SimpleNamespace):
        yield from answer_pieces(vars(value), place)
    elif (table := tables.parts(value, type(value))) is not None:
        yield (*place, "type"), table[0]
        yield from answer_pieces(table[1], place)
    elif isinstance(value, np.random.Generator):
        yield place, str(value.bit_generator.state)
    elif isinstance(value, Opaque):
        yield place, "an object"
    elif is_path(value):
        yield place, "a path"
    else:
        array = np.asarray(value) if isinstance(value, bool | int | float | np.generic) else value
        yield place, array


def _numbers(items: Sequence) -> np.ndarray | None:
    """Return a (nested) list of numbers as an array, which may equal it; None for anything else."""
    if any(isinstance(item, np.ndarray) for item in items):
        return None  # several results; a single array would merge their dtypes
    try:
        array = np.asarray(items)
    except ValueError:
        return None
    return array if array.dtype.kind in "biufc" else None


def explained_places(
    answered: list[Pieces], right: list[Pieces | None], bugs: Iterator[Pieces | None]
) -> set[tuple]:
    """Return where a bug differs from the right answer; nothing if the submission lacks the bug."""
    explained: set[tuple] = set()
    evidence, more_is_wrong = 0, False
    for their, correct, wrong in zip(answered, right, bugs, strict=True):
        if correct is None or wrong is None:
            continue
        differing = places_that_differ(correct, wrong)
        for place in differing:
            if not _agree(their, wrong, place) or not _alike_if_empty(their, wrong, place):
                return set()
            evidence += _evidence(correct, wrong, place)
        explained |= differing
        more_is_wrong |= bool(places_that_differ(wrong, their))
    # Many mistakes lead to NaN, to an exception or to another order of two tokens. A bug that shows
    # in little else must account for all that is wrong.
    return set() if evidence < LEAST_NUMBERS and more_is_wrong else explained


def tells_apart(compared: Iterable[tuple[Pieces, Pieces, tuple]]) -> bool:
    """Return whether what came at these places, beside what is right, is due to one mistake."""
    return sum(_evidence(correct, their, place) for correct, their, place in compared) >= (
        LEAST_NUMBERS
    )


def _evidence(correct: Pieces, wrong: Pieces, place: tuple) -> int:
    """Return how many numbers or texts say that it is this bug and no other."""
    right, value = correct.get(place), wrong.get(place)
    if not isinstance(value, np.ndarray):
        return int(isinstance(value, str) and place[2:3] != SAID[:1])
    if isinstance(right, np.ndarray) and right.shape == value.shape:
        value = value[right != value]
    known = value[np.isfinite(value)]
    # Every other mistake leads to 0; five digits are evidence enough.
    return LEAST_NUMBERS if (known != np.round(known)).any() else np.count_nonzero(known)


def places_that_differ(correct: Pieces, other: Pieces) -> set[tuple]:
    """Return where two answers differ; not if both raise one exception in other words."""
    both = correct.keys() | other.keys()
    said = {p for p in both if p[2:] == SAID and p in correct and p in other}
    return {place for place in both - said if not _agree(correct, other, place)}


def _alike_if_empty(their: Pieces, wrong: Pieces, place: tuple) -> bool:
    """Return False for an empty list where a bug returns an empty array: they have no dtype."""
    type_ = (*place, "type")
    return np.size(wrong.get(place, 0)) > 0 or their.get(type_) == wrong.get(type_)


def _agree(some: Pieces, others: Pieces, place: tuple) -> bool:
    a, b = some.get(place, MISSING), others.get(place, MISSING)
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray) and a == b
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return False
    if a.dtype.kind not in "fc":
        return a.dtype == b.dtype and np.array_equal(a, b)
    with np.errstate(all="ignore"):
        finite = np.abs(b[np.isfinite(b)])
        scale = min(float(finite.max(initial=0.0)), 1.0)
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL * scale, equal_nan=True))
