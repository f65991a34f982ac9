"""Patterns: entries that stand elsewhere, and results that are wrong in one place only."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from seqlab.axes import along, axis_name, blocks_of, wrong_places
from seqlab.compared import LEAST_NUMBERS, Pair, enough, equal
from seqlab.formulas import product


def shape(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(pair.theirs.shape == pair.right.shape for pair in wrong):
        return ""
    if any(pair.right.size < LEAST_NUMBERS for pair in wrong):
        return ""
    if all(p.right.ndim == 2 and equal(p.theirs, p.right.T) for p in wrong):
        return "is the transpose of the right one"
    if all(
        p.theirs.size == p.right.size and equal(p.theirs.ravel(), p.right.ravel()) for p in wrong
    ):
        shape, right = wrong[0].theirs.shape, wrong[0].right.shape
        return f"has the right numbers in another shape: {shape} instead of {right}"
    for axis in range(wrong[0].right.ndim):
        for word, reduce in (("summed", np.sum), ("averaged", np.mean), ("the largest", np.max)):
            if all(p.right.ndim > axis and equal(p.theirs, reduce(p.right, axis)) for p in wrong):
                return f"is {word} over the axis of the {axis_name(wrong[0], axis)}s"
    for axis in range(wrong[0].right.ndim):
        name = axis_name(wrong[0], axis)
        for what, cut in (("first", np.s_[:1]), ("last", np.s_[-1:])):
            if all(equal(p.theirs, along(p.right, axis, cut)) for p in wrong):
                return f"has the {what} {name} and no other"
            if all(equal(p.theirs, along(p.right, axis, cut).squeeze(axis)) for p in wrong):
                return f"is the {what} {name} of the right one"
        for what, cut in (("first", np.s_[1:]), ("last", np.s_[:-1])):
            # Nothing can be told from an array without entries.
            if all(p.theirs.size and equal(p.theirs, along(p.right, axis, cut)) for p in wrong):
                return f"lacks the {what} {name}"
    return ""


def moved(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(pair.theirs.shape != pair.right.shape for pair in pairs):
        return ""
    if not enough(wrong):
        return ""
    if all(p.right.ndim == 2 and equal(p.theirs, p.right.T) for p in pairs):
        return "is the transpose of the right one"
    for axis in range(wrong[0].right.ndim):
        name = axis_name(wrong[0], axis)
        if all(equal(p.theirs, np.flip(p.right, axis)) for p in pairs):
            # Two in reverse order are also two of which each comes one too late.
            several = any(p.right.shape[axis] > 2 for p in wrong)
            return f"has its {name}s in reverse order" if several else f"has its {name}s exchanged"
        for step, word in ((1, "late"), (-1, "early")):
            rolled = all(equal(p.theirs, np.roll(p.right, step, axis)) for p in pairs)
            if rolled:
                return f"comes one {name} too {word}, wrapped round at the end"
            kept, moved = (np.s_[1:], np.s_[:-1]) if step > 0 else (np.s_[:-1], np.s_[1:])
            if all(
                p.right.shape[axis] > 2
                and equal(along(p.theirs, axis, kept), along(p.right, axis, moved))
                for p in pairs
            ):
                return f"comes one {name} too {word}"
    return ""


def exchanged_blocks(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    for n in (2, 3, 4):
        blocks = [blocks_of(pair, n) for pair in pairs]
        if any(block is None for block in blocks) or not enough(wrong):
            continue
        for i, j in combinations(range(n), 2):
            order = [j if k == i else i if k == j else k for k in range(n)]
            if all(
                all(equal(t[k], r[order[k]]) for k in range(n)) for t, r in filter(None, blocks)
            ):
                return f"has blocks {i + 1} and {j + 1} of {n} along its last axis exchanged"
    return ""


def one_place(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Right everywhere but in one row, column, step, sequence or block, the same in each call."""
    if any(p.theirs.shape != p.right.shape or p.right.size < LEAST_NUMBERS for p in wrong):
        return ""
    for n in (3, 4):
        blocks = [block for pair in wrong if (block := blocks_of(pair, n))]
        if len(blocks) < len(wrong):
            continue
        bad = [
            {k for k, (t, r) in enumerate(zip(*block, strict=True)) if not equal(t, r)}
            for block in blocks
        ]
        if bad and all(len(each) == 1 and each == bad[0] for each in bad):
            (k,) = bad[0]
            parts = [Pair(t[k], r[k], p.call) for (t, r), p in zip(blocks, wrong, strict=True)]
            said = product(parts, parts)
            there = f": what stands there {said}" if said else ""
            return f"is wrong only in block {k + 1} of {n} along its last axis{there}"
    for axis in range(wrong[0].right.ndim):
        if any(p.right.ndim <= axis or p.right.shape[axis] < 3 for p in wrong):
            continue
        name = axis_name(wrong[0], axis)
        places = [wrong_places(pair, axis) for pair in wrong]
        if all(place == {0} for place in places):
            return f"is wrong only at the first {name}"
        if all(place == {p.right.shape[axis] - 1} for place, p in zip(places, wrong, strict=True)):
            return f"is wrong only at the last {name}"
        others = all(
            0 not in place and len(place) == p.right.shape[axis] - 1
            for place, p in zip(places, wrong, strict=True)
        )
        # The initial state of a recurrence is right in any answer.
        if others and not all(_is_given(p, axis) or _is_mostly_right(p, axis) for p in wrong):
            return f"is right only at the first {name}"
        if name == "time step" and all(
            p.right.shape[axis] - 1 not in place and len(place) == p.right.shape[axis] - 1
            for place, p in zip(places, wrong, strict=True)
        ):
            return f"is right only at the last {name}"
    return ""


def _is_given(pair: Pair, axis: int) -> bool:
    """Return whether the first place along an axis is an argument of the call."""
    first = pair.right.take(0, axis)
    return any(np.array_equal(first, each) for each in pair.call.arrays.values())


def _is_mostly_right(pair: Pair, axis: int) -> bool:
    """Return whether most entries are right, but for the first place along an axis."""
    later = Pair(
        *(each.take(range(1, each.shape[axis]), axis) for each in (pair.theirs, pair.right)),
        pair.call,
    )
    return bool(2 * _wrong_entries(later).sum() <= later.right.size)


def where(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Wrong on one side of 0 of an argument, or only where another result should be 0."""
    bad = [_wrong_entries(pair) for pair in pairs if pair.theirs.shape == pair.right.shape]
    if len(bad) < len(pairs):
        return ""
    bad = np.concatenate(bad)
    for name in wrong[0].call.arrays:
        value = _flat([pair.call.arrays.get(name) for pair in pairs], pairs)
        if value is None:
            continue
        for word, side, other in (
            ("negative", value < 0, value > 0),
            ("positive", value > 0, value < 0),
        ):
            several = min(int(side.sum()), int(other.sum())) >= LEAST_NUMBERS
            if several and bad[side].all() and not bad[other].any():
                return f"is wrong only where `{name}` is {word}"
    for name in wrong[0].call.right:
        value = _flat([pair.call.right.get(name) for pair in pairs], pairs)
        if value is None or int((value != 0).sum()) < LEAST_NUMBERS or bad.sum() < LEAST_NUMBERS:
            continue
        if not bad[value != 0].any() and any(p.right is not p.call.right[name] for p in wrong):
            return f"is wrong only where {name} should be 0"
    return ""


def _flat(arrays: Sequence[object], pairs: Sequence[Pair]) -> np.ndarray | None:
    """Return the entries of arrays in a row if they have the shapes of the results."""
    found = [a for a in arrays if isinstance(a, np.ndarray) and a.dtype.kind in "fiub"]
    if [a.shape for a in found] != [pair.right.shape for pair in pairs]:
        return None
    return np.concatenate([np.ravel(a) for a in found])


def _wrong_entries(pair: Pair) -> np.ndarray:
    close = np.isclose(pair.theirs.astype(float), pair.right.astype(float), 1e-5, 1e-8)
    return ~np.ravel(close)
