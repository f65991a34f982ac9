"""The axes of a result: what they count, and where along them it is wrong."""

import numpy as np

from seqlab.compared import Pair, equal


def along(array: np.ndarray, axis: int, cut: slice) -> np.ndarray:
    return array[(slice(None),) * axis + (cut,)]


def blocks_of(pair: Pair, n: int) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Return both results in n blocks along the last axis; None if they have none."""
    theirs, right = pair.theirs, pair.right
    if (
        theirs.shape != right.shape
        or not right.ndim
        or right.shape[-1] % n
        or right.shape[-1] < 2 * n
    ):
        return None
    # A block for each gate is as wide as a state, or the input has the same blocks.
    known = {size for array in pair.call.arrays.values() for size in array.shape}
    if not known & {right.shape[-1], right.shape[-1] // n}:
        return None
    return np.split(theirs, n, -1), np.split(right, n, -1)


def wrong_places(pair: Pair, axis: int) -> set[int]:
    t, r = np.moveaxis(pair.theirs, axis, 0), np.moveaxis(pair.right, axis, 0)
    return {k for k in range(len(r)) if not equal(t[k], r[k])}


def axis_name(pair: Pair, axis: int) -> str:
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
