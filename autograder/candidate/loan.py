"""A loan: right functions that stand in for a submission's wrong ones, over a separate line.

An error counts once: a question that builds on a failed earlier one is examined again, with the
earlier answer lent by the oracle. Arguments and results travel, the code does not.
"""

import socket
from collections.abc import Callable, Collection
from typing import Any

from autograder import wire
from autograder.candidate.operations import Operations, described


def lend(line: socket.socket, namespace: dict[str, Any], names: Collection[str]) -> None:
    """Answer calls of these functions, and nothing else, until the other end hangs up."""
    operations = Operations(namespace)
    while True:
        try:
            frame = wire.read_frame(line, wire.Limits(), None)
            # No handles: the borrower holds no objects of this process.
            request = wire.decode(frame, tensor=wire.torch_tensor)
            name, arguments, keywords = request["name"], request["args"], request["kwargs"]
        except wire.Closed:
            return
        except (wire.WireError, KeyError, TypeError) as error:
            answer = {"raised": described(error)}
        else:
            call = {"op": "call", "args": arguments, "kwargs": keywords}
            if name in names and name in namespace:
                answer = operations.answer({**call, "target": namespace[name]})
            else:
                answer = {"raised": described(NameError(f"{name} is not lent"))}
        wire.write_frame(line, operations.frame(answer), None)


def borrowed(line: socket.socket, name: str) -> Callable[..., Any]:
    """Return a function that calls the lender's function of this name."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        request = wire.encode({"name": name, "args": args, "kwargs": kwargs})
        wire.write_frame(line, request, None)
        frame = wire.read_frame(line, wire.Limits(), None)
        answer = wire.decode(frame, tensor=wire.torch_tensor)
        if "raised" in answer:
            raise LoanError(f"{name}: {answer['raised']['text']}")
        return answer["value"]

    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in


class LoanError(RuntimeError):
    """The right function refused its arguments: never the error that a test may wait for."""
