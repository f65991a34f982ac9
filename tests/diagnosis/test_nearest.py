"""The nearest answer: which edit of the right answer does what a submission did."""

import ast
from time import process_time

import numpy as np
import pytest
from test_known_bugs import call, names, session

from autograder.diagnosis import nearest as module
from autograder.diagnosis.nearest import nearest
from autograder.mutants.edits import edits
from autograder.mutants.further_edits import Context
from autograder.requests.recorded import Record

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
    (
        "np.tanh(z)",
        "np.maximum(z, 0)",
        "`c = np.tanh(z) ** 2` becomes `c = np.maximum(z, 0) ** 2`.",
    ),
    ("x @ h + h_prev", "h_prev", "`z = x @ h + h_prev` becomes `z = h_prev`."),
    ("1.0 - z**2", "1.0 - np.tanh(z) ** 2", "becomes `return (c * (1.0 - np.tanh(z) ** 2), z.T)`."),
]


def asked(code: str) -> list:
    rng = np.random.default_rng(7)
    arrays = [rng.normal(size=(3, 3)) for _ in range(6)]
    calls = [call("step", *arrays[:3]), call("step", *arrays[3:])]
    return [session(code, *calls)]


def said(code: str) -> str:
    found = nearest(Record(asked(code), (), lambda: None), names(RIGHT), RIGHT)
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
    for edit in ("c / (1.0 - z ** 2), z.T", "c * (1.0 - z ** 2), z"):
        assert f"becomes `return ({edit})`" in said(code)


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


def test_an_exception_alone_names_no_edit():
    """Factors that are exchanged or not transposed do not fit, and nobody can tell which it is."""
    right = "import numpy as np\n\ndef step(x, h, h_prev):\n    return x @ h.T + h_prev.sum()\n"
    for code in (right.replace("h.T", "h"), right.replace("x @ h.T", "h.T @ x")):
        x, h = np.ones((2, 3)), np.ones((5, 3))
        record = Record([session(code, call("step", x, h, x))], (), lambda: None)
        assert nearest(record, names(right), right) is None


def test_one_size_for_which_a_function_returns_names_no_edit():
    """With one unit and equal gates a wider block looks like another one; else nothing fits."""
    right = (
        "import numpy as np\n\ndef step(z, c):\n    H = c.shape[1]\n    i = z[:, :H]\n"
        "    f = z[:, H:2 * H]\n    c = f * c + i\n    return c, np.concatenate([i, f], axis=1)\n"
    )
    code = right.replace("z[:, H:2", "z[:, H - 1:2")
    one = call("step", np.array([[0.3, 0.3]]), np.array([[0.7]]))
    two = call("step", np.array([[0.1, 0.2, 0.3, 0.4]]), np.array([[0.5, 0.6]]))
    record = Record([session(code, one, two)], (), lambda: None)
    assert nearest(record, names(right), right) is None


def test_an_empty_result_names_no_edit():
    """Nothing comes of `n // len(x)`, nor of `len(x) % n` where n divides it."""
    right = "def step(x, n):\n    return x[: len(x) // n]\n"
    code = right.replace("len(x) // n", "n // len(x)")
    record = Record([session(code, call("step", np.arange(1.0, 9.0), 2))], (), lambda: None)
    assert nearest(record, names(right), right) is None


def test_an_edit_that_makes_a_loop_endless_is_not_tried():
    """`c = c / 2` without effect would never end."""
    assert said(RIGHT.replace("c / 2", "c / 3")) == ""


def test_it_stops_in_time(monkeypatch):
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)
    started = process_time()
    assert said(RIGHT.replace("np.tanh(z)", "z")) == ""
    assert process_time() - started < 5


GATES = """def step(i, f, c):
    h = f * c + i
    dh = h * c
    return dh * i
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("f * c", "(1 - i) * c", "`h = f * c + i` becomes `h = (1 - i) * c + i`."),
        (
            "dh = h * c",
            "dh = np.clip(h * c, -1, 1)",
            "`dh = h * c` becomes `dh = h * c; dh = np.clip(dh, -1, 1)`.",
        ),
    ],
)
def test_edits_for_a_diagnosis_alone(old, new, sentence):
    code = "import numpy as np\n" + GATES
    record = Record(asked(code.replace(old, new)), (), lambda: None)
    assert nearest(record, names(code), code).sentence.endswith(sentence)


def test_a_reshape_may_stand_for_a_transpose():
    tree = ast.parse("def f(x):\n    return x.T\n")
    assert "return x.reshape(x.shape[::-1])" in [
        edit.becomes for edit in edits(tree, Context.of(tree).ways)
    ]
