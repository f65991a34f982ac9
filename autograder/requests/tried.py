"""A trial: a few short calls on which many answers are tried, before all requests are repeated.

Most known bugs and most edits of the right answer do something else than a submission does, and one
call tells.
"""

import copy
import random
import sys
from collections.abc import Collection, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from autograder import wire
from autograder.requests.agreement import (
    Pieces,
    answer_pieces,
    explained_places,
    places_that_differ,
)
from autograder.requests.operations import Operations, described
from autograder.requests.recorded import DEFAULTS, Made, is_plain
from autograder.requests.repeater import Opaque

# More calls tell little more.
MOST_TRIED = 4


class Trial:
    """A few short calls, in some of which a submission is wrong, to try many answers on."""

    def __init__(
        self, calls: Sequence[Made], wrong: Collection[tuple], by_itself: bool = False
    ) -> None:
        """`calls`: all of them; `wrong`: where the submission differs from the right answer.

        by_itself: only calls whose results depend on nothing that was before, such as how a model
        was trained, or that a test lets NumPy raise.
        """
        places = {place[:2] for place in wrong}
        calls = [call for call in calls if isinstance(call.function, FunctionType)]
        if by_itself:
            calls = [call for call in calls if call.is_by_itself]
        calls.sort(key=lambda call: call.seconds)
        told = [call for call in calls if call.place in places][:MOST_TRIED]
        # Most bugs also show where the submission is right.
        others = [call for call in calls if call.place not in places][:MOST_TRIED]
        self._tellings = [Telling(call) for call in (*told, *others)] if told else []

    @property
    def is_possible(self) -> bool:
        """Whether there is such a call."""
        return bool(self._tellings)

    def explained(self, namespace: dict[str, Any]) -> bool | None:
        """Return whether functions here are wrong there too, and only as the submission is.

        None where they are right, or draw, or where there is nothing to try.
        """
        result = None
        for telling in self._tellings:
            explained = telling.explained(namespace)
            if explained is False:
                return False
            result = explained or result
        return result


class Telling:
    """A call with what came of it, to be compared with what other answers make of it."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self._theirs, self._right = (
            dict(answer_pieces(_without_arguments(each), made.place))
            for each in (made.theirs, made.right)
        )

    def explained(self, namespace: dict[str, Any]) -> bool | None:
        """Return whether the function here is wrong too, and only as the submission is.

        None where it is right, or where it draws: that depends on all calls before.
        """
        before = _generators()
        wrong = self._answered(namespace)
        if not places_that_differ(self._right, wrong) or _generators() != before:
            return None
        return bool(explained_places([self._theirs], [self._right], iter([wrong])))

    def _answered(self, namespace: dict[str, Any]) -> Pieces:
        np.seterr(**DEFAULTS)
        try:
            value = namespace[self._made.name](**copy.deepcopy(self._made.arguments))
            answer = {"value": value}
        except Exception as error:
            answer = {"raised": described(error)}
        if "value" in answer and not is_plain(answer["value"]):
            # As it would have come over the wire: a tensor as an array.
            sent = Operations({}).frame(answer)
            answer = wire.decode(sent, handle=lambda n, _: Opaque(n))
        return dict(answer_pieces(answer, self._made.place))


def _generators() -> tuple:
    """Return the states of the generators that belong to nobody."""
    torch = sys.modules.get("torch")
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - students use it too
    own = (kind, keys.tobytes(), *rest)
    return random.getstate(), own, torch.get_rng_state().numpy().tobytes() if torch else b""


def _without_arguments(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key != "arguments"}
