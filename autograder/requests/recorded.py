"""What a submission was asked and has answered, to be compared with what others answer."""

import copy
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from autograder import wire
from autograder.requests.agreement import Pieces, answer_pieces, differ, explained_places
from autograder.requests.repeater import Listener, Opaque, Repeater

# NumPy's defaults, with which a submission starts.
DEFAULTS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

# Requests and the submission's answers as frames, from one process, in order.
Session = Sequence[tuple[bytes, bytes]]
# Answers to requests, by a hash of who gave them and of all requests up to this one. Submissions
# that do the same are asked the same.
Known = dict[bytes, dict | None]


@dataclass(frozen=True)
class Telling:
    """A call in which a submission is wrong, to try many answers on before all else is repeated."""

    function: str
    arguments: dict[str, Any]
    theirs: Pieces
    right: Pieces
    place: tuple[int, int]

    def explained(self, namespace: dict[str, Any]) -> bool:
        """Return whether the function here is wrong too, and only as the submission is."""
        try:
            value = namespace[self.function](**copy.deepcopy(self.arguments))
        except Exception:
            return False
        wrong = dict(answer_pieces({"value": value}, self.place))
        return bool(explained_places([self.theirs], [self.right], iter([wrong])))


class Record:
    """What a submission was asked and has answered.

    variables: names whose values are answers; reset: seeds all generators as for the submission.
    """

    def __init__(
        self,
        sessions: Sequence[Session],
        variables: Collection[str],
        reset: Callable[[], None],
    ) -> None:
        self._sessions, self._variables, self._reset = sessions, variables, reset
        self._theirs = [
            [wire.decode(answer, handle=lambda n, _: Opaque(n)) for _, answer in session]
            for session in sessions
        ]
        self._answered = [
            dict(answer_pieces(_of_variables(answer, variables), (s, call)))
            for s, answers in enumerate(self._theirs)
            for call, answer in enumerate(answers)
        ]

    def repeated(
        self, namespace: dict, slug: str = "", known: Known | None = None
    ) -> Iterator[Pieces | None]:
        """Yield the pieces of each answer, or None for a request that is not repeated."""
        known = {} if known is None else known
        for s, session in enumerate(self._sessions):
            repeater, repeated = None, 0
            for call, key in enumerate(_keys(slug, session, self._theirs[s])):
                if key not in known:
                    if repeater is None:
                        repeater = Repeater(dict(namespace))
                        self._reset()
                        # A test may make NumPy raise instead of warn, and a bug may fail before
                        # this is undone.
                        np.seterr(**DEFAULTS)
                    for number in range(repeated, call + 1):
                        known[key] = repeater.repeat(session[number][0], self._theirs[s][number])
                    repeated = call + 1
                answer = None if known[key] is None else _of_variables(known[key], self._variables)
                yield None if answer is None else dict(answer_pieces(answer, (s, call)))

    def explained(self, right: list[Pieces | None], wrong: Iterator[Pieces | None]) -> set[tuple]:
        """Return where a wrong answer differs from the right one, if the submission has it all."""
        return explained_places(self._answered, right, wrong)

    def telling(self, namespace: dict[str, Any], wrong: Collection[tuple]) -> Telling | None:
        """Return the first call with such a place, if it can be made without all the others."""
        s, number = min(place[:2] for place in wrong)
        theirs = self._theirs[s][number]
        listener = Listener(dict(namespace))
        self._reset()
        np.seterr(**DEFAULTS)
        for (request, _), answered in zip(
            self._sessions[s][: number + 1], self._theirs[s], strict=False
        ):
            listener.repeat(request, answered)
        if listener.called is None or "value" not in theirs:
            return None
        function, arguments = listener.called
        try:
            right = function(**copy.deepcopy(arguments))
        except Exception:
            return None
        both = ({"value": theirs["value"]}, {"value": right})
        pieces = (dict(answer_pieces(each, (s, number))) for each in both)
        return Telling(function.__name__, arguments, *pieces, (s, number))

    def differing(self, right: list[Pieces | None]) -> set[tuple]:
        """Return where the submission differs from the right answer."""
        return {
            place
            for their, correct in zip(self._answered, right, strict=True)
            if correct is not None
            for place in correct.keys() | their.keys()
            if differ(correct, their, place)
        }


@dataclass(frozen=True)
class Made:
    """A call of a function, with what was right and what came."""

    function: FunctionType
    arguments: dict[str, Any]
    right: Any
    theirs: Any


def recorded_calls(
    sessions: Sequence[Session], namespace: dict[str, Any], reset: Callable[[], None]
) -> Iterator[Made]:
    """Yield the calls of functions that returned; `namespace` has the right answers."""
    for session in sessions:
        listener = Listener(dict(namespace))
        reset()
        np.seterr(**DEFAULTS)
        for request, answered in session:
            theirs = wire.decode(answered, handle=lambda n, _: Opaque(n))
            right = listener.repeat(request, theirs)
            if right and listener.called and "value" in right and "value" in theirs:
                yield Made(*listener.called, right["value"], theirs["value"])


def _keys(slug: str, session: Session, theirs: list) -> Iterator[bytes]:
    """Yield a hash for each request: of all up to it, and of the objects that they refer to."""
    so_far = hashlib.sha256(slug.encode())
    for (request, _), answer in zip(session, theirs, strict=True):
        so_far.update(b"%d:" % len(request) + request)
        yield so_far.digest()
        so_far.update(repr(_objects(answer)).encode())


def _objects(value: Any) -> Any:
    """Return the numbers of the objects in an answer, each in its place."""
    if isinstance(value, Opaque):
        return value.number
    if isinstance(value, dict):
        items = {key: _objects(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None} or None
    if isinstance(value, list | tuple):
        items = [_objects(item) for item in value]
        return items if any(item is not None for item in items) else None
    return None


def _of_variables(answer: dict, variables: Collection[str]) -> dict:
    """Return an answer with only those of a notebook's values that are answers.

    Functions are told by what they return, and what is given tells nothing.
    """
    if "values" not in answer:
        return answer
    return {"values": {k: _loose(v) for k, v in answer["values"].items() if k in variables}}


def _loose(value: Any) -> Any:
    """Return a text without case and extra spaces, and a whole number as a float."""
    if isinstance(value, str):
        return " ".join(value.casefold().split())
    return float(value) if type(value) is int and abs(value) < 2**53 else value
