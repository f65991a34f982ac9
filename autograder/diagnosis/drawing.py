"""Generators that an answer was given and does not draw from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.requests.recorded import Made


def unused_generators(calls: Sequence[Made]) -> list[str]:
    """Return the arguments that a right function draws from in these calls, and this one never."""
    unused: dict[str, bool] = {}
    for made in calls:
        right, theirs = (_after(made, answer) for answer in (made.right, made.theirs))
        for name, value in made.arguments.items():
            if not isinstance(value, np.random.Generator):
                continue
            before = _state(value)
            if _state(right.get(name, value)) != before:
                as_before = _state(theirs.get(name, value)) == before
                unused[name] = unused.get(name, True) and as_before
    return [name for name, never in unused.items() if never]


def _after(made: Made, answer: dict) -> dict[str, Any]:
    """Return the arguments by name as they came back; they only do if something has changed."""
    args, kwargs = answer.get("arguments") or ((), {})
    return dict(zip(made.arguments, args, strict=False)) | kwargs


def _state(value: Any) -> str:
    return str(value.bit_generator.state) if isinstance(value, np.random.Generator) else ""
