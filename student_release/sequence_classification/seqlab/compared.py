"""What came and what is right, taken apart into named pieces, with the call that it came from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Float32 is exact to 1e-7 and loses a digit or two in a sum. The smallest effect of a known bug is
# a thousand times larger.
RTOL, ATOL = 1e-5, 1e-6
# Fewer numbers could agree by chance.
LEAST_NUMBERS = 4


@dataclass(frozen=True)
class Call:
    """One call with its results; `function` is the right answer, where it may be called again.

    right, theirs: the results by the name of each piece.
    """

    function: Callable[..., Any] | None
    arguments: Mapping[str, Any]
    right: Mapping[str, Any]
    theirs: Mapping[str, Any]

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arguments that are arrays or numbers, those in dictionaries too."""
        found = {}
        for name, value in self.arguments.items():
            inside = value.items() if isinstance(value, dict) else [(name, value)]
            found |= {key: plain(v) for key, v in inside if not isinstance(v, bool)}
        return {key: v for key, v in found.items() if _is_numeric(v)}

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers of sequences and of time steps, from the arguments; 0 where unknown."""
        arrays = self.arrays
        for value in arrays.values():
            if value.ndim >= 3:
                return value.shape[0], value.shape[1]
        for name in ("mask", "targets", "inputs", "tokens"):
            if name in arrays and arrays[name].ndim == 2:
                return arrays[name].shape[0], arrays[name].shape[1]
        first = next((value for value in arrays.values() if value.ndim), None)
        return (first.shape[0] if first is not None and first.ndim > 1 else 0), 0


@dataclass(frozen=True)
class Pair:
    """What came and what is right, of one piece in one call."""

    theirs: np.ndarray
    right: np.ndarray
    call: Call


def pieces(value: Any, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return the parts of a result by name: of a dictionary, of a tuple, or the result itself."""
    if _is_table(value):
        return {f"`{key}`": plain(item) for key, item in value.items()}
    if not isinstance(value, tuple):
        return {"the result": plain(value)}
    found: dict[str, Any] = {}
    tables = sum(_is_table(item) for item in value)
    for i, item in enumerate(value):
        name = names[i] if len(names) == len(value) and names[i] else ""
        if _is_table(item) and tables == 1:
            found |= pieces(item)
        elif _is_table(item):
            table = name or f"result {i + 1}"
            found |= {f'`{table}["{key}"]`': plain(each) for key, each in item.items()}
        else:
            found[f"`{name}`" if name else f"result {i + 1}"] = plain(item)
    return found


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            isinstance(key, str) and isinstance(item, np.ndarray) for key, item in value.items()
        )
    )


def equal(a: Any, b: Any) -> bool:
    """Return whether two pieces are the same, within float32's precision."""
    # Arithmetic makes numbers of arrays without axes.
    a, b = (np.asarray(x) if isinstance(x, np.generic) else x for x in (a, b))
    if hasattr(a, "equals") or hasattr(b, "equals"):  # tables of pandas
        return type(a) is type(b) and bool(a.equals(b))
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray) and bool(a == b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc" and b.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    if a.dtype.kind not in "fciub" or b.dtype.kind not in "fciub":
        return False
    with np.errstate(all="ignore"):
        finite = np.abs(b[np.isfinite(b)])
        scale = min(float(finite.max(initial=0.0)), 1.0)
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL * scale, equal_nan=True))


def pairs_of(calls: Sequence[Call], name: str) -> list[Pair] | None:
    """Return the pairs of a piece in all calls, or None where it is no array of numbers."""
    found = []
    for call in calls:
        if name not in call.right:
            continue
        theirs, right = call.theirs.get(name), call.right[name]
        if not (_is_numeric(theirs) and _is_numeric(right)):
            return None
        found.append(Pair(theirs, right, call))
    return found


def enough(wrong: Sequence[Pair]) -> bool:
    """Return whether some call has so many numbers that they do not agree by chance."""
    return any(pair.right.size >= LEAST_NUMBERS for pair in wrong)


def wrong_names(calls: Sequence[Call]) -> Iterator[str]:
    """Yield the names of the pieces that are wrong in some call."""
    names = dict.fromkeys(name for call in calls for name in call.right)
    for name in names:
        having = [call for call in calls if name in call.right]
        if any(not equal(call.theirs.get(name), call.right[name]) for call in having):
            yield name


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def plain(value: Any) -> Any:
    """Return a number or a list of numbers as an array, a tensor too; anything else as it is."""
    if hasattr(value, "detach") and hasattr(value, "numpy"):
        return value.detach().numpy()
    if isinstance(value, bool | int | float | np.generic):
        return np.asarray(value)
    if isinstance(value, list):
        try:
            array = np.asarray(value)
        except ValueError:
            return value
        return array if array.dtype.kind in "fiub" else value
    return value
