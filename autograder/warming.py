"""What tests import inside their bodies, imported once before the first submission.

Otherwise each fork of the grader would import it, and the first question would seem slow.
"""

import ast
import contextlib
import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.assignment.private_package import PACKAGE
from autograder.optimizers import without_compiler


def import_for_tests(files: Iterable[Path]) -> None:
    """Import what these test files import; what cannot be imported is for their tests to say."""
    texts = (file.read_text(encoding="utf-8") for file in files)
    names = {name for text in texts for name in _imported(text)}
    for name in sorted(names | {"numpy.ma"}):  # np.unique imports it
        if name.split(".")[0] == PACKAGE:  # each examination imports its own
            continue
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if torch := sys.modules.get("torch"):
        # The tests' arrays are small: more threads would only wait for each other.
        torch.set_num_threads(1)
        without_compiler(torch)


def _imported(text: str) -> Iterator[str]:
    """Yield the modules that a test file may import: `from a import b` names `a.b` or no module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and "otter" not in node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
