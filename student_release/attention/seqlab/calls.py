"""What calls do to a test's arguments, where the test cannot see it in its own arrays.

A grader runs a student's function in another process, on copies. It notes here which arguments the
function has changed there, and `checks.unchanged` asks. The test's own arrays stay as they are.
"""

import copy
import sys
from contextlib import contextmanager
from types import SimpleNamespace

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


def by_value(value):
    """Return a copy of an object as plain data that an answer in another process can be given.

    An object, such as one of a dataclass or of a test's own class, becomes a SimpleNamespace with
    the same attributes and no methods; so do the objects in its lists, tuples and dictionaries.
    """
    if isinstance(value, dict):
        return {key: by_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(by_value(item) for item in value)
    if value is None or isinstance(value, bool | int | float | complex | str | np.generic):
        return value
    if hasattr(value, "__array__") or hasattr(value, "bit_generator"):
        return copy.deepcopy(value)
    names = getattr(value, "_fields", None) or [*_slots(value), *getattr(value, "__dict__", ())]
    return SimpleNamespace(**{name: by_value(getattr(value, name)) for name in names})


def _slots(value):
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        names = [slots] if isinstance(slots, str) else slots
        yield from (n for n in names if n not in ("__dict__", "__weakref__") and hasattr(value, n))


def _changed(given, after):
    """Yield the innermost containers and arrays of `given` that differ."""
    if isinstance(given, SimpleNamespace):
        if not isinstance(after, SimpleNamespace):
            yield given
            return
        yield from _changed(vars(given), vars(after))
        return
    if is_table(given):
        if type(given) is not type(after) or not given.equals(after):
            yield given
        return
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


def is_table(value):
    """Say whether a value is a data frame or a series of pandas."""
    pandas = sys.modules.get("pandas")
    kinds = getattr(pandas, "DataFrame", ()), getattr(pandas, "Series", ())
    return pandas is not None and isinstance(value, kinds)


def is_part_of(part, whole):
    """Say whether `part` is `whole`, is in it, or is a view of an array in it."""
    if part is whole:
        return True
    if isinstance(whole, dict):
        return any(is_part_of(part, item) for item in whole.values())
    if isinstance(whole, list | tuple):
        return any(is_part_of(part, item) for item in whole)
    if isinstance(whole, SimpleNamespace):
        return part is vars(whole) or is_part_of(part, vars(whole))
    if isinstance(part, dict | list | tuple) or is_table(part) or is_table(whole):
        return False
    part, whole = _array(part), _array(whole)
    both = isinstance(part, np.ndarray) and isinstance(whole, np.ndarray)
    return both and np.shares_memory(part, whole)


def _is_tensor(value):
    torch = sys.modules.get("torch")
    return isinstance(value, getattr(torch, "Tensor", ()))
