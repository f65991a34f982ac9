"""What a submission was asked and has answered, to be compared with what others answer."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from autograder import wire
from autograder.requests.agreement import (
    Pieces,
    answer_pieces,
    explained_places,
    places_that_differ,
    tells_apart,
)
from autograder.requests.repeater import Called, Listener, Opaque, Repeater

# NumPy's defaults, with which a submission starts.
DEFAULTS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

# Requests and the submission's answers as frames, from one process, in order.
Session = Sequence[tuple[bytes, bytes]]
# Answers to requests, by a hash of who gave them and of all requests up to this one. Submissions
# that do the same are asked the same.
Known = dict[bytes, "Given | None"]


@dataclass(frozen=True)
class Given:
    """An answer that was given when a request was repeated, and the call that it was."""

    answer: dict
    called: Called | None
    seconds: float


def _repeat(repeater: Repeater, request: bytes, theirs: dict) -> Given | None:
    began = perf_counter()
    answer = repeater.repeat(request, theirs)
    if answer is None:
        return None
    return Given(answer, getattr(repeater, "called", None), perf_counter() - began)


@dataclass(frozen=True)
class Made:
    """A call, with what was right and what came, both as answers to a request.

    function: of the right answers; drawn: whether it got a generator, so that right results may
    differ; seconds: that the right answer took.
    """

    function: Callable[..., Any]
    name: str
    arguments: dict[str, Any]
    right: dict
    theirs: dict
    place: tuple[int, int]
    seconds: float

    @property
    def is_by_itself(self) -> bool:
        """Whether it returns the same if nothing was called before it."""
        return "raised" not in self.theirs and all(map(is_plain, self.arguments.values()))

    @property
    def is_raised(self) -> bool:
        """Whether there is an exception where the right answer returns."""
        return "value" in self.right and "raised" in self.theirs

    @property
    def is_returned(self) -> bool:
        """Whether both return."""
        return "value" in self.right and "value" in self.theirs

    @property
    def drawn(self) -> bool:
        return any(isinstance(each, np.random.Generator) for each in self.arguments.values())


def is_plain(value: Any) -> bool:
    """Return whether a value comes over the wire as it is."""
    if type(value) in (tuple, list):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(map(is_plain, value.values()))
    return value is None or type(value) in (np.ndarray, int, float, bool, str)


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
        for place, given in self._given(namespace, slug, {} if known is None else known):
            answer = given and _of_variables(given.answer, self._variables)
            yield None if answer is None else dict(answer_pieces(answer, place))

    def calls(self, namespace: dict, known: Known | None = None) -> list[Made]:
        """Return the calls of functions and models; `namespace` has the right answers."""
        return [
            Made(*given.called, given.answer, self._theirs[s][n], (s, n), given.seconds)
            for (s, n), given in self._given(namespace, "", {} if known is None else known)
            if given and given.called
        ]

    def _given(
        self, namespace: dict, slug: str, known: Known
    ) -> Iterator[tuple[tuple[int, int], Given | None]]:
        """Yield the answer to each request by its place, from what is `known` or repeated."""
        for s, session in enumerate(self._sessions):
            repeater, repeated = None, 0
            keys: list[bytes] = []
            for call, key in enumerate(_keys(slug, session, self._theirs[s])):
                keys.append(key)
                if key not in known:
                    if repeater is None:
                        repeater = Repeater(dict(namespace)) if slug else Listener(dict(namespace))
                        self._reset()
                        # A test may make NumPy raise instead of warn, and a bug may fail before
                        # this is undone.
                        np.seterr(**DEFAULTS)
                    for number in range(repeated, call + 1):
                        request, theirs = session[number][0], self._theirs[s][number]
                        known[keys[number]] = _repeat(repeater, request, theirs)
                    repeated = call + 1
                yield (s, call), known[key]

    def explained(self, right: list[Pieces | None], wrong: Iterator[Pieces | None]) -> set[tuple]:
        """Return where a wrong answer differs from the right one, if the submission has it all."""
        return explained_places(self._answered, right, wrong)

    def differing(self, right: list[Pieces | None]) -> set[tuple]:
        """Return where the submission differs from the right answer."""
        return {
            place
            for their, correct in zip(self._answered, right, strict=True)
            if correct is not None
            for place in places_that_differ(correct, their)
        }

    def tells(self, right: list[Pieces | None], places: Collection[tuple]) -> bool:
        """Return whether numbers or texts at these places say which mistake it is.

        An exception does not, nor does an empty result, nor NaN or 0: many mistakes lead to them.
        """
        calls = self._calls_answered(right)
        return tells_apart([(*calls[place[:2]], place) for place in places if place[:2] in calls])

    def _calls_answered(self, right: list[Pieces | None]) -> dict[tuple, tuple[Pieces, Pieces]]:
        places = [(s, n) for s, theirs in enumerate(self._theirs) for n in range(len(theirs))]
        both = zip(right, self._answered, strict=True)
        return {
            place: (correct, their)
            for place, (correct, their) in zip(places, both, strict=True)
            if correct is not None and "raised" not in self._theirs[place[0]][place[1]]
        }


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
