"""Stubs: what they make of a right result."""

import numpy as np
import pytest

from tools.course.settings import Stub
from tools.proof import stub_values

RESULT = {
    "numbers": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "rest": (np.array([1, 2]), 0.5, 7, [3, 4], "word"),
}
CHANGED = {
    Stub.CONSTANT: (np.ones((2, 3)), (np.array([1, 1]), 1.0, 1, [1, 1], "1")),
    Stub.ZERO: (np.zeros((2, 3)), (np.array([0, 0]), 0.0, 0, [0, 0], "")),
    Stub.NEGATED: (-RESULT["numbers"], (np.array([-1, -2]), -0.5, -7, [-3, -4], "drow")),
    Stub.TRANSPOSED: (RESULT["numbers"].T, (np.array([2, 1]), -1.5, -8, [4, 3], "drow")),
    Stub.WRONG_SHAPE: (
        RESULT["numbers"][None],
        (np.array([[1, 2]]), np.array([0.5]), np.array([7]), [[3, 4]], ["word"]),
    ),
    Stub.WRONG_DTYPE: (
        RESULT["numbers"].astype(np.int64),
        (np.array([1 + 0j, 2 + 0j]), 0, 7 + 0j, [3 + 0j, 4 + 0j], b"word"),
    ),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_what_a_stub_returns(kind):
    got = stub_values.changed(kind, RESULT)
    numbers, rest = CHANGED[kind]
    assert repr(got) == repr({"numbers": numbers, "rest": rest})


def test_a_stub_of_nan():
    got = stub_values.changed("nan", RESULT)
    assert np.isnan(got["numbers"]).all() and got["numbers"].shape == (2, 3)
    assert np.isnan(got["rest"][0]).all() and np.isnan(got["rest"][1])


def test_stubs_work_on_right_results_and_refuse_nothing():
    names: dict = {}
    exec(
        "def one(x):\n    if x < 0:\n        raise ValueError\n    return x + 1\n"
        "def two(x):\n    return 2 * one(x)",
        names,
    )
    names |= stub_values.stubs("negated", ["one", "two"], names)
    assert (names["one"](1), names["two"](1)) == (-2, -4)
    assert names["one"](-1) == 0.0
    exec("def three(x):\n    return two(x) + 1", names)
    names |= stub_values.stubs("identity", ["three"], names)
    assert names["three"](5) == 5
    exec("def four(x):\n    return two(x) + 1", names)
    names |= stub_values.stubs("negated", ["four"], names)
    assert names["four"](1) == -5
