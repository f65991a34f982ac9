"""Pictures of a class as SVG: part of a page, in the page's own colours and type.

Same values, same bytes: ids come from a salt, and no date is written.
"""

import io
import re
from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from autograder.results.score import Curve

# Stand-ins that the page's stylesheet replaces, so that a picture is right in light and dark.
INK, SOFT, LINE, ACCENT = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {INK: "--ink", SOFT: "--soft", LINE: "--line", ACCENT: "--accent"}
_STYLE = {
    "text.parse_math": False,  # a "$" in a name is a "$"
    "svg.fonttype": "none",  # text stays text: searchable, and in the page's type
    "font.size": 8.5,
    "text.color": SOFT,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
BINS = 10
# The ends of logarithmic axes: no plot need tell 0.0001 nats from 0, and one answer with a loss
# of 1e300 must not flatten a whole class.
LEAST, MOST = 1e-4, 1e3
# From this many on, curves cannot be told apart, and bands show what they have in common.
MANY = 10
MOST_LINES = 60


def histogram(totals: Sequence[float], max_points: float) -> str:
    """Draw how many students have how many points, in ten bins of equal width.

    Points beyond the maximum are in the last bin.
    """
    counts = [0] * BINS
    for total in totals:
        counts[min(int(BINS * total / max_points), BINS - 1)] += 1

    def draw(axes: Axes) -> None:
        width = max_points / BINS
        lefts = [width * i for i in range(BINS)]
        bars = axes.bar(lefts, counts, width=0.92 * width, align="edge", color=ACCENT)
        axes.bar_label(bars, [count or "" for count in counts], color=SOFT, padding=2)
        axes.set_xticks([width * i for i in range(BINS + 1)])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlim(-0.02 * max_points, 1.02 * max_points)
        axes.set_xlabel("points")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)

    return _svg(draw, "histogram", height=1.9)


def distribution(name: str, values: Sequence[float], limit: float | None) -> str:
    """Draw each value as a point, from smallest to largest, against the limit."""

    def draw(axes: Axes) -> None:
        ranks = range(1, len(values) + 1)
        shown = np.clip(values, LEAST, MOST)
        axes.plot(shown, ranks, "o", ms=3, color=ACCENT)
        axes.set_xscale("log")
        axes.set_xlim(LEAST / 1.3, 2 * max(*shown, limit or 0, 10 * LEAST))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.tick_params(which="minor", length=0)
        axes.set_ylim(0, len(values) * 1.06)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel(f"{name}, logarithmic")
        axes.set_ylabel("hand-ins")
        if limit is not None:
            axes.axvline(limit, color=INK, lw=1)
            # Above the axes, where no point can be.
            about = {"textcoords": "offset points", "xycoords": ("data", "axes fraction")}
            where = {"xy": (limit, 1.0), "xytext": (0, 3), "ha": "center"}
            axes.annotate(f"passed below {limit:g}", color=INK, **where, **about)

    return _svg(draw, f"distribution of {name}", height=2.3)


def curves(name: str, passed: Sequence[Curve], others: Sequence[Curve], limit: float | None) -> str:
    """Draw each curve of the others, and the passed ones, as bands if there are many."""
    # Those that passed took the required number of steps.
    last = max(curve[-1][0] for curve in passed or others)
    most = min(max(value for curve in (*passed, *others) for _, value in curve), MOST)

    def draw(axes: Axes) -> None:
        if len(passed) < MANY:
            lines(axes, passed, color=ACCENT, lw=0.9, alpha=0.7)
        else:
            bands(axes)
        lines(axes, others[:MOST_LINES], color=SOFT, lw=0.7, alpha=0.8)
        axes.set_yscale("log")
        axes.set_ylim(LEAST / 1.3, 2 * max(most, limit or 0, 10 * LEAST))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.tick_params(which="minor", length=0)
        axes.set_xlim(0, max(last, 1))
        axes.set_xlabel("step")
        axes.set_ylabel(f"{name}, logarithmic")
        if limit is not None:
            axes.axhline(limit, color=INK, lw=1)
            about = {"textcoords": "offset points", "xycoords": ("axes fraction", "data")}
            where = {"xy": (0.99, limit), "xytext": (0, 4), "ha": "right"}
            axes.annotate(f"passed below {limit:g}", color=INK, **where, **about)

    def lines(axes: Axes, some: Sequence[Curve], **style) -> None:
        for curve in some:
            steps, values = zip(*curve, strict=True)
            axes.plot(steps, np.clip(values, LEAST, MOST), **style)

    def bands(axes: Axes) -> None:
        steps = np.linspace(0, last, 100)
        values = [np.interp(steps, *zip(*curve, strict=True)) for curve in passed]
        low, lower, median, upper, high = np.quantile(
            np.clip(values, LEAST, MOST), (0.05, 0.25, 0.5, 0.75, 0.95), axis=0
        )
        axes.fill_between(steps, low, high, color=ACCENT, alpha=0.15, lw=0)
        axes.fill_between(steps, lower, upper, color=ACCENT, alpha=0.3, lw=0)
        axes.plot(steps, median, color=ACCENT, lw=1.2)

    return _svg(draw, f"curves of {name}", height=2.6)


def _svg(draw, salt: str, height: float, width: float = 5.2) -> str:
    """Return what `draw` draws into axes, as an element of a page."""
    with rc_context({**_STYLE, "svg.hashsalt": salt}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    # The page sets the size, and the picture keeps its shape.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # two pictures in a page would share them
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    for color, variable in _VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    return text
