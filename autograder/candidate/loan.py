"""A loan: right functions that stand in for a submission's wrong ones, over a separate line.

An error counts once: a question that builds on a failed earlier one is examined again, with the
earlier answer lent by the oracle. Arguments and results travel, the code does not.

    borrower: stand-in(x) ──x──▶ lender: y = f(x), keeps the graph ──y──▶ borrower
    borrower: y.backward() ──dL/dy──▶ lender: dL/dx = (dy/dx)ᵀ dL/dy ──dL/dx──▶ borrower

So a network can be trained through a lent function.
"""

import functools
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from autograder import wire
from autograder.candidate.operations import Operations, described

# So many calls can still be differentiated: those of several steps of a training.
MAX_GRAPHS = 1000


class LoanError(RuntimeError):
    """The right function refused its arguments: never the error that a test may wait for."""


def lend(line: socket.socket, namespace: dict[str, Any], names: Collection[str]) -> None:
    """Answer calls of these functions, and nothing else, until the other end hangs up."""
    operations, graphs = Operations(namespace), _Graphs()
    while True:
        try:
            frame = wire.read_frame(line, wire.Limits(), None)
            # No handles: the borrower holds no objects of this process.
            request = wire.decode(frame, tensor=wire.torch_tensor)
            if "graph" in request:
                answer = {"value": graphs.slopes(request["graph"], request["slopes"])}
            elif request["name"] in names and request["name"] in namespace:
                target, wanted = namespace[request["name"]], request["wanted"]
                inputs = graphs.wanted((request["args"], request["kwargs"]), wanted)
                call = {"op": "call", "args": request["args"], "kwargs": request["kwargs"]}
                answer = operations.answer({**call, "target": target})
                answer |= graphs.kept(inputs, answer.get("value"))
            else:
                answer = {"raised": described(NameError(f"{request['name']} is not lent"))}
        except wire.Closed:
            return
        except (wire.WireError, KeyError, TypeError, IndexError, RuntimeError) as error:
            answer = {"raised": described(error)}
        wire.write_frame(line, operations.frame(answer), None)


class _Graphs:
    """What the lender needs to differentiate the last calls once more."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[list, list]] = {}
        self._number = 0

    def wanted(self, arguments: Any, places: Sequence[int]) -> list:
        """Return the tensors at these places, from now on with a gradient."""
        tensors = list(_tensors(arguments))
        return [tensors[place].requires_grad_() for place in places]

    def kept(self, inputs: list, value: Any) -> dict:
        """Return the number of a call, and which tensors of its value depend on the inputs."""
        depend = [tensor.requires_grad for tensor in _tensors(value)] if inputs else []
        if not any(depend):
            return {}
        self._number += 1
        outputs = [tensor for tensor in _tensors(value) if tensor.requires_grad]
        self._calls[self._number] = inputs, outputs
        self._calls.pop(self._number - MAX_GRAPHS, None)
        return {"graph": self._number, "depend": depend}

    def slopes(self, number: int, slopes: list) -> list:
        """Return the gradients of a call's inputs, from those of its results."""
        inputs, outputs = self._calls[number]
        grad = sys.modules["torch"].autograd.grad
        found = grad(outputs, inputs, slopes, retain_graph=True, allow_unused=True)
        return [
            i.new_zeros(i.shape) if f is None else f for i, f in zip(inputs, found, strict=True)
        ]


def borrowed(line: socket.socket, name: str) -> Callable[..., Any]:
    """Return a function that calls the lender's function of this name."""

    def ask(request: dict) -> dict:
        wire.write_frame(line, wire.encode(request), None)
        frame = wire.read_frame(line, wire.Limits(), None)
        answer = wire.decode(frame, tensor=wire.torch_tensor)
        if "raised" in answer:
            raise LoanError(f"{name}: {answer['raised']['text']}")
        return answer

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        wanted, inputs = [], []
        torch = sys.modules.get("torch")
        if torch is not None and torch.is_grad_enabled():
            tensors = list(_tensors((args, kwargs)))
            wanted = [place for place, tensor in enumerate(tensors) if tensor.requires_grad]
            inputs = [tensors[place] for place in wanted]
        answer = ask({"name": name, "args": args, "kwargs": kwargs, "wanted": wanted})
        value = answer["value"]
        if "graph" not in answer:
            return value

        def differentiate(slopes: list) -> list:
            return ask({"graph": answer["graph"], "slopes": slopes})["value"]

        about = differentiate, answer["depend"], list(_tensors(value))
        return _with_tensors(value, iter(_attached().apply(*about, *inputs)))

    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in


@functools.cache
def _attached() -> Any:
    """Return the operation that makes tensors depend on others, as the lender differentiates."""
    function = sys.modules["torch"].autograd.Function

    class Attached(function):
        @staticmethod
        def forward(ctx: Any, differentiate: Callable, depend: list, tensors: list, *_: Any) -> Any:
            ctx.differentiate, ctx.depend = differentiate, depend
            ctx.mark_non_differentiable(*(t for t, d in zip(tensors, depend, strict=True) if not d))
            return tuple(tensors)

        @staticmethod
        def backward(ctx: Any, *slopes: Any) -> Any:
            some = [slope for slope, d in zip(slopes, ctx.depend, strict=True) if d]
            return (None, None, None, *ctx.differentiate(some))

    return Attached


def _tensors(value: Any) -> Iterator[Any]:
    """Yield the torch tensors in a value, in the same order at both ends."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)


def _with_tensors(value: Any, tensors: Iterator[Any]) -> Any:
    """Return the value with other tensors in the places of its own."""
    if isinstance(value, sys.modules["torch"].Tensor):
        return next(tensors)
    if isinstance(value, dict):
        return {key: _with_tensors(each, tensors) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_with_tensors(each, tensors) for each in value])
    return value
