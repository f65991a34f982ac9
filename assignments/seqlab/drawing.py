"""Drawing tools for figures and plots: colours, boxes, arrows, clean axes, and show().

Each function that draws a picture also says what is to be seen, `described`; show() puts both into
the notebook, and so they are in an exported page as well.
"""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

# Colours of boxes in figures, and of the arrows of the gradient.
STATE, INPUT, OUTPUT, LOSS, BACK = "#cfe0f3", "#e8e8e8", "#d6ecd2", "#f7dcc4", "#c0392b"
# Colours of curves in plots. Blue and orange differ for every kind of colour blindness.
BLUE, ORANGE, GREY = "#2a5d9f", "#d9711c", "#6b6b6b"
# One colour and marker for each curve of a comparison: they differ in brightness and shape too.
LOOKS = (
    *((BLUE, "o"), (ORANGE, "s"), ("#222222", "^"), ("#56b4e9", "D")),
    *(("#009e73", "v"), ("#cc79a7", "P")),
)


def show(axes):
    """Put a picture into the notebook, with its text for those who cannot see it.

    axes: what a function of seqlab's figures and plots returns, one pair of axes or several.
    """
    from IPython.display import display

    figure = np.ravel(axes)[0].figure
    data, text = io.BytesIO(), figure.get_label()
    figure.savefig(data, format="png", dpi=100)
    plt.close(figure)  # or the notebook would show it a second time, without the text
    png = base64.b64encode(data.getvalue()).decode("ascii")
    # As HTML, because few front ends, and no page that nbconvert writes, read the text of a PNG.
    source = f"data:image/png;base64,{png}"
    page = f'<img alt="{html.escape(text)}" src="{source}" style="max-width: 100%">'
    forms = {"text/plain": text, "text/html": page, "image/png": png}
    display(forms, raw=True, metadata={"image/png": {"alt": text}})


def described(axes, text):
    """Add `text` to what is said about the picture of these axes; return the axes."""
    figure = np.ravel(axes)[0].figure
    figure.set_label(f"{figure.get_label()} {text}".strip())
    return axes


def first_below(values, level):
    """Say at which step a curve is below a level for the first time."""
    below = np.flatnonzero(np.asarray(values) < level)
    return f"at step {below[0]}" if len(below) else "never"


def canvas(width, height, size):
    """Return bare axes of `size` inches, to draw on in coordinates 0..width and 0..height."""
    _, axes = plt.subplots(figsize=size, layout="constrained")
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal")
    axes.axis("off")
    return axes


def box(axes, x, y, text, color, width=1.0, height=0.62):
    """Draw a rounded box around the point (x, y)."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0.02,rounding_size=0.12",
            facecolor=color,
            edgecolor="#444444",
            lw=1,
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=11)


def operation(axes, x, y, sign):
    """Draw an operation on single entries as a small circle around its sign."""
    axes.plot(x, y, "o", ms=17, mfc="white", mec="#444444", mew=1)
    axes.text(x, y, sign, ha="center", va="center_baseline", fontsize=12)


def arrow(axes, start, end, label="", color="#444444", curve=0.0, offset=(0, 0)):
    """Draw an arrow; the label is at its middle, moved by `offset`."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": color,
            "lw": 1.4,
            "connectionstyle": f"arc3,rad={curve}",
        },
    )
    if label:
        x, y = (start[0] + end[0]) / 2 + offset[0], (start[1] + end[1]) / 2 + offset[1]
        axes.text(x, y, label, ha="center", va="center", fontsize=10, color=color)


def line(axes, *points, color="#444444"):
    """Draw a line through the points."""
    axes.plot(*zip(*points, strict=True), color=color, lw=1.4, solid_capstyle="butt")


def plot_axes(axes, size=(7, 3.6)):
    """Return `axes` without its top and right border; new axes of `size` inches for None."""
    if axes is None:
        _, axes = plt.subplots(figsize=size, layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def whole_numbers(axis):
    """Put ticks at whole numbers only, in steps of 1, 2 or 5 or ten times as much."""
    axis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))


def note(axes, text, at, color=GREY, **how):
    """Write a remark just above the point `at`, right-aligned; x is a fraction of the axes."""
    behind = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1}
    how = {"xytext": (0, 4), "ha": "right", "bbox": behind, **how}
    axes.annotate(
        text,
        at,
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        color=color,
        **how,
    )


def warn_below_floor(axes, excess):
    """Warn in the title if a curve is below the floor: no loss can be there."""
    if np.min(excess) < -0.01:
        axes.set_title(
            "Below the floor, which is impossible.\n"
            "Is the unit not nats per sequence, or has the network seen its targets?",
            color=ORANGE,
            fontsize="medium",
        )
