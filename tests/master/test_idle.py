"""Tests that cannot fail are refused where they are written."""

import pytest

from tools.errors import AuthorError, Place
from tools.master import test_cell

RAISE = "Write `assert`, or call a comparator of seqlab.checks, which raises."
IDLE = {
    "a comparison": ("double(2) == 4", f"`double(2) == 4` is computed and dropped. {RAISE}"),
    "allclose": (
        "import numpy as np\nnp.allclose(double(2), 4)",
        f"`np.allclose(double(2), 4)` is computed and dropped. {RAISE}",
    ),
    "a tuple": (
        'assert (double(2) == 4, "no")',
        "`assert (double(2) == 4, 'no')` never fails. Remove the outer parentheses.",
    ),
    "a method": (
        "assert (double(2) == 4).all",
        "`assert (double(2) == 4).all` never fails, because that is a method. "
        "Call it: `(double(2) == 4).all()`.",
    ),
    "a returned result": (
        "return double(2) == 4",
        f"the test returns `double(2) == 4`, which nobody reads. {RAISE}",
    ),
    "a text": (
        'double(2)\nassert "twice two"',
        "`assert 'twice two'` never fails. Compare something with it.",
    ),
    "the empty text": (
        'assert "" in double("a")',
        "`assert '' in double('a')` never fails. Every text holds the empty one.",
    ),
    "an object": (
        "assert double(2) is 4",
        "`is` compares objects, not values. Write `==`, or `checks.assert_equal`.",
    ),
    "a branch": (
        "if False:\n    assert double(2) == 4",
        "what stands below `if False` never runs. Remove the condition.",
    ),
    "a loop over nothing": (
        "for x in []:\n    assert double(x) == 4",
        "the loop over `[]` never runs. Give it what it is for.",
    ),
    "below a return": (
        "return\nassert double(2) == 4",
        "this line never runs. Remove it, or what stops above it.",
    ),
    "a function nobody calls": (
        "def check():\n    assert double(2) == 4",
        "nothing calls `check`. Call it, or remove it.",
    ),
    "an exception that need not come": (
        "try:\n    double('a')\nexcept ValueError:\n    pass",
        "this `try` passes, whether or not the exception is raised. "
        "Write `checks.assert_raises`, or `else: raise AssertionError` below it.",
    ),
    "a swallowed failure": (
        "try:\n    assert double(2) == 4\nexcept Exception:\n    pass",
        "this `except` swallows what a check raises. "
        "Name the exception that the answer should raise, or remove the `try`.",
    ),
}


def written(lines: str) -> str:
    return 'def test_two(double):\n    """Twice two"""\n    ' + lines.replace("\n", "\n    ")


@pytest.mark.parametrize(("lines", "said"), IDLE.values(), ids=IDLE)
def test_a_test_that_cannot_fail(lines, said):
    with pytest.raises(AuthorError) as raised:
        test_cell.read(written(lines), Place("a.ipynb", "q1_test_two"))
    assert str(raised.value).endswith(f": {said}")
    assert str(raised.value).startswith("a.ipynb, cell q1_test_two, line ")


@pytest.mark.parametrize(
    "lines",
    [
        "def right(x):\n    return x == 4\n\nassert right(double(2))",
        "try:\n    double('a')\nexcept ValueError:\n    return\nraise AssertionError",
        "try:\n    value = double(2)\nexcept Exception:\n    raise AssertionError from None\n"
        "assert value == 4",
    ],
)
def test_one_that_can(lines):
    test_cell.read(written(lines), Place("a.ipynb", "q1_test_two"))
