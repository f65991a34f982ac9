"""The text of a cell that redefines given functions, as a student may: for tests, not for answers.

What the notebook's own code calls stays right; whoever calls from outside it gets `REDEFINED`.
"""

import functools
import sys
from collections.abc import Callable, Collection
from types import FunctionType
from typing import Any

REDEFINED = "what the student's own function returns"


def redefine(kept: Collection[str], notebook: dict[str, Any]) -> None:
    """Replace all functions in the notebook but those of these names."""
    for name, value in list(notebook.items()):
        if isinstance(value, FunctionType) and name not in kept:
            notebook[name] = _redefined(value, notebook)


def _redefined(right: Callable, notebook: dict[str, Any]) -> Callable:
    @functools.wraps(right)
    def redefined(*args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_globals is notebook:
                return right(*args, **kwargs)
            frame = frame.f_back
        return REDEFINED

    return redefined
