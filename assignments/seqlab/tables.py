"""Comparators for tables of pandas: they say which column or row is wrong, never the right value.

pandas itself is not imported here: who has a table has it.
"""

import numpy as np

from seqlab import checks
from seqlab.arrays import CheckError


def assert_series(name, actual, expected, **tolerance):
    """Raise unless `actual` is a series with the labels, their order and the values of `expected`.

    Numbers are compared as by checks.assert_close, which takes the tolerance; all else exactly.
    """
    if not isinstance(actual, type(expected)):
        raise CheckError(f"{name} should be a series of pandas; it is {_kind(actual)}.")
    _assert_labels(f"the index of {name}", actual.index, expected.index)
    _assert_values(name, actual, expected, tolerance)


def assert_frame(name, actual, expected, **tolerance):
    """Raise unless `actual` is a data frame with the columns, rows and values of `expected`."""
    if not isinstance(actual, type(expected)):
        raise CheckError(f"{name} should be a data frame of pandas; it is {_kind(actual)}.")
    _assert_labels(f"the columns of {name}", actual.columns, expected.columns)
    _assert_labels(f"the index of {name}", actual.index, expected.index)
    for column in expected.columns:
        _assert_values(f'{name}["{column}"]', actual[column], expected[column], tolerance)


def _assert_labels(name, actual, expected):
    found, wanted = actual.tolist(), expected.tolist()
    if found != wanted:
        hint = ""
        if len(found) != len(wanted):
            hint = f" There are {len(found)} labels, and should be {len(wanted)}."
        elif sorted(map(str, found)) == sorted(map(str, wanted)):
            hint = " The labels are there, but in another order."
        raise CheckError(f"{name} is wrong.{hint}")


def _assert_values(name, actual, expected, tolerance):
    if expected.dtype.kind in "fiu" and not expected.isna().any():
        checks.assert_close(name, actual.to_numpy(), expected.to_numpy(), **tolerance)
        return
    missing = np.asarray(expected.isna())
    same = (np.asarray(actual.isna()) == missing) & (
        missing | (np.asarray(actual, object) == np.asarray(expected, object))
    )
    if not same.all():
        count, first = int((~same).sum()), int(np.argmin(same))
        raise CheckError(f"{name}: {count} of {len(same)} values wrong, first in row {first}.")


def _kind(value):
    names = {"DataFrame": "a data frame", "Series": "a series", "ndarray": "an array"}
    known = {**names, **{kind: f"a {kind}" for kind in ("dict", "list", "tuple", "str", "float")}}
    kind = type(value).__name__
    return "None" if value is None else known.get(kind, "something else")
