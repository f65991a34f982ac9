"""Patterns: how an array that came follows from the right one, whatever the function.

Each pattern looks at one piece of the results in all calls, and returns what can be said of it, or
"" if it does not hold everywhere. `wrong` are the pairs that differ; a pattern must also be true of
the pairs that do not.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from seqlab.compared import Pair, equal

# Fewer numbers could agree by chance.
LEAST_NUMBERS = 4
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "the sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "exp": np.exp,
    "log": np.log,
    "the square root": np.sqrt,
    "the square": np.square,
    "the absolute value": np.abs,
    "max(0, ·)": lambda x: np.maximum(x, 0),
    "the softmax over the last axis": lambda x: (
        np.exp(x) / np.exp(x).sum(-1, keepdims=True) if x.ndim else x * np.nan
    ),
    "1 minus it": lambda x: 1 - x,
}
_COUNTS = {2.0: "twice", 0.5: "half", 3.0: "3 times", 4.0: "4 times", 0.25: "a quarter of"}


Pattern = Callable[[Sequence[Pair], Sequence[Pair]], str]


def pattern_of(pairs: Sequence[Pair], patterns: Sequence[Pattern]) -> str:
    """Return what holds for all pairs, as a predicate ("is twice the right one"), or ""."""
    wrong = [pair for pair in pairs if not equal(pair.theirs, pair.right)]
    # Two answers that are true or false agree by chance.
    if any(pair.right.dtype.kind == "b" for pair in pairs):
        return _always(pairs)
    if not wrong or len({pair.right.ndim for pair in pairs}) > 1:
        return ""
    for pattern in patterns:
        with np.errstate(all="ignore"):
            said = pattern(pairs, wrong)
        if said:
            return said
    return ""


def _always(pairs: Sequence[Pair]) -> str:
    rights = {bool(entry) for pair in pairs for entry in np.ravel(pair.right)}
    said = {bool(entry) for pair in pairs for entry in np.ravel(pair.theirs)}
    return f"is {said.pop()} in every call" if len(rights) == 2 and len(said) == 1 else ""


def _not_numbers(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    bad = [p for p in wrong if np.isfinite(p.right).all() and not np.isfinite(p.theirs).all()]
    if not bad or len(bad) < len(wrong):
        return ""
    what = "NaN" if all(np.isnan(p.theirs).any() for p in bad) else "infinite"
    return f"has entries that are {what}"


def _argument(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    for name in wrong[0].call.arrays:
        given = [pair.call.arrays.get(name) for pair in wrong]
        held = zip(wrong, given, strict=True)
        if all(g is not None and g.size > 1 and equal(p.theirs, g) for p, g in held):
            return f"is the argument `{name}` as it came in"
    return ""


def _zero(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if all(pair.theirs.size and not pair.theirs.any() for pair in pairs):
        return "is 0 everywhere"
    return ""


def _shape(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
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
                return f"is {word} over the axis of the {_axis(wrong[0], axis)}s"
    for axis in range(wrong[0].right.ndim):
        for what, cut in (("first", np.s_[1:]), ("last", np.s_[:-1])):
            # Nothing can be told from an array without entries.
            if all(p.theirs.size and equal(p.theirs, _along(p.right, axis, cut)) for p in wrong):
                return f"lacks the {what} {_axis(wrong[0], axis)}"
    return ""


def _factor(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    factors = []
    for pair in pairs:
        if pair.theirs.shape != pair.right.shape or not pair.right.any():
            return ""
        size = np.abs(pair.right)
        place = np.unravel_index(int(size.argmax()), size.shape)
        factor = float(pair.theirs[place] / pair.right[place])
        if not np.isfinite(factor) or not equal(pair.theirs, pair.right * factor) or not factor:
            return ""
        factors.append(factor)
    few = sum(pair.right.size for pair in wrong) < LEAST_NUMBERS
    if few and len({round(factor, 6) for factor in factors}) < 2:
        return ""
    if np.allclose(factors, -1, rtol=1e-4):
        return "has the wrong sign"
    named = _named_factor(pairs, factors)
    if named:
        return named
    if np.ptp(factors) > 1e-4 * abs(factors[0]):
        # Only arrays: each single number is some multiple of another.
        if all(pair.right.size >= LEAST_NUMBERS for pair in wrong):
            return "has the right direction, but another length in each call"
        return ""
    known = next((word for c, word in _COUNTS.items() if np.isclose(c, factors[0], rtol=1e-4)), "")
    if not known and len(wrong) < 2:
        return "has the right direction, but another length"
    return f"is {known or f'{factors[0]:.4g} times'} the right one"


def _named_factor(pairs: Sequence[Pair], factors: Sequence[float]) -> str:
    counts = {"B": [], "T": [], "B · T": [], "valid": []}
    for pair in pairs:
        b, t = pair.call.sizes
        mask = pair.call.arguments.get("mask")
        counts["B"].append(float(b))
        counts["T"].append(float(t))
        counts["B · T"].append(float(b * t))
        counts["valid"].append(float(mask.sum()) if isinstance(mask, np.ndarray) else 0.0)
    words = {
        "B": "the number of sequences",
        "T": "the number of time steps",
        "B · T": "the number of sequences times that of time steps",
        "valid": "the number of valid tokens",
    }
    if len({round(factor, 6) for factor in factors}) == 1 and len(factors) > 1:
        varying = [name for name, values in counts.items() if len(set(values)) > 1]
        # A constant factor is not a size that changes.
        counts = {name: values for name, values in counts.items() if name not in varying}
    for name, values in counts.items():
        if all(v > 1 for v in values):
            if np.allclose(factors, values, rtol=1e-4):
                return f"is the right one times {words[name]}"
            if np.allclose(factors, 1 / np.asarray(values), rtol=1e-4):
                return f"is the right one divided by {words[name]}"
    b = np.asarray(counts.get("B", ()))
    for name in ("T", "valid"):
        values = np.asarray(counts.get(name, ()))
        known = len(values) == len(factors) == len(b) and (values > 1).all() and (b > 0).all()
        if known and np.allclose(factors, b / values, rtol=1e-4):
            return f"is a mean over {words[name]}, not over that of sequences"
    return ""


def _moved(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(pair.theirs.shape != pair.right.shape for pair in pairs):
        return ""
    if not _enough(wrong):
        return ""
    if all(p.right.ndim == 2 and equal(p.theirs, p.right.T) for p in pairs):
        return "is the transpose of the right one"
    for axis in range(wrong[0].right.ndim):
        name = _axis(wrong[0], axis)
        if all(equal(p.theirs, np.flip(p.right, axis)) for p in pairs):
            return f"has its {name}s in reverse order"
        for step, word in ((1, "late"), (-1, "early")):
            rolled = all(equal(p.theirs, np.roll(p.right, step, axis)) for p in pairs)
            if rolled:
                return f"comes one {name} too {word}, wrapped round at the end"
            kept, moved = (np.s_[1:], np.s_[:-1]) if step > 0 else (np.s_[:-1], np.s_[1:])
            if all(
                p.right.shape[axis] > 2
                and equal(_along(p.theirs, axis, kept), _along(p.right, axis, moved))
                for p in pairs
            ):
                return f"comes one {name} too {word}"
    return ""


def _exchanged_blocks(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    for n in (2, 3, 4):
        blocks = [_blocks(pair, n) for pair in pairs]
        if any(block is None for block in blocks) or not _enough(wrong):
            continue
        for i, j in combinations(range(n), 2):
            order = [j if k == i else i if k == j else k for k in range(n)]
            if all(
                all(equal(t[k], r[order[k]]) for k in range(n)) for t, r in filter(None, blocks)
            ):
                return f"has blocks {i + 1} and {j + 1} of {n} along its last axis exchanged"
    return ""


def _one_place(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Right everywhere but in one row, column, step, sequence or block, the same in each call."""
    if any(p.theirs.shape != p.right.shape or p.right.size < LEAST_NUMBERS for p in wrong):
        return ""
    for n in (3, 4):
        blocks = [block for pair in wrong if (block := _blocks(pair, n))]
        if len(blocks) < len(wrong):
            continue
        bad = [
            {k for k, (t, r) in enumerate(zip(*block, strict=True)) if not equal(t, r)}
            for block in blocks
        ]
        if bad and all(len(each) == 1 and each == bad[0] for each in bad):
            (k,) = bad[0]
            parts = [Pair(t[k], r[k], p.call) for (t, r), p in zip(blocks, wrong, strict=True)]
            said = _product(parts, parts)
            there = f": what stands there {said}" if said else ""
            return f"is wrong only in block {k + 1} of {n} along its last axis{there}"
    for axis in range(wrong[0].right.ndim):
        if any(p.right.ndim <= axis or p.right.shape[axis] < 3 for p in wrong):
            continue
        name = _axis(wrong[0], axis)
        places = [_wrong_places(pair, axis) for pair in wrong]
        if all(place == {0} for place in places):
            return f"is wrong only at the first {name}"
        if all(place == {p.right.shape[axis] - 1} for place, p in zip(places, wrong, strict=True)):
            return f"is wrong only at the last {name}"
        if all(0 not in place for place in places) and all(
            len(place) == p.right.shape[axis] - 1 for place, p in zip(places, wrong, strict=True)
        ):
            return f"is right only at the first {name}"
        if name == "time step" and all(
            p.right.shape[axis] - 1 not in place and len(place) == p.right.shape[axis] - 1
            for place, p in zip(places, wrong, strict=True)
        ):
            return f"is right only at the last {name}"
    return ""


def _clipped(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    tops = {round(float(np.abs(pair.theirs).max(initial=0.0)), 6) for pair in wrong}
    if len(tops) != 1 or not _enough(wrong):
        return ""
    (top,) = tops
    if top and all(equal(p.theirs, np.clip(p.right, -top, top)) for p in pairs):
        return f"is the right one with its entries clipped to ±{top:g}"
    return ""


def _function(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(p.theirs.shape != p.right.shape for p in pairs) or not _enough(wrong):
        return ""
    for name, function in FUNCTIONS.items():
        if all(equal(p.theirs, function(p.right.astype(float))) for p in pairs):
            return f"is {name} of the right one" if name[0] != "1" else "is 1 minus the right one"
        if all(equal(function(p.theirs.astype(float)), p.right) for p in pairs):
            back = all(np.isfinite(p.theirs).all() for p in pairs)
            if (
                back
                and name[0] != "1"
                and not all(p.right.all() and p.right.min() == 1 for p in pairs)
            ):
                return f"would be right after {name}"
    return ""


def _offset(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(p.theirs.shape != p.right.shape for p in pairs) or not _enough(wrong):
        return ""
    offsets = [float((p.theirs.astype(float) - p.right).mean()) for p in pairs]
    if all(equal(p.theirs.astype(float), p.right + o) for p, o in zip(pairs, offsets, strict=True)):
        if np.ptp(offsets) < 1e-4 * max(abs(offsets[0]), 1e-12):
            how = "large" if offsets[0] > 0 else "small"
            return f"is {abs(offsets[0]):.4g} too {how} everywhere"
        return "differs from the right one by the same number in all entries of a call"
    return ""


def _difference(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """The right one plus or minus an argument or another result."""
    if any(p.theirs.shape != p.right.shape for p in pairs) or not _enough(wrong):
        return ""
    names = [*((name, True) for name in pairs[0].call.arrays)]
    names += [(name, False) for name in pairs[0].call.right]
    for name, given in names:
        others = [(p.call.arrays if given else p.call.right).get(name) for p in pairs]
        if not all(
            isinstance(o, np.ndarray) and o.shape == p.right.shape and o.dtype.kind in "fiub"
            for o, p in zip(others, pairs, strict=True)
        ):
            continue
        shown = f"the argument `{name}`" if given else f"the right {name}"
        for sign, word in ((1, "plus"), (-1, "minus")):
            if all(
                o is not None and equal(p.theirs.astype(float), p.right + sign * o)
                for p, o in zip(pairs, others, strict=True)
            ):
                return f"is the right one {word} {shown}"
        both = list(zip(pairs, others, strict=True))
        if all(o is not None and equal(p.theirs, p.right * o) for p, o in both):
            return f"is the right one times {shown}"
        if not given and all(o is not None and equal(p.theirs, o) for p, o in both):
            return f"is {shown}"
    return ""


def _product(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """The right one times or divided by an argument, by 1 minus it, or by a derivative of it."""
    if any(p.theirs.shape != p.right.shape for p in pairs) or not _enough(wrong):
        return ""
    for name in _factors(pairs[0]):
        factors = [_factors(pair).get(name) for pair in pairs]
        if any(factor is None for factor in factors):
            continue
        for word, times in (("multiplied", True), ("divided", False)):
            products = [
                (p.right * f, p.theirs) if times else (p.right, p.theirs * f)
                for p, f in zip(pairs, factors, strict=True)
                if f is not None
            ]
            if all(equal(theirs, right) for right, theirs in products):
                return f"is the right one {word} by {name}"
    return ""


def _factors(pair: Pair) -> dict[str, np.ndarray]:
    """Return what a result may be multiplied by: arguments of its shape, or blocks of them."""
    found = {}
    for name, value in pair.call.arrays.items():
        if not value.ndim or not pair.right.ndim or value.dtype.kind != "f":
            continue
        n, rest = divmod(value.shape[-1], max(pair.right.shape[-1], 1))
        if rest or n not in (1, 2, 3, 4) or value.shape[:-1] != pair.right.shape[:-1]:
            continue
        for k, block in enumerate(np.split(value, n, -1)):
            shown = f"`{name}`" if n == 1 else f"block {k + 1} of `{name}`"
            found |= {
                shown: block,
                f"1 − {shown}": 1 - block,
                f"1 − {shown}²": 1 - block**2,
                f"{shown} (1 − {shown})": block * (1 - block),
                f"tanh of {shown}": np.tanh(block),
                f"1 − tanh² of {shown}": 1 - np.tanh(block) ** 2,
            }
    return found


def _where(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Right where an argument is on one side of 0, and wrong where it is on the other."""
    for name in wrong[0].call.arrays:
        given = [pair.call.arrays.get(name) for pair in pairs]
        if not all(
            g is not None and g.shape == p.right.shape == p.theirs.shape
            for g, p in zip(given, pairs, strict=True)
        ):
            continue
        bad = np.concatenate([_wrong_entries(pair) for pair in pairs])
        value = np.concatenate([np.ravel(g) for g in given if g is not None])
        for word, side, other in (
            ("negative", value < 0, value > 0),
            ("positive", value > 0, value < 0),
        ):
            several = min(int(side.sum()), int(other.sum())) >= LEAST_NUMBERS
            if several and bad[side].all() and not bad[other].any():
                return f"is wrong only where `{name}` is {word}"
    return ""


def _wrong_entries(pair: Pair) -> np.ndarray:
    close = np.isclose(pair.theirs.astype(float), pair.right.astype(float), 1e-5, 1e-8)
    return ~np.ravel(close)


def _step(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """An update whose change from the argument has another size or direction."""
    for name in pairs[0].call.arrays:
        given = [pair.call.arrays.get(name) for pair in pairs]
        if not all(
            g is not None and g.shape == p.right.shape == p.theirs.shape
            for g, p in zip(given, pairs, strict=True)
        ):
            continue
        steps = [
            Pair(p.theirs - g, p.right - g, p.call)
            for g, p in zip(given, pairs, strict=True)
            if g is not None
        ]
        said = _factor(steps, [s for s in steps if not equal(s.theirs, s.right)] or steps)
        if said:
            return f"differs from the argument `{name}` by a change that {said}"
    return ""


def _normalised(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Probabilities, whose sum is 1 over the wrong axis, or nowhere."""
    same = all(p.theirs.shape == p.right.shape and p.right.ndim for p in pairs)
    if not same or not _enough(wrong) or not all(_sums_to_one(p.right, -1) for p in pairs):
        return ""
    if all(equal(p.theirs / p.theirs.sum(-1, keepdims=True), p.right) for p in pairs):
        return "would be right if it were divided by its sum over the last axis"
    several = [pair for pair in wrong if pair.right.ndim > 1 and pair.right.shape[0] > 1]
    for axis in range(min((pair.right.ndim for pair in several), default=0) - 1):
        if all(_sums_to_one(pair.theirs, axis) for pair in several):
            return f"sums to 1 over axis {axis}, not over the last axis"
    if several and all(_sums_to_one(pair.theirs.ravel(), 0) for pair in several):
        return "sums to 1 over all axes together, not over the last axis"
    return ""


def _sums_to_one(array: np.ndarray, axis: int) -> bool:
    return array.dtype.kind == "f" and equal(array.sum(axis), np.ones_like(array.sum(axis)))


PLAIN = (_not_numbers, _zero, _shape, _factor, _argument)
FURTHER = (
    _normalised,
    _moved,
    _exchanged_blocks,
    _one_place,
    _clipped,
    _function,
    _offset,
    _difference,
    _product,
    _step,
    _where,
)


def _enough(wrong: Sequence[Pair]) -> bool:
    return any(pair.right.size >= LEAST_NUMBERS for pair in wrong)


def _along(array: np.ndarray, axis: int, cut: slice) -> np.ndarray:
    return array[(slice(None),) * axis + (cut,)]


def _blocks(pair: Pair, n: int) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    theirs, right = pair.theirs, pair.right
    if (
        theirs.shape != right.shape
        or not right.ndim
        or right.shape[-1] % n
        or right.shape[-1] < 2 * n
    ):
        return None
    return np.split(theirs, n, -1), np.split(right, n, -1)


def _wrong_places(pair: Pair, axis: int) -> set[int]:
    t, r = np.moveaxis(pair.theirs, axis, 0), np.moveaxis(pair.right, axis, 0)
    return {k for k in range(len(r)) if not equal(t[k], r[k])}


def _axis(pair: Pair, axis: int) -> str:
    """Return what an axis of a result counts."""
    b, t = pair.call.sizes
    shape = pair.right.shape
    if len(shape) >= 2 and shape[0] == b and b:
        if axis == 0:
            return "sequence"
        if axis == 1 and t and shape[1] in (t, t + 1):
            return "time step"
    if len(shape) == 1:
        return "entry"
    return ("row", "column")[axis] if len(shape) == 2 else f"index along axis {axis}"
