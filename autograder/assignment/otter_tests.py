"""Test files as Otter writes them, read by Otter's own classes: the grader's one use of Otter.

Otter offers no public way to read a test file without running it, so this module uses names that it
may rename: the module `test_files.exception_test` with its `ExceptionTestFile`, and of a test case
`body.test_func` and `body.call_func`. tests/release/test_otter.py says which one is gone when a new
Otter is tried.
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class TestCase:
    """One test of a question: a function whose parameters are names of the notebook."""

    title: str
    hidden: bool
    points: float
    hint: str
    body: Any

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the notebook that it takes."""
        return tuple(inspect.signature(self.body.test_func).parameters)

    def run(self, names: Mapping[str, Any]) -> None:
        """Call it with these names; it raises where the answer is wrong."""
        self.body.call_func(names)


def read_tests(file: Path) -> tuple[TestCase, ...]:
    """Read the tests of a question, in their order, with the points that Otter gives to each."""
    test_file = otters_test_files().ExceptionTestFile
    with _as_otter():
        cases = test_file.from_file(str(file)).test_cases
    return tuple(
        TestCase(case.name, case.hidden, float(case.points), case.failure_message or "", case.body)
        for case in cases
    )


@functools.cache
def otters_test_files() -> ModuleType:
    """Return Otter's module of test files, without importing the rest of Otter.

    Importing `otter` runs its exports and servers too, with pandas and nbconvert: 1.5 s and 90 MB.
    """
    with _hollow_otter():
        return importlib.import_module("otter.test_files.exception_test")


@contextlib.contextmanager
def _as_otter() -> Iterator[None]:
    """Let a test file import `test_case` from `otter.test_files`, and get the light one."""
    with _hollow_otter():
        sys.modules["otter.test_files"].test_case = otters_test_files().test_case
        yield


@contextlib.contextmanager
def _hollow_otter() -> Iterator[None]:
    """Let Otter's packages be empty folders for a while; whoever needs them later gets all."""
    folder = Path(importlib.util.find_spec("otter").origin).parent
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_otters(name)}
    try:
        for name, path in (("otter", folder), ("otter.test_files", folder / "test_files")):
            module = ModuleType(name)
            module.__path__ = [str(path)]
            sys.modules[name] = module
        yield
    finally:
        for name in [name for name in sys.modules if _is_otters(name)]:
            del sys.modules[name]
        sys.modules |= before


def _is_otters(name: str) -> bool:
    return name.partition(".")[0] == "otter"
