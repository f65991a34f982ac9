"""What a process makes once and keeps, such as imported modules, is no garbage.

So it is not looked for meanwhile, nor later in forks: there each look would copy the memory that
they share.
"""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def for_good() -> Iterator[None]:
    """Count everything that is there at the end as kept for good."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
