"""Stubs: wrong answers made from the right one, which must not earn points.

A stub computes the right answer and returns something else of about the same form, so that a test
which looks at the form alone, or at nothing, lets it pass.
"""

from pathlib import Path

from tools.course.settings import Stub

TEXT = Path(__file__).with_name("stub_values.py")


def stubbed_cell(answer: str, names: tuple[str, ...], kind: Stub) -> str:
    """Return a cell with this answer that then turns the functions `names` into stubs.

    It stands alone, as a submission does: it contains the text of `stub_values`.
    """
    values = TEXT.read_text(encoding="utf-8")
    return (
        f"{answer}\n\n\n_stubs = {{}}\nexec({values!r}, _stubs)\n"
        f'globals().update(_stubs["stubs"]({str(kind)!r}, {list(names)!r}, globals()))'
    )
