"""Patterns: how an array that came follows from the right one, whatever the function.

Each pattern looks at one piece of the results in all calls, and returns what can be said of it, or
"" if it does not hold everywhere. `wrong` are the pairs that differ; a pattern must also be true of
the pairs that do not.
"""

from collections.abc import Callable, Sequence

import numpy as np

from seqlab.compared import Pair, equal
from seqlab.factors import factor, step
from seqlab.formulas import (
    argument,
    clipped,
    constant,
    difference,
    function,
    normalised,
    not_numbers,
    offset,
    product,
)
from seqlab.places import exchanged_blocks, moved, one_place, shape, where

Pattern = Callable[[Sequence[Pair], Sequence[Pair]], str]


def pattern_of(pairs: Sequence[Pair], patterns: Sequence[Pattern]) -> str:
    """Return what holds for all pairs, as a predicate ("is twice the right one"), or ""."""
    wrong = [pair for pair in pairs if not equal(pair.theirs, pair.right)]
    # Two answers that are true or false agree by chance.
    if any(pair.right.dtype.kind == "b" for pair in pairs):
        return _always(pairs)
    if not wrong:
        return ""
    one_form = len({pair.right.ndim for pair in pairs}) == 1
    for pattern in patterns if one_form else [p for p in patterns if p not in OF_AXES]:
        with np.errstate(all="ignore"):
            said = pattern(pairs, wrong)
        if said:
            return said
    return ""


def _always(pairs: Sequence[Pair]) -> str:
    rights = {bool(entry) for pair in pairs for entry in np.ravel(pair.right)}
    if any(pair.theirs.dtype.kind != "b" for pair in pairs):
        return ""
    said = {bool(entry) for pair in pairs for entry in np.ravel(pair.theirs)}
    return f"is {said.pop()} in every call" if len(rights) == 2 and len(said) == 1 else ""


# These look at the same axes of all pairs.
OF_AXES = (shape, moved, one_place)
PLAIN = (not_numbers, constant, shape, factor, argument)
FURTHER = (
    normalised,
    moved,
    exchanged_blocks,
    one_place,
    clipped,
    function,
    offset,
    difference,
    product,
    step,
    where,
)
# These say where a result is wrong, and not what it is.
WHERE = (not_numbers, one_place, where)
