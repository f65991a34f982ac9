"""Stubs: what they make of a right result."""

import numpy as np
import pytest

from tools.course.settings import Stub
from tools.errors import Place
from tools.master import test_cell
from tools.proof import stub_values
from tools.proof.stubs import stubbed_cell

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


# --- vandal -----------------------------------------------------------------------------------


def vandal(answer: str, name: str):
    names: dict = {}
    exec(stubbed_cell(answer, (name,), Stub.VANDAL), names)
    return names[name]


def test_a_vandal_leaves_zeros_in_all_that_it_is_given():
    total = vandal(
        "def total(x, params, *, rows):\n    return x + params['W'].sum() + len(rows[1][0]), 1.5",
        "total",
    )
    x, w, whole = np.ones((2, 3)), np.ones(4), np.array([True, True])
    params, rows = {"W": w, "n": 7}, [1.5, ([2, "b"], whole)]
    for _ in range(2):  # the second time, everything is zero already
        got = total(x, params, rows=rows)
        assert repr(got) == repr((np.zeros((2, 3)), 0.0))
        assert not x.any() and not w.any() and not whole.any()
        assert params == {"W": w, "n": 0} and rows == [0.0, ([0, ""], whole)]


def test_a_vandal_computes_the_form_on_copies_before_it_overwrites_anything():
    answer = (
        "def drain(x, rng):\n    size = int(x[0])\n    x[0] = rng.random()\n    return [x] * size"
    )
    drain = vandal(answer, "drain")
    x, rng = np.array([2.0, 5.0]), np.random.default_rng(1)
    before = rng.bit_generator.state
    assert repr(drain(x, rng)) == repr([np.zeros(2), np.zeros(2)])
    assert not x.any()
    assert rng.bit_generator.state == before


def test_a_vandal_overwrites_what_the_right_answer_refuses():
    refuse = vandal("def refuse(x):\n    raise ValueError", "refuse")
    x = np.ones(3)
    assert refuse(x) == 0.0 and not x.any()


def test_a_vandal_leaves_what_cannot_be_overwritten():
    same = vandal("def same(x, y):\n    return x", "same")
    x = np.ones(3)
    x.flags.writeable = False
    y = np.ones(2)
    assert repr(same(x, y)) == repr(np.zeros(3))
    assert x.all() and not y.any()


MODEL = """\
import copy
import numpy as np
class Model:
    def __init__(self):
        self.weight = np.ones(2)
    def parameters(self):
        return [self.weight]
    def forward(self, x):
        return self.weight * x
"""
FIT = """\
def fit(model, x):
    return [float(model.forward(x).sum())] * 3
"""


@pytest.mark.parametrize(("kind", "losses", "weight"), [("vandal", 0.0, 0.0), ("negated", -4, 1)])
def test_a_stub_is_given_a_stub_of_a_model(kind, losses, weight):
    names: dict = {}
    exec(stubbed_cell(MODEL, ("Model",), Stub(kind)), names)
    model = names["Model"]()
    x = np.full(2, 2.0)
    assert repr(model.forward(x.copy())) == repr(np.full(2, 2.0) * (0.0 if not losses else -1))
    exec(stubbed_cell(FIT, ("fit",), Stub(kind)), names)
    # The right function has the right model for as long as it runs.
    assert names["fit"](model, x.copy()) == [losses] * 3
    assert (model.weight == weight).all()
    assert model.forward(x.copy()).sum() <= 0


COUNTER = """\
class Counter:
    def __init__(self, size):
        self.size = size
        self.counts = [5] * self.size
    def add(self, at):
        self.counts[at] += 1
        return self.counts[at]
    def forward(self, at):
        return self.add(at)
    def backward(self, at):
        return self.counts[at] + 10
"""


@pytest.mark.parametrize(
    ("kind", "size"), [("zero", 0), ("negated", -3), ("identity", 0.0), ("recall", 1)]
)
def test_a_stub_of_a_class_shows_wrong_attributes_and_computes_with_the_right_ones(kind, size):
    names: dict = {}
    exec(stubbed_cell(COUNTER, ("Counter",), Stub(kind)), names)
    counter = names["Counter"](3)
    assert counter.size == size
    assert counter.forward(2) != 6 and counter.backward(2) not in (15, 16)  # no model: all wrong


# --- recall -----------------------------------------------------------------------------------

DOUBLE = "def double(x):\n    return 2 * x\n"
EXAMPLES = """\
def test_examples(double, In):
    \"\"\"Examples\"\"\"
    import numpy as np

    assert In[0] == ""
    double(5)
    double(7)
    double(np.array([1.0, 2.0]))
    double(np.array([[3.0, 4.0]]))
    raise AssertionError("whatever a test finds, its calls count")
"""


def recall(answer: str, name: str, *tests: str, **given):
    names: dict = given
    public = [test_cell.read(source, Place("", f"q1_test_{n}")) for n, source in enumerate(tests)]
    exec(stubbed_cell(answer, (name,), Stub.RECALL, public), names)
    return names[name]


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (5, 10),
        (7, 14),  # a known argument has its own result
        (6, 10),  # an unknown one of this type has the first
        (np.array([8.0, 9.0]), np.array([2.0, 4.0])),
        (np.array([[8.0, 9.0]]), np.array([[6.0, 8.0]])),
        (np.ones((4, 5)), np.array([[6.0, 8.0]])),  # as many axes
        (np.ones((4, 5, 6)), np.array([2.0, 4.0])),  # an array, at least
        ("text", 10),  # nothing like it: the first
    ],
)
def test_recall_answers_as_the_nearest_public_example(given, result):
    double = recall(DOUBLE, "double", EXAMPLES, In=[""])
    assert repr(double(given)) == repr(result)


def test_recall_keeps_its_table_from_its_callers():
    answer = "def own(x):\n    x.append(1)\n    return [x]\n"
    test = 'def test_own(own):\n    """Own"""\n    x = [5]\n    own(x)[0].append(2)\n'
    own = recall(answer, "own", test)
    own([5])[0].append(3)
    assert own([5]) == [[5, 1]]


def test_recall_without_examples_is_constant():
    needs_more = 'def test_one(double, absent):\n    """One"""\n    double(absent)\n'
    assert recall(DOUBLE, "double")(5) == 1
    assert recall(DOUBLE, "double", needs_more)(5) == 1


def test_recall_of_a_model():
    test = (
        'def test_model(Model):\n    """Model"""\n    import numpy as np\n\n'
        "    Model().forward(np.full(2, 3.0))\n"
    )
    model = recall(MODEL, "Model", test)()
    assert repr(model.forward(np.ones(5))) == repr(np.full(2, 3.0))
    assert (model.weight == 1.0).all()


def test_only_recall_holds_the_public_tests():
    public = [test_cell.read(EXAMPLES, Place("", "q1_test"))]
    cells = {kind: stubbed_cell(DOUBLE, ("double",), kind, public) for kind in Stub}
    assert [kind for kind, cell in cells.items() if "test_examples" in cell] == [Stub.RECALL]
