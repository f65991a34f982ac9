"""What fails around a test and not in an answer: a module, a name, a file, the network.

No submission is to blame for these, so none loses points over them; staff read what failed, and in
which cell of the master.
"""

import traceback
from collections.abc import Iterator
from pathlib import PurePath
from types import CodeType, ModuleType

from autograder.assignment.otter_tests import TestCase
from autograder.examiner.line import UnsentArgument


class TestBrokeError(Exception):
    """A test cannot run where it runs; the message says why, and where in the master."""


def what_failed(
    error: Exception, case: TestCase, question: str, has_asked: bool = True
) -> str | None:
    """Return why a test cannot run here, or None where the answer may be to blame.

    has_asked: whether the test has asked anything of the answer, or got a value of it.
    """
    function, said = case.body.test_func, f"{type(error).__name__}: {error}"
    if isinstance(error, UnsentArgument):
        remedy = "Pass plain values, arrays or tables, or a copy without code: calls.by_value(it)"
        said = f"an argument is {error}"
    elif isinstance(error, ImportError):
        remedy = "Add the module to `requirements` of assignment.toml, or import it from elsewhere"
        if error.name and error.name.split(".")[0] in ("seqlab", "testing"):
            remedy = "Correct the name: no answer has to do with it"
    elif isinstance(error, NameError):
        remedy = "Define the name in the test, or import it there"
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        remedy = "Correct the name: no answer has to do with it"
    elif isinstance(error, OSError) and _is_its_own(error, function.__code__):
        remedy = "A test opens only what lies in `testing/`, and no network"
    elif not has_asked and not isinstance(error, AssertionError | MemoryError):
        remedy = "Mend the test: it has asked nothing of an answer yet"
    else:
        return None
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.name == function.__name__]
    line = f", at `{frames[-1].line}`" if frames and frames[-1].line else ""
    number = question.split("_")[0]
    cell = f"cell {number}_{function.__name__}"
    return f'{cell}, "{case.title}": {said}{line}. {remedy}.'


def _is_its_own(error: OSError, code: CodeType) -> bool:
    """Return whether a file or an address comes from the test, not from an answer."""
    if error.filename is None:
        return True  # the network
    wanted = PurePath(str(error.filename)).name
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(PurePath(text).name == wanted for c in (code, *frames) for text in _texts(c))


def _texts(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _texts(constant)
