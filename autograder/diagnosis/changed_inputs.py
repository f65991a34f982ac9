"""Changed inputs: the arguments of a call with one change, and words for it.

They are what a mistake would amount to: an array that is not used is 0, and one that is read from
the wrong end comes in reverse.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np

# Changes the arguments in their dictionary; False where it does not apply.
Change = Callable[[dict[str, Any]], bool]


def changes(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    """Yield what to say and how to change arguments such as these, the likeliest first."""
    arrays = {n: v for n, v in arguments.items() if isinstance(v, np.ndarray) and v.ndim}
    for name, value in arguments.items():
        yield from _of_value(name, value)
    for table, values in arguments.items():
        for key in values if isinstance(values, dict) else ():
            if isinstance(values[key], np.ndarray):
                zero = _set(table, lambda a: np.zeros_like(a), key)
                yield f"if `{key}` is 0 (is it used?)", zero
    for name, value in arrays.items():
        if value.ndim >= 2:
            yield from _of_steps(name)
    for first, second in _same_shape(arrays):
        yield f"if `{first}` and `{second}` are exchanged", _exchange(first, second)
    for table, values in arguments.items():
        if isinstance(values, dict):
            yield from _of_table(table, values)
    yield from _scaled(arguments)


def _of_table(table: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    """Yield changes of the arrays in a dictionary."""
    same = {k: v for k, v in values.items() if isinstance(v, np.ndarray)}
    for key, value in same.items():
        if value.ndim == 2 and value.shape[0] == value.shape[1]:
            yield f"if `{key}` is transposed", _set(table, lambda a: a.T.copy(), key)
        elif value.ndim == 2:
            said = f"if `{key}` is turned by a reshape, not transposed"
            yield said, _set(table, lambda a: a.reshape(a.shape[::-1]).T, key)
    for first, second in _same_shape(same):
        yield f"if `{first}` and `{second}` are exchanged", _exchange(first, second, table)
    # A recurrent matrix, from H to n H columns, says into how many blocks an array is cut.
    recurrent = [v.shape for v in same.values() if v.ndim == 2 and v.shape[1] in _times(v.shape[0])]
    for columns, n in {(shape[1], shape[1] // shape[0]) for shape in recurrent}:
        keys = [key for key, value in same.items() if value.shape[-1:] == (columns,)]
        for i, j in combinations(range(n), 2):
            said = f"if blocks {i + 1} and {j + 1} of {n} of {_and(keys)} are exchanged"
            yield said, _reordered(table, keys, n, {i: j, j: i})
        for i, j in permutations(range(n), 2):
            said = f"if block {i + 1} of {n} of {_and(keys)} is what block {j + 1} is"
            yield said, _reordered(table, keys, n, {i: j})


def _times(size: int) -> tuple[int, ...]:
    return (3 * size, 4 * size)


def _and(keys: Sequence[str]) -> str:
    *rest, last = (f"`{key}`" for key in keys)
    return f"{', '.join(rest)} and {last}" if rest else last


def _reordered(table: str, keys: Sequence[str], n: int, moved: Mapping[int, int]) -> Change:
    """Return a change that puts other blocks of the last axis in the place of some."""

    def change(arguments: dict[str, Any]) -> bool:
        inside = arguments[table]
        for key in keys:
            blocks = np.split(inside[key], n, -1)
            taken = [blocks[moved.get(i, i)] for i in range(n)]
            inside[key] = np.concatenate(taken, -1)
        return True

    return change


def _scaled(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    """Yield arrays multiplied by a number that is an argument, such as a learning rate."""
    numbers = [name for name, value in arguments.items() if isinstance(value, float)]
    for number in numbers:
        for name, value in arguments.items():
            if not isinstance(value, dict | np.ndarray):
                continue
            for said, by in (
                (f"`{number}`", lambda s: s),
                (f"−`{number}`", lambda s: -s),
                (f"1 − `{number}`", lambda s: 1 - s),
            ):
                yield f"if `{name}` is multiplied by {said}", _times_number(name, number, by)


def _times_number(name: str, number: str, by: Callable[[float], float]) -> Change:
    def change(arguments: dict[str, Any]) -> bool:
        value, factor = arguments[name], by(arguments[number])
        if isinstance(value, dict):
            arguments[name] = {key: array * factor for key, array in value.items()}
        else:
            arguments[name] = value * factor
        return True

    return change


def _of_value(name: str, value: Any) -> Iterator[tuple[str, Change]]:
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiub":
        if value.size and np.isin(value, (0, 1)).all() and value.ndim == 2:
            yield (
                f"if `{name}` is 1 everywhere (is it used?)",
                _set(name, lambda a: np.ones_like(a)),
            )
            yield f"if 0 and 1 in `{name}` are exchanged", _set(name, lambda a: 1 - a)
        if value.dtype.kind == "f":
            yield f"if `{name}` is 0 (is it used?)", _set(name, lambda a: np.zeros_like(a))
            yield f"if the sign of `{name}` is changed", _set(name, lambda a: -a)
            half, double = _set(name, lambda a: a / 2), _set(name, lambda a: a * 2)
            yield f"if `{name}` counts twice", double
            yield f"if `{name}` counts half", half
            yield f"if `{name}` goes through tanh once more", _set(name, np.tanh)
            yield (
                f"if `{name}` goes through the sigmoid",
                _set(name, lambda a: 1 / (1 + np.exp(-a))),
            )
    elif isinstance(value, float | int) and not isinstance(value, bool) and value:
        for other in (0.0, 1.0):
            if value != other:
                said = f"if `{name}` is {other:g} (is it used?)"
                yield said, _set(name, lambda _, other=other: type(value)(other))
        if isinstance(value, float):
            yield f"if the sign of `{name}` is changed", _set(name, lambda a: -a)
            yield f"if `{name}` counts twice", _set(name, lambda a: a * 2)
            yield f"if `{name}` counts half", _set(name, lambda a: a / 2)
            yield f"if 1/`{name}` stands in its place", _set(name, lambda a: 1 / a)
            yield f"if `{name}` is infinite (is it used?)", _set(name, lambda _: float("inf"))
        else:
            yield f"if `{name}` is one more", _set(name, lambda a: a + 1)
            yield f"if `{name}` is one less", _set(name, lambda a: a - 1)


def _of_steps(name: str) -> Iterator[tuple[str, Change]]:
    """Changes along the second axis, of time, and along the first, of sequences."""
    yield f"if `{name}` is 0 at the first time step", _set(name, lambda a: _blank(a, 0))
    yield f"if `{name}` is 0 at the last time step", _set(name, lambda a: _blank(a, -1))
    yield f"if `{name}` is 0 but at the last time step", _set(name, lambda a: _only(a, -1))
    yield f"if `{name}` is 0 but at the first time step", _set(name, lambda a: _only(a, 0))
    yield f"if `{name}` comes in reverse", _set(name, lambda a: a[:, ::-1].copy())
    yield f"if `{name}` comes one time step later", _set(name, lambda a: np.roll(a, 1, 1))
    yield f"if `{name}` comes one time step earlier", _set(name, lambda a: np.roll(a, -1, 1))
    yield f"if only the first sequence of `{name}` counts", _set(name, _first_sequence)
    yield f"if all of `{name}` were its first sequence", _set(name, _first_for_all)


def _blank(a: np.ndarray, step: int) -> np.ndarray:
    kept = a.copy()
    kept[:, step] = 0
    return kept


def _only(a: np.ndarray, step: int) -> np.ndarray:
    kept = np.zeros_like(a)
    kept[:, step] = a[:, step]
    return kept


def _first_sequence(a: np.ndarray) -> np.ndarray:
    kept = np.zeros_like(a)
    kept[:1] = a[:1]
    return kept


def _first_for_all(a: np.ndarray) -> np.ndarray:
    return np.repeat(a[:1], len(a), 0)


def _set(name: str, function: Callable[[Any], Any], key: str | None = None) -> Change:
    """Return a change that puts `function(value)` in the place of an argument or of an entry."""

    def change(arguments: dict[str, Any]) -> bool:
        table, at = (arguments, name) if key is None else (arguments.get(name), key)
        if not isinstance(table, dict) or at not in table:
            return False
        value = table[at]
        try:
            with np.errstate(all="ignore"):
                table[at] = function(value)
        except Exception:
            return False
        return True

    return change


def _exchange(first: str, second: str, table: str | None = None) -> Change:
    def change(arguments: dict[str, Any]) -> bool:
        inside = arguments if table is None else arguments.get(table)
        if not isinstance(inside, dict) or first not in inside or second not in inside:
            return False
        a, b = inside[first], inside[second]
        if np.shape(a) != np.shape(b):
            return False
        inside[first], inside[second] = b, a
        return True

    return change


def _same_shape(arrays: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = [name for name, value in arrays.items() if isinstance(value, np.ndarray)]
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if arrays[first].shape == arrays[second].shape:
                yield first, second
