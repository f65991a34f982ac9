"""The nearest answer: which edit of the right answer does what a submission did."""

from time import process_time

import numpy as np
import pytest
from test_known_bugs import call, names, session

from autograder.diagnosis import nearest as module
from autograder.diagnosis.nearest import nearest

RIGHT = """import numpy as np

def step(x, h, h_prev):
    z = x @ h + h_prev
    c = np.tanh(z) ** 2
    while c.sum() > 100:
        c = c / 2
    return c * (1.0 - z**2), z.T
"""
EDITS = [
    ("h + h_prev", "h - h_prev", "`z = x @ h + h_prev` becomes `z = x @ h - h_prev`."),
    ("np.tanh(z)", "z", "`c = np.tanh(z) ** 2` becomes `c = z ** 2`."),
    ("z.T", "z", "`return (c * (1.0 - z ** 2), z.T)` becomes `return (c * (1.0 - z ** 2), z)`."),
    ("+ h_prev", "+ h", "`z = x @ h + h_prev` becomes `z = x @ h + h`."),
    ("1.0 - z**2", "1.0 - np.tanh(z) ** 2", "becomes `return (c * (1.0 - np.tanh(z) ** 2), z.T)`."),
]


def asked(code: str) -> list:
    rng = np.random.default_rng(7)
    arrays = [rng.normal(size=(3, 3)) for _ in range(6)]
    calls = [call("step", *arrays[:3]), call("step", *arrays[3:])]
    return [session(code, *calls)]


def said(code: str) -> str:
    found = nearest(asked(code), names(RIGHT), RIGHT, lambda: None)
    return found.sentence if found else ""


@pytest.mark.parametrize(("old", "new", "sentence"), EDITS)
def test_an_edit_is_found(old, new, sentence):
    assert RIGHT.count(old) == 1
    told = said(RIGHT.replace(old, new))
    assert told.startswith("You get exactly what the right answer gets with one change: ")
    assert told.endswith(sentence)


def test_two_edits_that_show_in_different_results():
    code = RIGHT.replace("z.T", "z").replace("c * (", "c / (")
    assert said(code).startswith("You get exactly what the right answer gets with two changes: ")
    assert "becomes `return (c / (1.0 - z ** 2), z.T)`, and " in said(code)


@pytest.mark.parametrize(
    "code",
    [
        RIGHT,
        # Right in another way, and wrong in no way that an edit is.
        RIGHT.replace("z.T", "np.transpose(z)"),
        RIGHT.replace("x @ h", "np.sin(x) @ np.cos(h)"),
        # Nearly what an edit gets.
        RIGHT.replace("h + h_prev", "h - h_prev + 1e-4"),
        RIGHT.replace("c * (", "c + 0.1 * ("),
        RIGHT.replace("return c", "raise ValueError\n    return c"),
    ],
)
def test_what_no_edit_does_is_not_said(code):
    assert said(code) == ""


def test_an_edit_that_makes_a_loop_endless_is_not_tried():
    """`c = c / 2` without effect would never end."""
    assert said(RIGHT.replace("c / 2", "c / 3")) == ""


def test_it_stops_in_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)
    started = process_time()
    assert said(RIGHT.replace("np.tanh(z)", "z")) == ""
    assert process_time() - started < 5
