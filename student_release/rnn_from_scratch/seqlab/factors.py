"""Patterns: a result, or its change, that is a multiple of the right one."""

from collections.abc import Sequence

import numpy as np

from seqlab.compared import LEAST_NUMBERS, Pair, equal

_COUNTS = {2.0: "twice", 0.5: "half", 3.0: "3 times", 4.0: "4 times", 0.25: "a quarter of"}


def factor(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
    if any(p.theirs.shape != p.right.shape for p in pairs):
        return ""
    # Every multiple of 0 is 0.
    told = [pair for pair in pairs if pair.right.any() or pair.theirs.any()]
    factors = [_factor(pair) for pair in told]
    if not factors or None in factors:
        return ""
    # Where all else is 0, one number has the right direction whatever it is.
    few = sum(np.count_nonzero(pair.right) for pair in wrong) < LEAST_NUMBERS
    # Each number is some multiple of another, and 2 is twice 1 for many reasons.
    if few and (len(wrong) < 2 or all(equal(p.right, np.round(p.right)) for p in wrong)):
        return ""
    if np.allclose(factors, -1, rtol=1e-4):
        return "has the wrong sign"
    size, other = _size(told, factors)
    if np.ptp(factors) > 1e-4 * abs(factors[0]):
        # Only arrays: each single number is some multiple of another.
        if not size and all(pair.right.size >= LEAST_NUMBERS for pair in wrong):
            return "has the right direction, but another length in each call"
        return size
    known = next((word for c, word in _COUNTS.items() if np.isclose(c, factors[0], rtol=1e-4)), "")
    if not known and not other and len(wrong) < 2:
        return "has the right direction, but another length"
    return f"is {known or f'{factors[0]:.4g} times'} the right one{other}"


def _factor(pair: Pair) -> float | None:
    """Return how many times the right one it is, None if it is no multiple, or 0 times."""
    size = np.abs(pair.right)
    place = np.unravel_index(int(size.argmax()), size.shape)
    if not pair.right[place]:
        return None
    factor = float(pair.theirs[place] / pair.right[place])
    if not np.isfinite(factor) or not factor or not equal(pair.theirs, pair.right * factor):
        return None
    return factor


def _size(pairs: Sequence[Pair], factors: Sequence[float]) -> tuple[str, str]:
    """Return which size the factors are in all calls, and what to add where they are one number.

    A number may be some size by chance: 2 always is.
    """
    sizes = _sizes(pairs)
    said = []
    for name, values in sizes.items():
        if min(values) > 0 and np.allclose(factors, values, rtol=1e-4):
            said.append((f"is the right one times {name}", name))
        elif min(values) > 0 and np.allclose(factors, 1 / values, rtol=1e-4):
            said.append((f"is the right one divided by {name}", name))
    if np.ptp(factors) <= 1e-4 * abs(factors[0]):
        number = max(factors[0], 1 / factors[0])
        alone = len(said) == 1 and number > 2.5
        return "", f", and {number:g} is {said[0][1]} here" if alone else ""
    sequences = sizes["the number of sequences"]
    for name in ("the number of time steps", "the number of valid tokens"):
        values = sizes[name]
        if not said and min(values) > 0 and np.allclose(factors, sequences / values, rtol=1e-4):
            said.append((f"is a mean over {name}, not over that of sequences", name))
    return (said[0][0], "") if len(said) == 1 else ("", "")


def _sizes(pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
    masks = [pair.call.arguments.get("mask") for pair in pairs]
    valid = [float(m.sum()) if isinstance(m, np.ndarray) else 0.0 for m in masks]
    b, t = np.array([pair.call.sizes for pair in pairs], dtype=float).T
    return {
        "the number of sequences": b,
        "the number of time steps": t,
        "the number of sequences times that of time steps": b * t,
        "the number of valid tokens": np.array(valid),
    }


def step(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
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
        said = factor(steps, [s for s in steps if not equal(s.theirs, s.right)] or steps)
        if said:
            return f"differs from the argument `{name}` by a change that {said}"
    return ""
