"""Patterns: a result, or its change, that is a multiple of the right one."""

from collections.abc import Sequence

import numpy as np

from seqlab.compared import LEAST_NUMBERS, Pair, equal

_COUNTS = {2.0: "twice", 0.5: "half", 3.0: "3 times", 4.0: "4 times", 0.25: "a quarter of"}


def factor(pairs: Sequence[Pair], wrong: Sequence[Pair]) -> str:
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
