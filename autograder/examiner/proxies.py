"""Stand-ins for what lives in the candidate: a test calls them like the student's own functions."""

import builtins
from collections.abc import Iterator
from typing import Any

from seqlab import calls
from seqlab.failures import kind_of

from autograder import wire
from autograder.examiner.line import Gone, UnsentArgument
from autograder.examiner.links import QuestionLink

# A student's iterator may never end; a test reads what it needs.
MAX_ITEMS = 1_000_000


class StudentError(Exception):
    """The student's code raised an exception. Mixed into the builtin class of that exception.

    kind: its builtin name, which a hidden test may show; place: (cell, line) or None; text: its
    message, which only a public test may show, because it could reveal a hidden input.
    """

    kind = "Exception"
    place: tuple[int, int] | None = None
    text = ""


class Missing:
    """A name that the notebook does not define."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise MissingNameError(self._name)

    __call__ = __getitem__ = __iter__ = __len__ = __array__ = _refuse

    def __getattr__(self, name: str) -> Any:
        raise MissingNameError(self._name) if not name.startswith("__") else AttributeError(name)


class Overwritten:
    """A name that stood for a function, and in the end stands for something else."""

    def __init__(self, name: str, value: Any) -> None:
        self._said = f"`{name}` is {kind_of(value)}, not a function"

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise OverwrittenError(self._said)

    __call__ = __getitem__ = __iter__ = __len__ = __array__ = _refuse

    def __getattr__(self, name: str) -> Any:
        raise OverwrittenError(self._said) if not name.startswith("__") else AttributeError(name)


class Unanswered:
    """A variable that the release leaves open, as in `answer = ...`, and that is still open."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise UnansweredError(self._name)

    __call__ = __getitem__ = __iter__ = __len__ = __array__ = __bool__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _refuse
    __float__ = __int__ = __index__ = __str__ = __format__ = __abs__ = __neg__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __hash__ = None

    def __getattr__(self, name: str) -> Any:
        raise UnansweredError(self._name) if not name.startswith("__") else AttributeError(name)


class UnansweredError(Exception):
    """A test needs a variable to which nothing was assigned."""


class OverwrittenError(Exception):
    """A test needs a function whose name stands for something else."""


class MissingNameError(Exception):
    """A test needs a name that the notebook does not define."""


# The last call, where there was none: a name, arguments.
NO_CALL = "", (), {}
# Raised over a name of the notebook that is not what a test takes it for.
NOT_THERE = (MissingNameError, OverwrittenError, UnansweredError)


class Question:
    """Sends requests to one process of the candidate, under a deadline."""

    def __init__(self, link: QuestionLink, deadline: float) -> None:
        self._link = link
        self.deadline = deadline
        # Functions by number; what each returned last in this test, and the last call's arguments.
        self._functions: dict[int, str] = {}
        self.returned: dict[str, Any] = {}
        self.last_call: tuple[str, tuple, dict] = NO_CALL
        # Whether anything was asked in this test.
        self.has_asked = False
        link.objects = self

    def stand_in(self, number: int, type_name: str) -> "Remote":
        """Return what stands for an object of the candidate."""
        return Remote(self, number, type_name)

    def number_of(self, value: Any) -> int:
        """Return the number of the object behind a stand-in."""
        if isinstance(value, Remote):
            return object.__getattribute__(value, "_number")
        raise UnsentArgument(f"a {type(value).__name__}, which cannot be sent to an answer")

    def is_by_value(self, request: dict, answer: Any) -> bool:
        """Say whether a function was called, and neither got nor returned an object."""
        if request["op"] != "call":
            return False
        is_function = object.__getattribute__(request["target"], "_type_name") == "function"
        return is_function and not _has_objects((request["args"], request["kwargs"], answer))

    def ask(self, request: dict) -> dict:
        self.has_asked = True
        answer = self._link.ask(request, self.deadline)
        if "raised" in answer:
            raise student_error(answer["raised"])
        if "unsendable" in answer:
            raise Gone("returned a value that is too large or too deeply nested")
        return answer

    def begin_test(self) -> None:
        """Forget what earlier tests called."""
        self.returned, self.last_call, self.has_asked = {}, NO_CALL, False

    def note(self, called: "Remote", args: tuple, kwargs: dict, value: Any) -> None:
        """Note what a function returned; methods and the like have no name here."""
        name = self._functions.get(self.number_of(called))
        if name is not None:
            self.last_call = name, args, kwargs
            self.returned.pop(name, None)  # the last one called is the last in the dictionary
            self.returned[name] = value

    def values(self, names: set[str]) -> dict[str, Any]:
        """Return the notebook's values for these names, with a Missing for each undefined one."""
        found = self.ask({"op": "get", "names": sorted(names)}).get("values")
        if not isinstance(found, dict):
            raise Gone("sent something that is not an answer")
        for name in names & found.keys():
            if isinstance(found[name], Remote):
                self._functions[self.number_of(found[name])] = name
        return {name: found[name] if name in found else Missing(name) for name in names}


def is_open(value: Any) -> bool:
    """Say whether a value is the `...` with which a release leaves a variable open."""
    return isinstance(value, Remote) and object.__getattribute__(value, "_type_name") == "ellipsis"


class Remote:
    """An object in the candidate: a function, a PyTorch module, a state."""

    def __init__(self, question: Question, number: int, type_name: str) -> None:
        object.__setattr__(self, "_question", question)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type_name", type_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        answer = _ask(self, {"op": "call", "target": self, "args": args, "kwargs": kwargs})
        changed = answer.get("arguments")
        if changed is not None:
            # The test's own arrays stay as they are; only generators go on from where they were.
            calls.note((args, kwargs), changed)
            wire.advance((args, kwargs), changed)
        value = answer.get("value")
        object.__getattribute__(self, "_question").note(self, args, kwargs, value)
        return value

    def __getattr__(self, name: str) -> Any:
        # NumPy and copy look for protocols under such names on every object.
        if name.startswith("__"):
            raise AttributeError(name)
        return _ask(self, {"op": "attribute", "target": self, "name": name}).get("value")

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, {"op": "item", "target": self, "key": key}).get("value")

    def __len__(self) -> int:
        length = _ask(self, {"op": "length", "target": self}).get("value")
        if not isinstance(length, int) or length < 0:
            raise Gone("sent an invalid length")
        return length

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        iterator = _ask(self, {"op": "iterate", "target": self}).get("value")
        for _ in range(MAX_ITEMS):
            answer = _ask(self, {"op": "next", "iterator": iterator})
            if answer.get("end"):
                return
            yield answer.get("value")

    def __repr__(self) -> str:
        return "<an object of the submission>"


def _has_objects(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_objects, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_objects, value))
    return isinstance(value, Remote)


def _ask(remote: Remote, request: dict) -> dict:
    return object.__getattribute__(remote, "_question").ask(request)


def student_error(claim: Any) -> Exception:
    """Return the exception to raise in the test, from the candidate's description of its own."""
    claim = claim if isinstance(claim, dict) else {}
    bases = claim.get("bases") if isinstance(claim.get("bases"), list) else []
    kind = next(
        (
            base
            for name in bases
            if isinstance(name, str)
            and isinstance(base := getattr(builtins, name, None), type)
            and issubclass(base, Exception)
        ),
        Exception,
    )
    # `except ValueError` in a test must catch it, and the examiner must recognize it.
    try:
        error = type(kind.__name__, (StudentError, kind), {})()
    except TypeError:  # UnicodeDecodeError and the like need arguments
        kind, error = Exception, StudentError()
    # SystemExit and KeyboardInterrupt are not Exceptions, but must not end the examiner.
    named = [name for name in bases if isinstance(name, str) and hasattr(builtins, name)]
    error.kind = named[0] if named and kind is Exception else kind.__name__
    place = claim.get("place")
    if (
        isinstance(place, tuple | list)
        and len(place) == 2
        and all(type(number) is int and 0 <= number < 10**6 for number in place)
    ):
        error.place = (place[0], place[1])
    text = claim.get("text")
    error.text = text[:500] if isinstance(text, str) else ""
    return error
