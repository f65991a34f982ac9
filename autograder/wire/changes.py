"""What a call changes in its arguments: found in the candidate, noted in the examiner."""

from typing import Any

from numpy import random

from autograder.wire.encoder import encode
from autograder.wire.values import WireError


def trace(value: Any) -> bytes | None:
    """Return what a value has in common with those that travel alike, or None beyond the limits.

    Type, key order and every bit count, and NaN equals itself. An object that cannot travel is the
    same only as itself, as long as somebody keeps it.
    """
    try:
        return encode(value, opaque=id)
    except WireError:
        return None


def same(a: Any, b: Any) -> bool:
    """Return whether two values travel alike; a value beyond the limits equals nothing."""
    one = trace(a)
    return one is not None and one == trace(b)


def advance(target: Any, new: Any) -> None:
    """Bring the Generators in `target` to the states of those in a decoded `new`.

    Nothing else changes: what a call wrote into arrays, lists and dicts stays where it happened.
    """
    if isinstance(target, random.Generator) and isinstance(new, random.Generator):
        if type(target.bit_generator) is type(new.bit_generator):
            _go_on(target, new)
    elif isinstance(target, dict) and isinstance(new, dict):
        for key in target.keys() & new.keys():
            advance(target[key], new[key])
    elif isinstance(target, list | tuple) and isinstance(new, list | tuple):
        for one, other in zip(target, new, strict=False):
            advance(one, other)


def _go_on(generator: random.Generator, other: random.Generator) -> None:
    state, fresh = generator.bit_generator.state, other.bit_generator.state
    # A PCG64's increment never changes. If a candidate could choose it, it could make a generator
    # that returns 0 forever, and a test that draws from it would never end.
    if state["bit_generator"] == "PCG64" and state["state"]["inc"] == fresh["state"]["inc"]:
        generator.bit_generator.state = fresh
