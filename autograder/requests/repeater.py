"""Repeating: what a submission was asked, asked again of right answers or of known bugs."""

import contextlib
import copy
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from autograder import wire
from autograder.requests.operations import Operations

# A call with a larger count, or the training of a model with more steps, would take too long.
MAX_COUNT, MAX_STEPS = 200, 10
# A larger model is not copied.
MAX_PARAMETERS = 100_000


@dataclass(frozen=True)
class Opaque:
    """An object that stayed where it was made."""

    number: int


# A function or model, its name, and its arguments as they came.
Called = tuple[Callable[..., Any], str, dict[str, Any]]


class Repeater(Operations):
    """Repeats requests on its own namespace; finds objects by the submission's numbers."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self._same_as: dict[int, Any] = {}
        # Objects here that lack a change, by id(); an id may be used again once an object is gone.
        self._left_out: dict[int, Any] = {}
        # Folders that a test has made, for each process has its own, and names of a model's arrays.
        self._same_text: dict[str, str] = {}

    def repeat(self, request: bytes, their_answer: dict) -> dict | None:
        """Return this namespace's answer, or None if the request cannot or need not be repeated."""
        try:
            asked = wire.decode(
                request, handle=lambda n, _: self._same_as[n], tensor=wire.torch_tensor
            )
        except wire.WireError:  # an object that only the submission has
            return None
        objects = {id(each): each for each in _objects(asked)}
        if _is_long(asked):
            # It would have changed these, such as a model that is trained.
            self._left_out |= objects
            return None
        if objects.keys() & self._left_out.keys():
            return None
        if self._same_text and "args" in asked:
            asked = {**asked, "args": tuple(map(self._own_text, asked["args"]))}
        self._before(asked)
        answer = wire.decode(self.frame(self.answer(asked)), handle=lambda n, _: Opaque(n))
        self._pair(their_answer, answer)
        return answer

    def _own_text(self, value: Any) -> Any:
        """Return an argument with this process's own folders and names of arrays in it."""
        if isinstance(value, str):
            return self._same_text.get(value, value)
        if isinstance(value, dict):
            return {self._own_text(key): item for key, item in value.items()}
        return value

    def _before(self, asked: dict) -> None:
        """Look at a request before it is repeated."""

    def _pair(self, theirs: Any, ours: Any) -> None:
        """Remember which object here corresponds to which object there."""
        if isinstance(theirs, Opaque) and isinstance(ours, Opaque):
            self._same_as[theirs.number] = self.object(ours.number)
        elif is_path(theirs) and is_path(ours):
            self._same_text[theirs] = ours
        elif isinstance(theirs, dict) and isinstance(ours, dict):
            self._same_text |= _same_arrays(theirs, ours)
            for key in theirs.keys() & ours.keys():
                self._pair(theirs[key], ours[key])
        elif isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
            for one, other in zip(theirs, ours, strict=False):
                self._pair(one, other)


def _same_arrays(theirs: dict, ours: dict) -> dict[str, str]:
    """Return what arrays of a model are called here if they are called otherwise there."""
    rest = {k: v for k, v in ours.items() if k not in theirs and isinstance(v, np.ndarray)}
    found = {}
    for name, array in theirs.items():
        if isinstance(name, str) and isinstance(array, np.ndarray) and name not in ours:
            own = next((key for key, value in rest.items() if value.shape == array.shape), None)
            if own is not None:
                found[name] = own
                del rest[own]
    return found


class Listener(Repeater):
    """A repeater that remembers its last request, if it was the call of a function or model."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.called: Called | None = None

    def _before(self, asked: dict) -> None:
        self.called = None
        target = asked.get("target")
        name = getattr(target, "__name__", type(target).__name__)
        # A function that came out of a call cannot be called by its name.
        is_known = isinstance(target, FunctionType) and self._namespace.get(name) is target
        if asked["op"] != "call" or not (is_known or _is_model(target)):
            return
        signature = inspect.signature(getattr(target, "forward", target))
        try:
            bound = signature.bind(*asked["args"], **asked["kwargs"])
        except TypeError:
            return
        bound.apply_defaults()
        # Later calls may change what a model has learned; deepcopy() leaves functions as they are.
        # It refuses some, such as tensors that were computed.
        with contextlib.suppress(Exception):
            self.called = copy.deepcopy(target), name, copy.deepcopy(dict(bound.arguments))


def _is_model(value: Any) -> bool:
    """Return whether a value is a small model of PyTorch."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.nn.Module):
        return False
    return sum(each.numel() for each in value.parameters()) <= MAX_PARAMETERS


def is_path(value: Any) -> bool:
    """Return whether a value seems to be a path."""
    return isinstance(value, str) and value.startswith("/")


def _is_long(request: dict) -> bool:
    if request["op"] != "call":
        return False
    given = [*request["args"], *request["kwargs"].values()]
    if any(type(value) is int and value > MAX_COUNT for value in given):
        return True
    target = request["target"]
    if not any(hasattr(value, "parameters") for value in given):
        return False  # what needs no PyTorch is fast
    names = inspect.signature(target).parameters if isinstance(target, FunctionType) else ()
    steps = {**dict(zip(names, request["args"], strict=False)), **request["kwargs"]}.get("steps", 0)
    return type(steps) is int and steps > MAX_STEPS


def _objects(request: dict) -> Iterator[Any]:
    """Yield what a request is about and may change, but functions and classes."""
    given = [*request.get("args", ()), *request.get("kwargs", {}).values()]
    for value in (request.get("target"), request.get("iterator"), *given):
        for each in value if isinstance(value, list | tuple) else (value,):
            if hasattr(each, "__dict__") and not isinstance(each, FunctionType | type):
                yield each
