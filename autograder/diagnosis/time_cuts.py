"""Variants in time: what is right for pieces of a sequence that know nothing of each other.

Backpropagation that stops after k steps is the right one for windows of k steps, added up, and a
network that forgets its state is the right one for single steps, put side by side.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from seqlab.compared import Call

LONGEST = 6
Part = tuple[int, int]  # from this time step, and up to that one


def cut_in_time(calls: Sequence[Call]) -> Iterator[tuple[str, Callable[[Call], Any]]]:
    """Yield what to say, and the function that returns what would be right for a call."""
    longest = max(call.sizes[1] for call in calls)
    arrays = calls[0].arrays
    gradients = [name for name, value in arrays.items() if name[0] == "d" and value.ndim == 3]
    for k in range(1, min(LONGEST, longest - 1) + 1):
        group = "time step" if k == 1 else f"group of {k} time steps"
        if not gradients:
            yield f"if each {group} starts from the initial state", _per(k, _chunks)
            continue
        yield f"if nothing goes back from one {group} to the one before it", _per(k, _chunks)
        if k > 1:
            said = f"if the gradient of each time step goes back over {k} steps, its own included"
            yield f"{said}, and no further", _per(k, _windows, gradients)
        last = "the last time step were" if k == 1 else f"the last {k} time steps were"
        yield f"if {last} all there is", _per(k, _last)


def _per(k: int, function: Callable[..., Any], *more: Any) -> Callable[[Call], Any]:
    return lambda call: function(call, k, *more)


def _windows(call: Call, k: int, gradients: Sequence[str]) -> Any:
    """Return the sum over all time steps, each with what comes from it alone."""
    parts = [(max(0, t - k + 1), t + 1) for t in range(call.sizes[1])]

    def alone(arguments: dict[str, Any]) -> dict[str, Any]:
        for name in gradients:
            arguments[name] = arguments[name].copy()
            arguments[name][:, :-1] = 0
        return arguments

    return _joined([call.function(**alone(_cut(call, part))) for part in parts], parts)


def _chunks(call: Call, k: int) -> Any:
    T = call.sizes[1]
    parts = [(begin, min(begin + k, T)) for begin in range(0, T, k)]
    return _joined([call.function(**_cut(call, part)) for part in parts], parts)


def _last(call: Call, k: int) -> Any:
    T = call.sizes[1]
    return call.function(**_cut(call, (max(0, T - k), T)))


def _cut(call: Call, part: Part) -> dict[str, Any]:
    """Return the arguments for a part of the time; states have one step more."""
    B, T = call.sizes
    begin, end = part
    cut = {}
    for name, value in call.arguments.items():
        timed = isinstance(value, np.ndarray) and value.ndim > 1 and value.shape[0] == B
        if timed and value.shape[1] == T:
            value = value[:, begin:end]
        elif timed and value.shape[1] == T + 1:
            value = value[:, begin : end + 1]
        cut[name] = value
    return cut


def _joined(results: Sequence[Any], parts: Sequence[Part]) -> Any:
    """Return results of parts as one: those with a time axis side by side, others added up."""
    first = results[0]
    if isinstance(first, Mapping):
        return {key: _joined([each[key] for each in results], parts) for key in first}
    if isinstance(first, tuple):
        return tuple(_joined(each, parts) for each in zip(*results, strict=True))
    if np.ndim(first) < 3:
        return sum(results[1:], first)
    # States come with the one that was there before.
    before = first.shape[1] - (parts[0][1] - parts[0][0])
    return np.concatenate([first, *(each[:, before:] for each in results[1:])], axis=1)
