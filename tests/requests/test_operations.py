"""Requests to a namespace from outside, and how values come back to it."""

from collections import namedtuple

import pytest

from autograder import wire
from autograder.requests.operations import Operations

State = namedtuple("State", "h c")
Keys = namedtuple("Keys", "missing extra")


def step(x, state=None):
    h = 0 if state is None else state.h
    return x, State(h + x, c=-x)


@pytest.fixture
def call():
    """Call a function of a namespace as the examiner does: frames in, frames out."""
    operations = Operations({"step": step, "load": lambda: Keys([], [])})

    def call(name, *args, **kwargs):
        request = {"op": "call", "target": operations._namespace[name], "args": args}
        sent = wire.encode(request | {"kwargs": kwargs}, opaque=operations.number)
        answer = operations.frame(operations.answer(operations.read(sent)))
        return wire.decode(answer, handle=lambda *_: None)

    return call


def test_a_state_that_is_a_named_tuple_is_one_again_when_it_comes_back(call):
    call("load")  # another kind, of the same length
    _, state = call("step", 3)["value"]
    assert type(state) is tuple, "it travels plain"
    assert call("step", 4, state)["value"] == (4, (7, -4))
    assert call("step", 4, state=state)["value"] == (4, (7, -4))


def test_a_tuple_of_another_length_stays_plain(call):
    call("step", 3)
    assert call("step", 4, (1, 2, 3))["raised"]["bases"][0] == "AttributeError"
