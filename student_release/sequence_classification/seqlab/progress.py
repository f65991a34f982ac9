"""A progress bar for training loops."""

import sys

# tqdm is the standard progress bar; it works in notebooks and in terminals.
from tqdm import tqdm


def track(steps, description="training"):
    """Yield 0, 1, ..., steps - 1 and draw a bar with the speed and the time left.

    for k in track(1500):
        ...
    """
    # Standard output, because notebooks paint standard error red, which looks like a failure.
    yield from tqdm(range(steps), desc=description, unit="step", file=sys.stdout, mininterval=0.2)
