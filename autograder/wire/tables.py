"""Data frames and series of pandas as plain values, and back: never by pickle.

A column is a pair: what it is, and its values. `parts` runs among a student's objects; what it
returns is a claim like any other value, and `rebuilt` checks all of it.
"""

import sys
from typing import Any

import numpy as np

from autograder.wire.values import WireError

# Of one table, and of its index where that is only a range.
MAX_ROWS = 1_000_000
MAX_COLUMNS = 10_000
# What pandas calls columns of Python's objects, and of its own types that may lack values.
LISTED = {"object", "str", "string", "boolean", "Float32", "Float64"}
LISTED |= {f"{sign}nt{bits}" for sign in ("I", "UI") for bits in (8, 16, 32, 64)}
_UNITS = {"s", "ms", "us", "ns"}


def parts(value: Any, kind: type) -> tuple[str, Any] | None:
    """Return "frame" or "series" and plain values for a table of pandas; None for anything else.

    None, too, for a table that is not described here, such as one with an index of several levels.
    """
    pandas = sys.modules.get("pandas")
    try:
        if pandas is None or kind not in (pandas.DataFrame, pandas.Series):
            return None
        if kind is pandas.Series:
            return "series", (_index(value.index), value.name, _column(value))
        columns = [_column(value.iloc[:, place]) for place in range(value.shape[1])]
        return "frame", (_index(value.index), _index(value.columns), columns)
    except BaseException:  # a rare kind of table, or what a student has put in place of pandas
        return None


def _index(index: Any) -> tuple:
    pandas = sys.modules["pandas"]
    if type(index) is pandas.RangeIndex:
        return ("range", (index.start, index.stop, index.step), index.name)
    if isinstance(index, pandas.MultiIndex):
        raise WireError("a table whose index has several levels")
    return (*_column(index.to_series()), index.name)


def _column(series: Any) -> tuple[str, Any]:
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        return "array", series.to_numpy()
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        array = series.to_numpy()
        return f"{dtype.kind} {np.datetime_data(array.dtype)[0]}", array.view(np.int64)
    if str(dtype) == "category":
        known = _column(series.cat.categories.to_series())
        return "category", (series.cat.codes.to_numpy(), known, bool(series.cat.ordered))
    if str(dtype) in LISTED:
        missing = series.isna().to_numpy()
        items = series.tolist()
        return str(dtype), [None if gone else v for gone, v in zip(missing, items, strict=True)]
    raise WireError(f"a column of type {dtype}")


def rebuilt(kind: str, value: Any) -> Any:
    """Return the table that `parts` described; raise WireError for anything malformed."""
    import pandas

    try:
        index, about, data = value
        rows = _labels(index, MAX_ROWS)
        if kind == "series":
            series = _series(data, rows)
            return series.rename(_name(about))
        columns = _labels(about, MAX_COLUMNS)
        if type(data) is not list or len(data) != len(columns):
            raise WireError("a table with another number of columns")
        made = {place: _series(column, rows) for place, column in enumerate(data)}
        frame = pandas.DataFrame(made, index=rows)
        frame.columns = columns
        return frame
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"a malformed table: {type(error).__name__}") from None


def _labels(node: Any, most: int) -> Any:
    import pandas

    kind, values, name = node
    if kind == "range":
        if not all(type(number) is int and abs(number) < 2**53 for number in values):
            raise WireError("a range that is none")
        index = pandas.RangeIndex(*values)
    else:
        index = pandas.Index(_values(kind, values))
    if len(index) > most:
        raise WireError("a table larger than the limit")
    return index.rename(_name(name))


def _series(node: Any, rows: Any) -> Any:
    import pandas

    values = _values(*node)
    if len(values) != len(rows):
        raise WireError("a column of another length")
    return pandas.Series(values, index=rows, copy=False)


def _values(kind: str, values: Any) -> Any:
    import pandas

    if kind == "array":
        if type(values) is not np.ndarray or values.ndim != 1:
            raise WireError("a column that is not a row of numbers")
        return values
    if kind == "category":
        codes, known, ordered = values
        labels = pandas.Index(_values(*known))
        return pandas.Categorical.from_codes(_values("array", codes), labels, bool(ordered))
    letter, _, unit = kind.partition(" ")
    if letter in ("m", "M") and unit in _UNITS:
        return _values("array", values).astype(np.int64, copy=False).view(f"{letter}8[{unit}]")
    if kind in LISTED and type(values) is list:
        if kind != "object":
            return pandas.array(values, dtype=kind)
        made = np.empty(len(values), object)
        made[:] = values
        return made
    raise WireError("a column of an unknown kind")


def _name(name: Any) -> Any:
    if name is None or type(name) in (str, int, float, bool):
        return name
    raise WireError("a name that is neither a text nor a number")
