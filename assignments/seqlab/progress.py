"""A progress bar for training loops."""

import io
import sys

# tqdm is the standard progress bar; it works in notebooks and in terminals.
from tqdm import tqdm


def track(steps, description="training"):
    """Yield 0, 1, ..., steps - 1 and draw a bar with the speed and the time left.

    for k in track(1500):
        ...
    """
    kind, file = (_InNotebook, io.StringIO()) if _in_notebook() else (tqdm, sys.stdout)
    # Standard output, because notebooks paint standard error red, which looks like a failure.
    yield from kind(
        range(steps), desc=description, unit="step", file=file, mininterval=0.2, ascii=False
    )


def _in_notebook():
    """Return whether a Jupyter kernel runs this, whose front end can replace what it shows."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")


class _InNotebook(tqdm):
    """A bar that is one output of its cell, replaced again and again.

    A bar on standard output returns to the beginning of its line; a saved notebook keeps all these
    lines, and an exported page shows them one below the other.
    """

    _shown = None

    def display(self, msg=None, pos=None):
        from IPython.display import Pretty, display

        line = Pretty(str(self) if msg is None else msg)
        if self._shown is None:
            self._shown = display(line, display_id=True)
        else:
            self._shown.update(line)
        return True
