"""Plots of attention: weights, tables of positions, and losses against exact lines.

Each function draws into `axes` (a new figure when it is None) and returns the axes.
"""

import matplotlib.pyplot as plt
import numpy as np

from seqlab import anbn
from seqlab.drawing import GREY, LOOKS, described, note, plot_axes


def plot_weights(weights, rows, columns, axes=None, title=None):
    """Draw attention weights (T, S): one row for each query, dark where it looks.

    rows, columns: the names of the T queries and of the S places.
    """
    weights = np.asarray(weights, dtype=float)
    if weights.shape != (len(rows), len(columns)):
        raise ValueError(
            f"the weights have shape {weights.shape}; with {len(rows)} queries and {len(columns)} "
            f"places it should be ({len(rows)}, {len(columns)})"
        )
    T, S = weights.shape
    if axes is None:
        axes = plot_axes(None, size=(0.36 * S + 2.4, 0.34 * T + 1.3))
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for t, s in np.argwhere(weights >= 0.15):
        color = "white" if weights[t, s] > 0.6 else "black"
        text = f"{weights[t, s]:.2g}".removeprefix("0")
        axes.text(s, t, text, ha="center", va="center", fontsize=7, color=color)
    axes.set_xticks(range(S), columns)
    axes.set_yticks(range(T), rows)
    axes.tick_params(length=0, labelsize=8)
    axes.set_xlabel("looks at")
    axes.set_ylabel("query")
    if title:
        axes.set_title(title, fontsize="medium")
    # The tokens of a text repeat, so places are numbers there.
    names = columns if len(set(columns)) == S else range(S)
    said = "; ".join(
        f"{row}: "
        + (", ".join(f"{names[s]} {w:.2g}" for s, w in enumerate(line) if w >= 0.15) or "–")
        for row, line in zip(rows, weights, strict=True)
    )
    return described(
        axes,
        f"Attention weights{f', {title}' if title else ''}: for each query, in order, the places "
        f"with a weight of 0.15 or more{'' if names is columns else ', counted from 0'}. {said}.",
    )


def plot_heads(weights, tokens):
    """Draw the attention weights (h, T, T) of the h heads of one sequence side by side."""
    heads, T, _ = np.shape(weights)
    size = (heads * (0.25 * T + 1.0), 0.25 * T + 1.2)
    _, panels = plt.subplots(1, heads, figsize=size, layout="constrained", squeeze=False)
    for k, axes in enumerate(panels[0]):
        plot_weights(weights[k], tokens, tokens, axes, f"head {k}")
        axes.set_ylabel("query" if k == 0 else "")
    return panels[0]


def plot_masks(masks):
    """Draw boolean masks {title: (T, S)} side by side: dark where a query may look."""
    widths = [np.shape(mask)[1] for mask in masks.values()]
    figure, panels = plt.subplots(
        1,
        len(masks),
        figsize=(sum(0.3 * w + 0.9 for w in widths), 2.6),
        layout="constrained",
        gridspec_kw={"width_ratios": widths},
        squeeze=False,
    )
    for axes, (title, mask) in zip(panels[0], masks.items(), strict=True):
        T, S = np.shape(mask)
        axes.imshow(mask, cmap="Blues", vmin=0, vmax=1.4, aspect="equal")
        axes.set_xticks(np.arange(S + 1) - 0.5, [""] * (S + 1))
        axes.set_yticks(np.arange(T + 1) - 0.5, [""] * (T + 1))
        axes.grid(color="white", lw=1)
        axes.tick_params(length=0)
        axes.set_title(title, fontsize="medium")
    panels[0][0].set_ylabel("query")
    figure.supxlabel("place", fontsize="medium")
    said = " ".join(
        f"{title}: " + ", ".join("".join("01"[int(cell)] for cell in row) for row in mask) + "."
        for title, mask in masks.items()
    )
    return described(
        panels[0], f"Masks, row by row; 1, dark, may be looked at, and 0 may not. {said}"
    )


def plot_positions(table, axes=None):
    """Draw a table of positions (T, D): one row for each position, one column for each entry."""
    table = np.asarray(table, dtype=float)
    axes = plot_axes(axes, size=(7, 3.2))
    picture = axes.imshow(table.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    axes.figure.colorbar(picture, ax=axes, pad=0.02)
    axes.set_xlabel("position")
    axes.set_ylabel("column")
    first, last = (int(np.sum(np.diff(np.sign(table[:, k])) != 0)) for k in (0, -1))
    return described(
        axes,
        f"A heat map: {len(table)} positions from left to right, {table.shape[1]} columns from top "
        f"to bottom, from blue, −1, to red, 1. The first column changes its sign {first} times, "
        f"the last one {last} times.",
    )


def plot_lines(runs, lines, axes=None):
    """Draw losses of training runs as excess over ln 11, on a linear scale, with exact lines.

    runs: {label: losses in nats per sequence}. lines: {text: excess in nats per sequence}.
    """
    axes = plot_axes(axes, size=(7, 4.4))
    longest = max(len(losses) for losses in runs.values())
    for text, excess in lines.items():
        axes.axhline(excess, color=GREY, lw=1, ls="--")
        note(axes, f"{text}: {excess:.4g}", (1, excess))
    for (label, losses), (color, _) in zip(runs.items(), LOOKS, strict=False):
        excess = anbn.excess_nats(np.asarray(losses, dtype=float))
        axes.plot(np.arange(len(excess)), excess, color=color, lw=1.6, label=label)
    axes.set_xlim(0, longest)
    axes.set_ylim(-2.8, 2.6)
    axes.set_xlabel("training step")
    axes.set_ylabel("loss − ln 11   (nats per sequence)")
    axes.legend(frameon=False, loc="upper right")
    ends = "; ".join(
        f"{label} ends at {anbn.excess_nats(np.asarray(losses, dtype=float)[-1]):.3f}"
        for label, losses in runs.items()
    )
    exact = "; ".join(f"{text}: {excess:.4g}" for text, excess in lines.items())
    return described(axes, f"Losses minus ln 11. Curves: {ends}. Dashed lines: {exact}.")


def plot_switch(probabilities, axes=None):
    """Draw P(next is "b" | k times "a"), k = 1..11, of several networks, and the best possible.

    probabilities: {label: (11,)}, entry k − 1 for k times "a".
    """
    axes = plot_axes(axes, size=(7, 4.2))
    k = np.arange(1, anbn.MAX_N + 1)
    axes.plot(k, anbn.probability_of_b(k), color=GREY, lw=7, alpha=0.35, label="1 / (12 − k)")
    lines = ("-", "--", ":", "-.", (0, (1, 2)), (0, (5, 1, 1, 1)))
    for i, (label, values) in enumerate(probabilities.items()):
        color, marker = LOOKS[i % len(LOOKS)]
        look = {"color": color, "marker": marker, "ls": lines[i % len(lines)]}
        axes.plot(
            k, values, label=label, lw=1.3, ms=4, mfc="white" if i >= len(LOOKS) else color, **look
        )
    axes.set_xlabel("k, the number of a's read so far")
    axes.set_ylabel('P(next is "b")')
    axes.set_xticks(k)
    axes.legend(frameon=False)
    said = "; ".join(
        f"{label}: " + ", ".join(f"{p:.2f}" for p in np.asarray(values))
        for label, values in probabilities.items()
    )
    best = ", ".join(f"{p:.2f}" for p in anbn.probability_of_b(k))
    return described(
        axes, f"P(next is b) after 1 to {anbn.MAX_N} times a. Best possible: {best}. {said}."
    )
