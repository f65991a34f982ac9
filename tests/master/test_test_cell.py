"""Rules for a test's cell: names it may use, and draws that the semester determines."""

import pytest

from tools.errors import AuthorError, Place
from tools.master import names, test_cell

CONFIG = """\
\"\"\" # BEGIN TEST CONFIG
hidden: true
points: 1
failure_message: No.
\"\"\" # END TEST CONFIG
"""


def hidden(*lines: str) -> test_cell.Test:
    """Read a hidden test with these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    source = f'{CONFIG}def test_f(f):\n    """Title"""\n    import numpy as np\n{body}'
    return test_cell.read(source, Place("x.ipynb", "q1_test_f"))


@pytest.mark.parametrize(
    "lines",
    [
        ("f(np.random.default_rng(7).normal())",),
        (
            "rng = np.random.Generator(np.random.PCG64(np.random.default_rng(7).integers(9)))",
            "f(rng)",
        ),
        ("import torch", "torch.manual_seed(7)", "f(torch.randn(3))"),
        ("import torch", "f(torch.rand(3, generator=torch.Generator().manual_seed(7)))"),
        ("from random import Random", "f(Random(7).random())"),
        ("f(np.random.RandomState(7).rand())",),
        ("class random:", "    choice = max", "f(random.choice(1, 2))"),
    ],
)
def test_seeded_draws(lines):
    assert hidden(*lines).hidden


@pytest.mark.parametrize(
    "lines",
    [
        ("f(np.random.PCG64())",),
        ("f(np.random.choice(3))",),
        ("import numpy.random", "f(numpy.random.rand())"),
        ("from numpy import random as r", "f(r.rand())"),
        ("import random", "f(random.randrange(3))"),
        ("from random import Random", "f(Random())"),
        ("import torch as t", "f(t.randperm(3))"),
        ("np.random.seed(7)", "f(np.random.rand())"),
    ],
)
def test_draws_without_a_seed_of_their_own(lines):
    with pytest.raises(AuthorError, match="draws without a seed of its own"):
        hidden(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("assert [f(i) for i in range(3)] == [0, 1, 2]",),
        ("def inner(x):", "    return f(x) + other", "other = 1", "assert inner(0) == 1"),
        ("assert (lambda x: f(x))(1) and __name__",),
        ("try:", "    f(1)", "except ValueError as error:", "    print(error)"),
    ],
)
def test_names_that_a_test_may_use(lines):
    assert hidden(*lines).function == "test_f"


def test_names_that_a_cell_defines():
    code = (
        "%matplotlib inline\nimport numpy as np, os.path\nfrom math import pi as tau\n"
        "a, (b, *c) = 1, (2, 3)\nfor d in []: e = 1\ndef f(g): h = 1\nclass I: j = 1\n!ls\nk"
    )
    assert names.defined(code) == {"np", "os", "tau", "a", "b", "c", "d", "e", "f", "I"}
    assert names.ANY in names.defined("from math import *")
    assert names.ANY in names.defined("%%bash\nls -l /")
    where = Place("x.ipynb")
    test = "def test_f(In, unknown):\n    pass"
    assert list(names.check_parameters(test, {names.ANY}, [], where)) == []
    (error,) = names.check_parameters(test, {"f"}, [], where)
    assert '"unknown"' in str(error)
