"""What a chart shows, as numbers and texts: for tests of what an answer draws.

`read` takes the axes of Matplotlib that an answer returned, or has in a variable. It looks at what
is drawn and not at how: a line may come from `plot`, from pandas or from a style of its own.
"""

from dataclasses import dataclass

import numpy as np

from seqlab.arrays import CheckError

# More than a chart for the eye has; a test of more reads the axes itself.
MOST_PARTS = 200


@dataclass(frozen=True)
class Line:
    """A line or a row of points: its name in the legend, "" without one, and its coordinates."""

    label: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Bar:
    """A bar: its place (the middle), its lower end and its height."""

    x: float
    bottom: float
    height: float


@dataclass(frozen=True)
class Chart:
    """The texts, scales, lines and bars of one pair of axes."""

    title: str
    xlabel: str
    ylabel: str
    xscale: str
    yscale: str
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...]

    def line(self, label=None):
        """Return the line with this label, or the only one; CheckError if there is none such."""
        found = [line for line in self.lines if label is None or line.label == label]
        if len(found) == 1:
            return found[0]
        which = "one line" if label is None else f'one line with the label "{label}"'
        raise CheckError(f"The chart should have {which}; it has {len(found) or 'none'}.")


def read(name, axes):
    """Return the Chart that `axes` shows; CheckError if they are no axes. `name` is for messages.

    axes: what the answer returned; of a figure, its only pair of axes.
    """
    try:
        axes = _only_axes(name, axes)
        return Chart(
            title=str(axes.get_title()),
            xlabel=str(axes.get_xlabel()),
            ylabel=str(axes.get_ylabel()),
            xscale=str(axes.get_xscale()),
            yscale=str(axes.get_yscale()),
            lines=tuple(map(_line, _few(axes.get_lines()))),
            bars=tuple(_bar(each) for each in _few(axes.patches) if _is_bar(each)),
        )
    except (AttributeError, TypeError):
        kind = "None: does the function return them" if axes is None else "something else"
        raise CheckError(f"{name} should be the axes of a chart; it is {kind}.") from None


def _only_axes(name, axes):
    if not _has(axes, "get_axes") or _has(axes, "get_lines"):
        return axes
    (*found,) = axes.get_axes()
    if len(found) != 1:
        raise CheckError(f"{name} should have one pair of axes; it has {len(found)}.")
    return found[0]


def _has(value, name):
    try:
        return callable(getattr(value, name))
    except Exception:  # another process has the axes, and raises what it likes
        return False


def _few(parts):
    if len(parts) > MOST_PARTS:
        raise CheckError(f"The chart has {len(parts)} lines or bars, more than a chart can show.")
    return list(parts)


def _line(line):
    label = str(line.get_label())
    x, y = (np.asarray(each(), dtype=np.float64) for each in (line.get_xdata, line.get_ydata))
    return Line("" if label.startswith("_") else label, x, y)


def _is_bar(patch):
    return _has(patch, "get_height") and _has(patch, "get_width") and _has(patch, "get_x")


def _bar(patch):
    x, y, width, height = (
        float(each()) for each in (patch.get_x, patch.get_y, patch.get_width, patch.get_height)
    )
    return Bar(x + width / 2, y, height)
