"""Comparators that say which array is wrong, where and by how much, but never the right value.

Each one returns nothing when all is well and raises CheckError otherwise. They accept everything
that NumPy can turn into an array (lists, PyTorch tensors).
"""

import copy
import math
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from seqlab import calls, failures
from seqlab.arrays import CheckError, as_array, describe_index
from seqlab.sources import torch_user

# Two right answers differ by rounding: about 1e-13 in float64 after some hundred operations, 1e-6
# in float32, and 1e-8 if somebody guards a logarithm with a small number. A mistake in a
# formula moves some entry by more than 1e-3.
RTOL, ATOL = 1e-5, 1e-6
# What float32 may lose in a long sum. A larger error has another cause.
FLOAT32 = 1e-3

# Nothing here has more axes; a longer shape is not a shape but a message.
MAX_AXES = 5


def unpack(name, result, parts):
    """Return the values that the function `name` returned, if there are as many as `parts`.

    logits, h = unpack("rnn_forward", rnn_forward(params, x, h0), ("logits", "h"))
    """
    wanted = f"({', '.join(parts)})"
    if result is None:
        raise CheckError(f"{name} returned None. Does it end with a return statement?")
    if not isinstance(result, tuple | list):
        what = "a dictionary" if isinstance(result, dict) else "one value"
        raise CheckError(f"{name} should return {wanted}; it returned {what}.")
    if len(result) != len(parts):
        raise CheckError(f"{name} should return {wanted}; it returned {len(result)} values.")
    return result


def _magnitude(error):
    """Return "about 1e-03": the size of an error, too coarse to reveal the right value."""
    return f"about 1e{math.floor(math.log10(error)):+03d}" if error > 0 else "0"


def assert_shape(name, actual, shape, compared=()):
    """Raise unless `actual` has exactly this shape; `compared`: see CheckError."""
    actual = as_array(name, actual)
    if actual.shape != tuple(shape):
        hint = ""
        if sorted(actual.shape) == sorted(shape) and len(shape) > 1:
            hint = " The axes are there, but in another order."
        elif actual.size == math.prod(shape):
            hint = " The number of entries is right."
        if len(shape) == 0:
            hint = " It should be a single number."
        found = f"shape {actual.shape}" if actual.ndim <= MAX_AXES else f"{actual.ndim} axes"
        said = f"{name} has {found}; it should have shape {tuple(shape)}.{hint}"
        raise CheckError(said, compared)


def assert_finite(name, actual, axes=None):
    """Raise when a number is nan or infinite."""
    finite = np.isfinite(as_array(name, actual))
    if not np.all(finite):
        where = describe_index(np.argwhere(~finite)[0], axes)
        raise CheckError(f"{name} is not finite: the first nan or inf stands at {where}.")


def check_expected(name, expected, actual=0.0, axes=None):
    """Raise a ValueError unless the right value is finite: nothing can be compared with infinity.

    That is the test's mistake, not the student's, unless the `actual` value is not finite either:
    tests compare two results of a student with each other, too.
    """
    if not np.all(np.isfinite(expected)):
        actual = as_array(name, actual)
        if actual.dtype.kind in "fc":
            assert_finite(name, actual, axes)
        raise ValueError(
            f"this test expects a value of {name} that is not finite: correct the test"
        )


def assert_dtype(name, actual, dtype):
    """Raise unless `actual` has exactly this dtype."""
    actual = as_array(name, actual)
    if actual.dtype != np.dtype(dtype):
        raise CheckError(f"{name} has dtype {actual.dtype}; it should be {np.dtype(dtype)}.")


def assert_equal(name, actual, expected, axes=None):
    """Raise unless `actual` equals `expected` exactly.

    For integers, strings, lists and dictionaries. Arrays are compared entry by entry.
    """
    if isinstance(expected, np.ndarray):
        if expected.dtype.kind in "fc":
            check_expected(name, expected, actual, axes)
        compared = [(name, actual, expected)]
        assert_shape(name, actual, expected.shape, compared)
        actual = as_array(name, actual)
        wrong = actual != expected
        if np.any(wrong):
            where = describe_index(np.argwhere(wrong)[0], axes)
            count = f"{int(np.sum(wrong))} of {expected.size} entries"
            raise CheckError(f"{name}: {count} wrong, first at {where}.", compared)
        return
    if type(actual) is np.ndarray:
        actual = actual.tolist()
    compared = [(name, actual, expected)]
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        if len(actual) != len(expected):
            said = f"{name} has {len(actual)} entries; it should have {len(expected)}."
            raise CheckError(said, compared)
        for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
            if a != e:
                raise CheckError(f"{name}: the entry at position {i} is wrong.", compared)
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        assert_keys(name, actual, expected)
        for key, value in expected.items():
            if actual[key] != value:
                raise CheckError(f"{name}: the value of {key!r} is wrong.", compared)
        return
    if type(actual) is not type(expected) and not (
        isinstance(expected, int) and isinstance(actual, int | np.integer)
    ):
        raise CheckError(
            f"{name} is {failures.type_of(actual)}; it should be {failures.type_of(expected)}."
        )
    if actual != expected:
        raise CheckError(f"{name} is wrong.")


def assert_keys(name, actual, expected):
    """Raise unless the dictionary `actual` has exactly the keys of `expected`."""
    if not isinstance(actual, dict):
        raise CheckError(f"{name} should be a dictionary; it is {failures.type_of(actual)}.")
    missing = [key for key in expected if key not in actual]
    extra = [key for key in actual if key not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(map(repr, missing))}"] if missing else []
        # Counted, not named: a key can be any text, even one that smuggles a hidden input out.
        parts += [f"has {len(extra)} more than were asked for"] if extra else []
        raise CheckError(f"{name} {' and '.join(parts)}.")


def assert_close(name, actual, expected, rtol=RTOL, atol=ATOL, axes=None):
    """Raise unless shapes agree and |actual - expected| <= atol + rtol |expected| everywhere."""
    expected = np.asarray(expected, dtype=np.float64)
    check_expected(name, expected, actual, axes)
    compared = [(name, actual, expected)]
    assert_shape(name, actual, expected.shape, compared)
    actual = as_array(name, actual)
    if actual.dtype.kind not in "fiub":
        raise CheckError(f"{name} has dtype {actual.dtype}; it should hold real numbers.")
    assert_finite(name, actual, axes)
    values = actual.astype(np.float64)
    error = np.abs(values - expected)
    wrong = error > atol + rtol * np.abs(expected)
    if not np.any(wrong):
        return
    if error.ndim == 0:
        raise CheckError(f"{name} is off by {_magnitude(float(error))}.", compared)
    where = describe_index(np.argwhere(wrong)[0], axes)
    message = (
        f"{name}: {int(np.sum(wrong))} of {error.size} entries wrong, first at {where}; "
        f"the largest error is {_magnitude(float(np.max(error)))}."
    )
    if actual.dtype == np.float32 and np.all(error <= FLOAT32 * (1 + np.abs(expected))):
        message += f" {name} is float32: compute in float64."
    raise CheckError(message, compared)


def assert_params(name, actual, expected, rtol=RTOL, atol=ATOL):
    """Raise unless the dictionary of arrays `actual` has the keys and values of `expected`."""
    assert_keys(name, actual, expected)
    entries = [(f'{name}["{key}"]', actual[key], value) for key, value in expected.items()]
    for entry in entries:
        try:
            assert_close(*entry, rtol, atol)
        except CheckError as error:
            error.compared = tuple(entries)  # what is wrong with one may be wrong with all
            raise


def assert_raises(exception, function, *arguments, because):
    """Raise unless function(*arguments) raises `exception`; `because` finishes the sentence."""
    try:
        function(*arguments)
    except exception:
        return
    raise CheckError(f"There should be a {exception.__name__}, because {because}.")


def assert_numpy_only(cells, name, *others):
    """Raise when the cells' last definition of `name`, or what that calls, uses PyTorch.

    cells: the parameter `In` of a test, IPython's list of the cells that ran. `others` belong
    to other questions, and are not followed.
    """
    user = torch_user(cells, name, others)
    if user:
        raise CheckError(
            f"`{user}` uses PyTorch. Answer this question with NumPy alone: PyTorch comes "
            "later in the notebook, and there you compare its results with yours."
        )


@contextmanager
def unchanged(**arguments):
    """Raise when arrays (or dictionaries of arrays, or lists) given by name change in the block.

    with unchanged(x=x, params=params):
        rnn_forward(params, x, h0)
    """
    before = {name: _copy(value) for name, value in arguments.items()}
    with calls.watched() as changed:
        yield
    for name, value in arguments.items():
        if isinstance(value, dict):
            same = value.keys() == before[name].keys() and all(
                np.array_equal(value[key], before[name][key]) for key in value
            )
        elif isinstance(value, list):
            same = value == before[name]
        elif calls.is_table(value):
            same = value.equals(before[name]) and list(value.index) == list(before[name].index)
        elif isinstance(value, SimpleNamespace):
            same = repr(value) == repr(before[name])
        else:
            same = np.array_equal(value, before[name])
        if not same or any(calls.is_part_of(part, value) for part in changed):
            raise CheckError(
                f"The function has modified its argument {name}. The caller still needs it: "
                "work on a copy, or build a new array."
            )


def _copy(value):
    if isinstance(value, dict):
        return {key: np.array(entry) for key, entry in value.items()}
    plain = isinstance(value, list | SimpleNamespace) or calls.is_table(value)
    return copy.deepcopy(value) if plain else np.array(value)
