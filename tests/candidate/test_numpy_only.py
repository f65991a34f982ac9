"""Questions answered with NumPy alone: PyTorch cannot be imported or reached in their process."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.assignment.bundle import FILE, parse_bundle
from autograder.candidate import numpy_only
from autograder.sandbox import folders


def ended(body: Callable[[dict], object]) -> int:
    """Return the wait status of a child that runs `body` without PyTorch; exit 3: ImportError."""
    names = {"torch": torch, "sigmoid": torch.sigmoid}
    child = os.fork()
    if child == 0:
        faulthandler.disable()  # or pytest's would print what is expected here
        try:
            numpy_only.enforce(names, "q6_forward")
            body(names)
        except ImportError as error:
            os._exit(3 if "q6_forward is NumPy only" in str(error) else 4)
        except BaseException:
            os._exit(5)
        os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize(
    "body",
    [
        lambda names: __import__("torch.nn"),
        lambda names: names["torch"].ones(3),
        lambda names: names["sigmoid"](1),
    ],
)
def test_an_honest_use_is_told_why(body: Callable) -> None:
    assert os.waitstatus_to_exitcode(ended(body)) == 3


def test_it_is_not_among_the_modules() -> None:
    assert os.waitstatus_to_exitcode(ended(lambda names: sys.modules["torch"])) == 5


def test_a_kept_reference_does_not_run() -> None:
    status = os.waitstatus_to_exitcode(ended(lambda names: torch.ones(3) + 1))
    assert status == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("name", "hidden"), [("rnn_from_scratch", True), ("lstm_from_scratch", False)]
)
def test_where_nothing_needs_it_its_files_are_hidden(name: str, hidden: bool) -> None:
    folder = Path(__file__).parents[2] / "autograder/hidden_tests" / name
    bundle = parse_bundle((folder / FILE).read_bytes(), folder)
    assert bundle.numpy_only is hidden
    assert Path(torch.__file__).resolve().parent in folders.of_packages(["torch"])


def test_numpy_and_process_pools_work() -> None:
    def body(names: dict) -> None:
        import multiprocessing

        assert np.allclose(np.linalg.svd(np.eye(3))[1], 1)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map(abs, [-1]) == [1]

    assert ended(body) == 0
