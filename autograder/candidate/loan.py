"""A loan: right answers that stand in for a submission's wrong ones, over a separate line.

An error counts once: a question that builds on a failed earlier one is examined again, with the
earlier answer lent by the oracle. Arguments and results travel, the code does not.

    borrower: stand-in(x) ──x──▶ lender: y = f(x), keeps the graph ──y──▶ borrower
    borrower: y.backward() ──dL/dy──▶ lender: dL/dx = (dy/dx)ᵀ dL/dy ──dL/dx──▶ borrower

So a network can be trained through a lent function. A lent class of modules has its parameters at
the borrower, under their right names, where they can be read, set and trained; with each call they
travel to the lender, which computes f(x; parameters).
"""

import functools
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from autograder import wire
from autograder.requests.operations import Operations, described

# So many calls can still be differentiated: those of several steps of a training.
MAX_GRAPHS = 1000
MAX_MODULES = 1000


class LoanError(RuntimeError):
    """The right function refused its arguments: never the error that a test may wait for."""


def lend(line: socket.socket, namespace: dict[str, Any], names: Collection[str]) -> None:
    """Answer calls of these functions and classes, until the other end hangs up."""
    lent = {name: namespace[name] for name in names if name in namespace}
    operations, desk = Operations(namespace), _Desk(lent)
    while True:
        try:
            frame = wire.read_frame(line, wire.Limits(), None)
            # No handles: the borrower holds no objects of this process.
            request = wire.decode(frame, tensor=wire.torch_tensor)
            answer = desk.answer(request, operations)
        except wire.Closed:
            return
        except Exception as error:  # whatever is wrong with a request, the next one may be right
            answer = {"raised": described(error)}
        wire.write_frame(line, operations.frame(answer), None)


class _Desk:
    """Where requests to the lender are answered."""

    def __init__(self, lent: dict[str, Any]) -> None:
        self._lent = lent
        self._modules: list[Any] = []
        self._graphs = _Graphs()

    def answer(self, request: dict, operations: Operations) -> dict:
        if "graph" in request:
            return {"value": self._graphs.slopes(request["graph"], request["slopes"])}
        arguments: Any = request.get("args"), request.get("kwargs")
        if "module" in request:
            target = self._with_state(request["module"], request["state"])
            travelled = request["state"], *arguments
        elif request["name"] not in self._lent:
            raise NameError(f"{request['name']} is not lent")
        else:
            target, travelled = self._lent[request["name"]], arguments
            if "args" not in request:
                return {"is_module": _is_module(target)}
            if _is_module(target):
                return self._made(target(*request["args"], **request["kwargs"]))
        inputs = self._graphs.wanted(travelled, request["wanted"])
        call = dict(zip(("args", "kwargs"), arguments, strict=True))
        answer = operations.answer({"op": "call", **call, "target": target})
        return answer | self._graphs.kept(inputs, answer.get("value"))

    def _with_state(self, number: int, state: dict) -> Callable[..., Any]:
        """Return the forward pass of a module with other parameters than its own."""
        module, call = self._modules[number], sys.modules["torch"].func.functional_call
        return lambda *args, **kwargs: call(module, state, args, kwargs)

    def _made(self, module: Any) -> dict:
        if len(self._modules) == MAX_MODULES:
            raise MemoryError("too many models")
        self._modules.append(module)
        return {
            "module": len(self._modules) - 1,
            "parameters": {name: each.detach() for name, each in module.named_parameters()},
            "buffers": dict(module.named_buffers()),
            # Such as hidden_size: what is no tensor but plain can be read at the borrower too.
            "plain": {path: _plain(vars(each)) for path, each in module.named_modules()},
        }


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
    """Return a function or a class that stands for the lender's of this name."""

    def ask(request: dict) -> dict:
        wire.write_frame(line, wire.encode(request), None)
        frame = wire.read_frame(line, wire.Limits(), None)
        answer = wire.decode(frame, tensor=wire.torch_tensor)
        if "raised" in answer:
            raise LoanError(f"{name}: {answer['raised']['text']}")
        return answer

    try:
        is_module = ask({"name": name})["is_module"]
    except LoanError:  # what is not there is said where it is called
        is_module = False
    if is_module:
        return _borrowed_class(ask, name)

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        return _called(ask, {"name": name}, args, kwargs)

    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in


def _called(ask: Callable, about: dict, args: tuple, kwargs: dict) -> Any:
    """Call the lender; what it returns depends on the tensors among the arguments."""
    wanted, inputs = [], []
    torch = sys.modules.get("torch")
    if torch is not None and torch.is_grad_enabled():
        tensors = list(_tensors((about.get("state"), args, kwargs)))
        wanted = [place for place, tensor in enumerate(tensors) if tensor.requires_grad]
        inputs = [tensors[place] for place in wanted]
    answer = ask({**about, "args": args, "kwargs": kwargs, "wanted": wanted})
    value = answer["value"]
    if "graph" not in answer:
        return value

    def differentiate(slopes: list) -> list:
        return ask({"graph": answer["graph"], "slopes": slopes})["value"]

    attached = _attached().apply(differentiate, answer["depend"], list(_tensors(value)), *inputs)
    return _with_tensors(value, iter(attached))


def _borrowed_class(ask: Callable, name: str) -> Any:
    """Return a class of modules whose forward passes the lender computes."""
    torch = sys.modules["torch"]

    class StandIn(torch.nn.Module):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__()
            made = ask({"name": name, "args": args, "kwargs": kwargs})
            self._lent_module = made["module"]
            for path, tensor in made["parameters"].items():
                owner, own = _owner(self, path)
                owner.register_parameter(own, torch.nn.Parameter(tensor.clone()))
            for path, tensor in made["buffers"].items():
                owner, own = _owner(self, path)
                owner.register_buffer(own, tensor.clone())
            for path, values in made["plain"].items():
                owner, _ = _owner(self, f"{path}.")
                vars(owner).update(values)

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            state = {**dict(self.named_parameters()), **dict(self.named_buffers())}
            return _called(ask, {"module": self._lent_module, "state": state}, args, kwargs)

    StandIn.__name__ = StandIn.__qualname__ = name
    return StandIn


def _owner(module: Any, path: str) -> tuple[Any, str]:
    """Return the inner module that a parameter belongs to, and its name there."""
    *inner, own = path.split(".")
    for name in filter(None, inner):
        if not hasattr(module, name):
            module.add_module(name, sys.modules["torch"].nn.Module())
        module = getattr(module, name)
    return module, own


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    kinds = (bool, int, float, str)
    return {name: v for name, v in values.items() if type(v) in kinds and name[0] != "_"}


def _is_module(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, type) and issubclass(value, torch.nn.Module)


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
