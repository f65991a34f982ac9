"""PyTorch's optimizers without its compiler, which their first step would import.

That takes two seconds of CPU time and 70 MB. An optimizer only wants the compiler to keep out of
its way, as it does while nobody has imported it. From then on, all is as PyTorch has it.
"""

import functools
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

COMPILER = "torch._dynamo"


def without_compiler(torch: ModuleType) -> None:
    """Let optimizers work without the compiler, until somebody imports it."""
    optimizer = torch.optim.Optimizer
    decorator = sys.modules[optimizer.__module__]._use_grad_for_differentiable
    for method in list(vars(optimizer).values()):
        if _is_made_by(torch._disable_dynamo, method):
            # Where PyTorch keeps what the compiler makes of the method.
            method.__wrapped__.__dynamo_disable = _undisturbed(method)
    for kind in list(vars(torch.optim).values()):
        if isinstance(kind, type) and issubclass(kind, optimizer):
            step = vars(kind).get("step")
            if _is_made_by(decorator, step):
                kind.step = _step(torch, step)


def _is_made_by(decorator: Callable, method: Any) -> bool:
    made = isinstance(method, FunctionType) and method.__code__ in decorator.__code__.co_consts
    return made and hasattr(method, "__wrapped__")


def _undisturbed(method: Callable) -> Callable:
    plain = method.__wrapped__

    def call(*args: Any, **kwargs: Any) -> Any:
        if COMPILER not in sys.modules:
            return plain(*args, **kwargs)
        del plain.__dynamo_disable
        return method(*args, **kwargs)

    return call


def _step(torch: ModuleType, step: Callable) -> Callable:
    plain = step.__wrapped__

    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if COMPILER in sys.modules:
            return step(self, *args, **kwargs)
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return plain(self, *args, **kwargs)

    return call
