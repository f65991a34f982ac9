"""What calls do to a test's arguments, where the test cannot see it in its own arrays.

A grader runs a student's function in another process, on copies. It notes here which arguments the
function has changed there, and `checks.unchanged` asks. The test's own arrays stay as they are.
"""

import sys
from contextlib import contextmanager

import numpy as np

# One list for each open block of watched(): the test's own objects whose copies were changed.
_WATCHERS = []


def note(given, after):
    """Tell the watchers which parts of `given` differ from what became of their copies."""
    if _WATCHERS:
        changed = list(_changed(given, after))
        for watcher in _WATCHERS:
            watcher += changed


@contextmanager
def watched():
    """Yield a list that grows by each of the test's objects whose copy is changed in a call."""
    watcher = []
    _WATCHERS.append(watcher)
    try:
        yield watcher
    finally:
        _WATCHERS.pop()


def _changed(given, after):
    """Yield the innermost containers and arrays of `given` that differ."""
    if isinstance(given, dict):
        if not isinstance(after, dict) or given.keys() != after.keys():
            yield given
            return
        for key, value in given.items():
            yield from _changed_in(given, value, after[key])
    elif isinstance(given, list | tuple):
        if not isinstance(after, list | tuple) or len(given) != len(after):
            yield given
            return
        for one, other in zip(given, after, strict=True):
            yield from _changed_in(given, one, other)
    elif (isinstance(given, np.ndarray) or _is_tensor(given)) and not _equal(given, after):
        yield given


def _changed_in(container, one, other):
    if isinstance(one, int | float | complex | str | bool | None):
        if type(one) is not type(other) or (one != other and one == one):
            yield container
    else:
        yield from _changed(one, other)


def _equal(given, after):
    given, after = _array(given), _array(after)
    if not isinstance(after, np.ndarray) or given.dtype.kind != after.dtype.kind:
        return False
    return np.array_equal(given, after, equal_nan=given.dtype.kind in "fc")


def _array(value):
    return value.detach().numpy() if _is_tensor(value) else value


def is_part_of(part, whole):
    """Say whether `part` is `whole`, is in it, or is a view of an array in it."""
    if part is whole:
        return True
    if isinstance(whole, dict):
        return any(is_part_of(part, item) for item in whole.values())
    if isinstance(whole, list | tuple):
        return any(is_part_of(part, item) for item in whole)
    if isinstance(part, dict | list | tuple):
        return False
    part, whole = _array(part), _array(whole)
    both = isinstance(part, np.ndarray) and isinstance(whole, np.ndarray)
    return both and np.shares_memory(part, whole)


def _is_tensor(value):
    torch = sys.modules.get("torch")
    return isinstance(value, getattr(torch, "Tensor", ()))
