"""Requests to a namespace from outside: names, calls, attributes, items, iteration.

A candidate answers them on the student's namespace; a diagnosis repeats them on the namespace of
a known bug.
"""

import builtins
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from autograder import wire

# Enough for a sentence; the examiner shows it only where a public test failed.
MAX_MESSAGE = 500
MAX_FILE = 2**24


class Operations:
    """A namespace, and its objects that were requested but cannot travel."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._objects: list[Any] = []
        # The last returned named tuple type of each length. Named tuples travel as plain tuples,
        # and a state that comes back must get its type again.
        self._named: dict[int, type] = {}

    def read(self, frame: bytes) -> Any:
        """Decode a request from its frame."""
        return wire.decode(frame, handle=lambda n, _: self.object(n), tensor=wire.torch_tensor)

    def frame(self, answer: dict) -> bytes:
        """Return the frame of an answer."""
        try:
            return wire.encode(answer, opaque=self.number)
        except wire.WireError as error:
            return wire.encode({"unsendable": str(error)[:MAX_MESSAGE]})

    def number(self, value: Any) -> int:
        """Return a new number under which an object can be requested."""
        self._objects.append(value)
        return len(self._objects) - 1

    def object(self, number: int) -> Any:
        """Return the object with this number."""
        return self._objects[number]

    def answer(self, request: dict) -> dict:
        """Do what a request asks for; an exception is an answer too."""
        try:
            return getattr(self, f"_do_{request['op']}")(request)
        except BaseException as error:
            return {"raised": described(error)}

    def _do_get(self, request: dict) -> dict:
        names = self._namespace
        return {"values": {name: names[name] for name in request["names"] if name in names}}

    def _do_call(self, request: dict) -> dict:
        arguments = (request["args"], request["kwargs"])
        before = wire.trace(arguments)
        args = (self._named_again(value) for value in arguments[0])
        kwargs = {name: self._named_again(value) for name, value in arguments[1].items()}
        value = request["target"](*args, **kwargs)
        for each in (value, *value) if isinstance(value, tuple) else ():
            if isinstance(each, tuple) and hasattr(type(each), "_make"):
                self._named[len(each)] = type(each)
        if before is not None and before == wire.trace(arguments):
            return {"value": value}
        return {"value": value, "arguments": arguments}

    def _named_again(self, value: Any) -> Any:
        kind = self._named.get(len(value)) if type(value) is tuple else None
        return value if kind is None else kind._make(value)

    def _do_read(self, request: dict) -> dict:
        """Return a file as bytes, which travel as an array."""
        file = Path(request["path"])
        if not file.is_file():
            raise FileNotFoundError(request["path"])
        if file.stat().st_size > MAX_FILE:
            raise OSError(f"it has more than {MAX_FILE} bytes")
        return {"value": np.frombuffer(file.read_bytes(), np.uint8)}

    def _do_attribute(self, request: dict) -> dict:
        return {"value": getattr(request["target"], request["name"])}

    def _do_item(self, request: dict) -> dict:
        return {"value": request["target"][request["key"]]}

    def _do_length(self, request: dict) -> dict:
        return {"value": len(request["target"])}

    def _do_iterate(self, request: dict) -> dict:
        return {"value": iter(request["target"])}

    def _do_next(self, request: dict) -> dict:
        for value in request["iterator"]:
            return {"value": value}
        return {"end": True}


def described(error: BaseException) -> dict:
    """Describe an exception: its type, where it was raised, and its message."""
    bases = [t.__name__ for t in type(error).__mro__ if getattr(builtins, t.__name__, 0) is t]
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell "):
            place = (int(frame.filename[6:-1]), frame.lineno or 0)
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell "):
        place = (int(error.filename[6:-1]), error.lineno or 0)
    try:
        text = str(error)[:MAX_MESSAGE]
    except BaseException:
        text = ""
    return {"bases": bases, "place": place, "text": text}
