"""Test files as Otter writes them, read by Otter's own classes: the grader's one use of Otter.

Otter offers no public way to read a test file without running it, so this module uses names that it
may rename: `create_test_file`, `NBMetadataConfig`, and of a test case `body.test_func` and
`body.call_func`. tests/release/test_otter.py says which one is gone when a new Otter is tried.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
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
    # Otter takes a second to import, and `unroll --help` need not wait for it.
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file

    cases = create_test_file(str(file), NBMetadataConfig()).test_cases
    return tuple(
        TestCase(case.name, case.hidden, float(case.points), case.failure_message or "", case.body)
        for case in cases
    )
