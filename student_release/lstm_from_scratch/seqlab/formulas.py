"""Patterns: a function of the right result, or what it makes with an argument."""

from collections.abc import Callable, Sequence

import numpy as np

from seqlab.compared import Pair, enough, equal

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


def not_numbers(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    bad = [p for p in wrong if np.isfinite(p.right).all() and not np.isfinite(p.theirs).all()]
    if not bad or len(bad) < len(wrong):
        return ""
    what = "NaN" if all(np.isnan(p.theirs).any() for p in bad) else "infinite"
    return f"has entries that are {what}"


def argument(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    for name in wrong[0].call.arrays:
        given = [pair.call.arrays.get(name) for pair in wrong]
        held = zip(wrong, given, strict=True)
        if all(g is not None and g.size > 1 and equal(p.theirs, g) for p, g in held):
            return f"is the argument `{name}` as it came in"
    return ""


def constant(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    values = {float(entry) for pair in pairs for entry in np.unique(pair.theirs)}
    many = enough(pairs) or len(pairs) > 1
    same = all(pair.theirs.size and pair.theirs.shape == pair.right.shape for pair in pairs)
    if len(values) == 1 and many and same:
        return f"is {values.pop() + 0.0:g} everywhere"
    return ""


def clipped(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    tops = {round(float(np.abs(pair.theirs).max(initial=0.0)), 6) for pair in wrong}
    if len(tops) != 1 or not enough(wrong):
        return ""
    (top,) = tops
    if top and all(equal(p.theirs, np.clip(p.right, -top, top)) for p in pairs):
        return f"is the right one with its entries clipped to ±{top:g}"
    return ""


def function(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(p.theirs.shape != p.right.shape for p in pairs) or not enough(wrong):
        return ""
    # A constant is any function of another one.
    if all(np.ptp(pair.right) == 0 for pair in wrong if pair.right.size):
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


def offset(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(p.theirs.shape != p.right.shape for p in pairs) or not enough(wrong):
        return ""
    offsets = [float((p.theirs.astype(float) - p.right).mean()) for p in pairs]
    if all(equal(p.theirs.astype(float), p.right + o) for p, o in zip(pairs, offsets, strict=True)):
        if np.ptp(offsets) < 1e-4 * max(abs(offsets[0]), 1e-12):
            how = "large" if offsets[0] > 0 else "small"
            return f"is {abs(offsets[0]):.4g} too {how} everywhere"
        return "differs from the right one by the same number in all entries of a call"
    return ""


def difference(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """The right one plus or minus an argument or another result."""
    if any(p.theirs.shape != p.right.shape for p in pairs) or not enough(wrong):
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


def product(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """The right one times or divided by an argument, by 1 minus it, or by a derivative of it."""
    if any(p.theirs.shape != p.right.shape for p in pairs) or not enough(wrong):
        return ""
    rest = [pair for pair in pairs if pair is not wrong[0]]
    for name, by in _factors(wrong[0]).items():
        # Nothing is divided by a mask.
        other = f"divided by {name}" if by.all() else ""
        for said, holds in ((f"multiplied by {name}", _is_product), (other, _is_quotient)):
            if holds(wrong[0], by) and all(
                name in (others := _factors(pair)) and holds(pair, others[name]) for pair in rest
            ):
                right = f"is the right one {said}" if said else ""
                return right or f"would be right if it were multiplied by {name}"
    return ""


def _is_product(pair: Pair, by: np.ndarray) -> bool:
    return equal(pair.theirs, pair.right * by)


def _is_quotient(pair: Pair, by: np.ndarray) -> bool:
    return equal(pair.theirs * by, pair.right)


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


def normalised(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    """Probabilities, whose sum is 1 over the wrong axis, or nowhere."""
    same = all(p.theirs.shape == p.right.shape and p.right.ndim for p in pairs)
    if not same or not enough(wrong) or not all(_sums_to_one(p.right, -1) for p in pairs):
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
