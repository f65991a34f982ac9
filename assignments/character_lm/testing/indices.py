"""Whole numbers that stand for characters, or for sentences."""

from seqlab import checks
from seqlab.arrays import as_array


def as_indices(name, value):
    """Return an answer as an array of integers; CheckError for numbers of another kind."""
    array = as_array(name, value)
    if array.dtype.kind not in "iu" and array.size:
        raise checks.CheckError(
            f"{name} should hold integers, which are indices; the dtype is {array.dtype}."
        )
    return array


def assert_each_once(name, batches, count):
    """Raise unless the batches hold each index from 0 to count - 1 exactly once."""
    found = sorted(int(i) for batch in batches for i in as_indices(name, batch).ravel())
    if found != list(range(count)):
        raise checks.CheckError(f"{name}: not every index from 0 on occurs exactly once.")
