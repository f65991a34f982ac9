"""Stubs: wrong answers made from the right one, which must not earn points.

Most stubs compute the right answer and return something else of about the same form, so that a
test which looks at the form alone, or at nothing, lets them pass. A vandal also overwrites its
arguments: a test's arrays are copies, but a model stays with the answer, and a test that compares
the result with it would find zeros on both sides. Recall has learned the public tests by heart,
which catches a hidden test that repeats them.
"""

from collections.abc import Sequence
from pathlib import Path

from tools.course.settings import Stub
from tools.master.test_cell import Test

TEXT = Path(__file__).with_name("stub_values.py")


def stubbed_cell(
    answer: str, names: tuple[str, ...], kind: Stub, public_tests: Sequence[Test] = ()
) -> str:
    """Return a cell with this answer that then turns the functions `names` into stubs.

    It stands alone, as a submission does: it contains the text of `stub_values` and, for a stub
    that recalls them, the public tests. Their source in the master needs no Otter.
    """
    values = TEXT.read_text(encoding="utf-8")
    recalled = public_tests if kind is Stub.RECALL else ()
    examples = [(test.function, test.source) for test in recalled]
    arguments = f"{str(kind)!r}, {list(names)!r}, globals(), {examples!r}"
    return (
        f"{answer}\n\n\n_stubs = {{}}\nexec({values!r}, _stubs)\n"
        f'globals().update(_stubs["stubs"]({arguments}))'
    )
