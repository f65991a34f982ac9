"""Diagnosis: which known bugs do exactly what a submission did.

It repeats the requests of a failed question's tests on the right answer and on each known bug, and
compares the answers with the submission's. A submission has a bug if the two agree wherever the bug
differs from the right answer. Results are compared piece by piece: two bugs that spoil different
gradients are both found.

It runs in the oracle, not in the examiner: the requests have passed through a student's code.
"""

import copy
import hashlib
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np
from seqlab.compared import ATOL, RTOL, Call, pieces

from autograder import wire
from autograder.candidate.operations import Operations
from autograder.relations.find import Relation, relations
from autograder.relations.result_names import result_names
from autograder.wire import tables

MOST_NAMED = 2
# A call with a larger count, such as the 1,500 steps of a training, would take too long.
MAX_COUNT = 200
# NumPy's defaults, with which a submission starts.
DEFAULTS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

# Where Python itself raises them, the message says more than the type: two answers that lack a name
# have no mistake in common.
OF_PYTHON = {"NameError", "UnboundLocalError", "AttributeError", "TypeError", "NotImplementedError"}
OF_PYTHON |= {"ImportError", "ModuleNotFoundError", "RecursionError"}

# Where the text of an exception stands among the pieces of a call.
SAID = ("raised", "text")

# Requests and the submission's answers as frames, from one process, in order.
Session = Sequence[tuple[bytes, bytes]]
MISSING = object()  # None is a valid piece
# Answers to requests, by a hash of who gave them and of all requests up to this one. Submissions
# that do the same are asked the same.
Known = dict[bytes, dict | None]
# Pieces by their place in an answer: numbers of session and call, then keys and indices.
Pieces = dict[tuple, Any]


@dataclass(frozen=True)
class Opaque:
    """An object that stayed where it was made."""

    number: int


class Repeater(Operations):
    """Repeats requests on its own namespace; finds objects by the submission's numbers."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self._same_as: dict[int, Any] = {}
        # Folders that a test has made: each process has its own.
        self._same_path: dict[str, str] = {}

    def repeat(self, request: bytes, their_answer: dict) -> dict | None:
        """Return this namespace's answer, or None if the request cannot or need not be repeated."""
        try:
            asked = wire.decode(
                request, handle=lambda n, _: self._same_as[n], tensor=wire.torch_tensor
            )
        except wire.WireError:  # an object that only the submission has
            return None
        if _is_long(asked):
            return None
        if self._same_path and "args" in asked:
            asked = {**asked, "args": self._own_paths(asked["args"])}
        self._before(asked)
        answer = wire.decode(self.frame(self.answer(asked)), handle=lambda n, _: Opaque(n))
        self._pair(their_answer, answer)
        return answer

    def _own_paths(self, args: Any) -> Any:
        """Return arguments with this process's own folders in place of the submission's."""
        return tuple(self._same_path.get(a, a) if isinstance(a, str) else a for a in args)

    def _before(self, asked: dict) -> None:
        """Look at a request before it is repeated."""

    def _pair(self, theirs: Any, ours: Any) -> None:
        """Remember which object here corresponds to which object there."""
        if isinstance(theirs, Opaque) and isinstance(ours, Opaque):
            self._same_as[theirs.number] = self.object(ours.number)
        elif _is_path(theirs) and _is_path(ours):
            self._same_path[theirs] = ours
        elif isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self._pair(theirs[key], ours[key])
        elif isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
            for one, other in zip(theirs, ours, strict=False):
                self._pair(one, other)


class _Listener(Repeater):
    """A repeater that remembers its last call of a function, with the arguments as they came."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.called: tuple[FunctionType, dict[str, Any]] | None = None

    def _before(self, asked: dict) -> None:
        self.called = None
        target = asked.get("target")
        if asked["op"] != "call" or not isinstance(target, FunctionType):
            return
        try:
            bound = inspect.signature(target).bind(*asked["args"], **asked["kwargs"])
        except TypeError:
            return
        bound.apply_defaults()
        # What is drawn may rightly differ from what the right answer draws.
        if not any(isinstance(each, np.random.Generator) for each in bound.arguments.values()):
            self.called = target, copy.deepcopy(dict(bound.arguments))


def relate(
    sessions: Sequence[Session],
    namespace: dict[str, Any],
    source: str,
    reset: Callable[[], None],
) -> list[Relation]:
    """Return how the results follow from the right ones; `source`: of the question's answer."""
    calls: dict[str, list[Call]] = {}
    for session in sessions:
        listener = _Listener(dict(namespace))
        reset()
        np.seterr(**DEFAULTS)
        for request, answered in session:
            theirs = wire.decode(answered, handle=lambda n, _: Opaque(n))
            right = listener.repeat(request, theirs)
            if right and listener.called and "value" in right and "value" in theirs:
                function, arguments = listener.called
                names = result_names(source, function.__name__)
                both = pieces(right["value"], names), pieces(theirs["value"], names)
                calls.setdefault(function.__name__, []).append(Call(function, arguments, *both))
    return [found for name, some in calls.items() for found in _related(name, some, source)]


def _related(name: str, calls: Sequence[Call], source: str) -> list[Relation]:
    return relations(name, calls, result_names(source, name))


def diagnose(
    sessions: Sequence[Session],
    namespace: dict[str, Any],
    bugs: Sequence[tuple[str, str]],
    reset: Callable[[], None],
    known: Known | None = None,
    variables: Collection[str] = (),
) -> list[str]:
    """Return the slugs of at most two of `bugs`, given as (slug, code), the likeliest first.

    `namespace` has the right answers; `reset` seeds all generators as for the submission; `known`
    grows by what is repeated here; `variables`: names whose values are answers.
    """
    record = Record(sessions, variables, reset)
    known = {} if known is None else known
    right = list(record.repeated(namespace, "", known))
    found: list[tuple[str, set]] = []
    for slug, code in bugs:
        names = dict(namespace)
        try:
            exec(compile(code, f"<{slug}>", "exec"), names)
        except Exception:  # what it needs is not here; then it cannot be compared with anything
            continue
        explained = record.explained(right, record.repeated(names, slug, known))
        if explained:
            found.append((slug, explained))
    return _named(found)


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
        wrong = dict(_pieces({"value": value}, self.place))
        return bool(_explained([self.theirs], [self.right], iter([wrong])))


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
            dict(_pieces(_of_variables(answer, variables), (s, call)))
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
                yield None if answer is None else dict(_pieces(answer, (s, call)))

    def explained(self, right: list[Pieces | None], wrong: Iterator[Pieces | None]) -> set[tuple]:
        """Return where a wrong answer differs from the right one, if the submission has it all."""
        return _explained(self._answered, right, wrong)

    def telling(self, namespace: dict[str, Any], wrong: Collection[tuple]) -> Telling | None:
        """Return the first call with such a place, if it can be made without all the others."""
        s, number = min(place[:2] for place in wrong)
        theirs = self._theirs[s][number]
        listener = _Listener(dict(namespace))
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
        pieces = (dict(_pieces(each, (s, number))) for each in both)
        return Telling(function.__name__, arguments, *pieces, (s, number))

    def differing(self, right: list[Pieces | None]) -> set[tuple]:
        """Return where the submission differs from the right answer."""
        return {
            place
            for their, correct in zip(self._answered, right, strict=True)
            if correct is not None
            for place in correct.keys() | their.keys()
            if _differ(correct, their, place)
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


def _explained(
    answered: list[Pieces], right: list[Pieces | None], bugs: Iterator[Pieces | None]
) -> set[tuple]:
    """Return where a bug differs from the right answer; nothing if the submission lacks the bug."""
    explained: set[tuple] = set()
    # Many mistakes lead to NaN or infinity. If a bug shows in nothing else, it must account for all
    # that such a call returns.
    only_endless, more_is_wrong = True, False
    for their, correct, wrong in zip(answered, right, bugs, strict=True):
        if correct is None or wrong is None:
            continue
        differing = [p for p in correct.keys() | wrong.keys() if _differ(correct, wrong, p)]
        for place in differing:
            if not _agree(their, wrong, place) or not _alike_if_empty(their, wrong, place):
                return set()
            only_endless &= _is_endless(wrong.get(place))
        explained |= set(differing)
        more_is_wrong |= bool(differing) and not all(_agree(their, wrong, p) for p in wrong)
    return set() if only_endless and more_is_wrong else explained


def _differ(correct: Pieces, wrong: Pieces, place: tuple) -> bool:
    """Return whether a bug shows in a place; not if both raise one exception in other words."""
    if place[2:] == SAID and place in correct and place in wrong:
        return False
    return not _agree(correct, wrong, place)


def _alike_if_empty(their: Pieces, wrong: Pieces, place: tuple) -> bool:
    """Return False for an empty list where a bug returns an empty array: they have no dtype."""
    type_ = (*place, "type")
    return np.size(wrong.get(place, 0)) > 0 or their.get(type_) == wrong.get(type_)


def _is_endless(value: Any) -> bool:
    is_float = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return is_float and not np.isfinite(value).all()


def _named(found: list[tuple[str, set]]) -> list[str]:
    """Return the bug that explains most, and one more that explains something else or the same."""
    found = sorted(found, key=lambda bug: -len(bug[1]))  # stable: ties stay in file order
    named: list[str] = []
    for slug, explained in found:
        if not named or not explained <= found[0][1] or explained == found[0][1]:
            named.append(slug)
        if len(named) == MOST_NAMED:
            break
    return named


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _is_long(request: dict) -> bool:
    arguments = [*request.get("args", ()), *request.get("kwargs", {}).values()]
    return any(type(value) is int and value > MAX_COUNT for value in arguments)


def _pieces(value: Any, place: tuple) -> Iterator[tuple[tuple, Any]]:
    """Yield the arrays, numbers and texts of an answer, each with its place."""
    if len(place) == 2:  # the answer itself
        if "raised" in value:
            kind, text = (value["raised"]["bases"] or [""])[0], value["raised"]["text"]
            yield (*place, "raised"), f"{kind}: {text}" if kind in OF_PYTHON else kind
            # Two shapes that do not fit, or NaN in probabilities: both are a ValueError.
            yield (*place, *SAID), text
            return
        for key in ("value", "arguments", "values"):
            if key in value:
                yield from _pieces(value[key], (*place, key))
    elif isinstance(value, dict):
        yield (*place, "type"), "dict"
        for key, item in value.items():
            yield from _pieces(item, (*place, key))
    elif isinstance(value, list | tuple):
        array = _numbers(value)
        yield (*place, "type"), type(value).__name__
        if array is not None:
            yield place, array
        else:
            for index, item in enumerate(value):
                yield from _pieces(item, (*place, index))
    elif isinstance(value, SimpleNamespace):
        yield from _pieces(vars(value), place)
    elif (table := tables.parts(value, type(value))) is not None:
        yield (*place, "type"), table[0]
        yield from _pieces(table[1], place)
    elif isinstance(value, np.random.Generator):
        yield place, str(value.bit_generator.state)
    elif isinstance(value, Opaque):
        yield place, "an object"
    elif _is_path(value):
        yield place, "a path"
    else:
        array = np.asarray(value) if isinstance(value, bool | int | float | np.generic) else value
        yield place, array


def _numbers(items: Sequence) -> np.ndarray | None:
    """Return a (nested) list of numbers as an array, which may equal it; None for anything else."""
    if any(isinstance(item, np.ndarray) for item in items):
        return None  # several results; a single array would merge their dtypes
    try:
        array = np.asarray(items)
    except ValueError:
        return None
    return array if array.dtype.kind in "biufc" else None


def _agree(some: Pieces, others: Pieces, place: tuple) -> bool:
    a, b = some.get(place, MISSING), others.get(place, MISSING)
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return not isinstance(a, np.ndarray) and not isinstance(b, np.ndarray) and a == b
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return False
    if a.dtype.kind not in "fc":
        return a.dtype == b.dtype and np.array_equal(a, b)
    with np.errstate(all="ignore"):
        finite = np.abs(b[np.isfinite(b)])
        scale = min(float(finite.max(initial=0.0)), 1.0)
        return bool(np.allclose(a, b, rtol=RTOL, atol=ATOL * scale, equal_nan=True))
