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
    if model is None:
        return _compile
    if hasattr(model, "parameters"):
        # What was compiled is saved by this name; a module would count itself among its parts.
        object.__setattr__(model, "_orig_mod", model)
    return model
