"""PyTorch without what only makes it faster: its compiler, and processes that load data.

A sandbox has no C++ compiler and no semaphores. Models, batches and their order are the same.
"""

import functools
from types import ModuleType
from typing import Any


def make_plain(torch: ModuleType) -> None:
    """Let models run as they are, and data be loaded in the process that asks for it."""
    torch.compile = _compile
    loader = torch.utils.data.DataLoader
    make = loader.__init__

    @functools.wraps(make)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)  # with its workers, so that it refuses what PyTorch refuses
        self.num_workers, self.timeout = 0, 0

    loader.__init__ = init


def _compile(model: Any = None, **options: Any) -> Any:
    """Stand in for `torch.compile(model)`, and for the decorator `@torch.compile(...)`."""
    return model if model is not None else _compile
