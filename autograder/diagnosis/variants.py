"""Variants: the right answer to a changed input, when the student's is the same.

An answer that ignores its mask gives what is right for a mask of ones, and one that forgets the
initial state what is right for zeros. Each variant changes the arguments in one way.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from seqlab.compared import Call, equal, pieces

from autograder.diagnosis.changed_inputs import Change, changes
from autograder.diagnosis.patience import Patience
from autograder.diagnosis.time_cuts import cut_in_time

# Numbers that are equal to five digits are not so by chance, if there are two.
LEAST_NUMBERS = 2

# Returns what the right answer makes of a changed input; None where the change does not apply.
Results = Callable[[Call], Any]


def variant_of(
    calls: Sequence[Call], names: Sequence[str], wrong: Sequence[str], patience: Patience
) -> tuple[str, tuple[str, ...]]:
    """Return what the results are right for, and the pieces that this explains; "" if nothing.

    `names`: of the parts of a result; `wrong`: the pieces to explain.
    """
    # Small wrong ones first: most variants end there.
    calls = sorted(calls, key=lambda c: (all(_is_right(c, name) for name in wrong), _size(c)))
    best: tuple[str, tuple[str, ...]] = ("", ())
    for said, results in _variants(calls):
        if patience.is_over():
            break
        explained = _explained(calls, results, names, wrong)
        if len(explained) > len(best[1]):
            best = (said, explained)
        if len(best[1]) == len(wrong):
            break
    return best


def _is_right(call: Call, name: str) -> bool:
    return equal(call.theirs.get(name), call.right.get(name))


def _size(call: Call) -> int:
    return sum(array.size for array in call.arrays.values())


def _explained(
    calls: Sequence[Call], evaluate: Results, names: Sequence[str], wrong: Sequence[str]
) -> tuple[str, ...]:
    """Return the wrong pieces that are right for the changed inputs in every call."""
    open_ = list(wrong)
    seen = dict.fromkeys(wrong, 0)
    for call in calls:
        try:
            with np.errstate(all="ignore"):
                value = evaluate(call)
        except Exception:
            return ()
        results: Mapping[str, Any] = call.right if value is None else pieces(value, names)
        for name in list(open_):
            if name not in call.right:
                continue
            changed = results.get(name)
            if not equal(call.theirs.get(name), changed):
                open_.remove(name)
            elif not equal(changed, call.right.get(name)):
                # What is true or false agrees by chance.
                is_number = isinstance(changed, np.ndarray) and changed.dtype.kind in "fiu"
                seen[name] += np.size(changed) if is_number else 0
        if not open_:
            return ()
    return tuple(name for name in open_ if seen[name] >= LEAST_NUMBERS)


def _variants(calls: Sequence[Call]) -> Iterator[tuple[str, Results]]:
    """Yield what to say and what would be right then, the likeliest mistakes first."""
    for said, change in changes(calls[0].arguments):
        yield said, _of_changed(change)
    yield from cut_in_time(calls)


def own_arguments(call: Call) -> dict[str, Any]:
    """Return the arguments for another call, which may train a model or draw from a generator.

    Right answers change no array, and changes put new ones in the place of old ones.
    """
    kept = np.ndarray | dict
    return {
        name: ({**value} if type(value) is dict else value)
        if isinstance(value, kept)
        else copy.deepcopy(value)
        for name, value in call.arguments.items()
    }


def _of_changed(change: Change) -> Results:
    def results(call: Call) -> Any:
        arguments = own_arguments(call)
        return call.function(**arguments) if change(arguments) else None

    return results
