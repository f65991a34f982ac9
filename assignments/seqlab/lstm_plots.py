"""Plots of a trained LSTM and of its race against other networks. As in `plots`, each function
returns the axes that it drew into.
"""

import matplotlib.pyplot as plt
import numpy as np

from seqlab import anbn
from seqlab.drawing import (
    BLUE,
    GREY,
    LOOKS,
    ORANGE,
    described,
    first_below,
    note,
    plot_axes,
    warn_below_floor,
    whole_numbers,
)


def plot_gates(tokens, gates, c):
    """Draw the gates and the cell state while one sequence is read, units against time.

    tokens: the T tokens that were read. gates: (T, 4H), blocks i, f, g, o after their activations.
    c: (T + 1, H), c[0] before the first token. The units have the same order in all pictures: the
    steeper the cell state rises or falls while the first token repeats, the higher the unit.
    Returns the axes of i, f, g, o, of the curves and of the heat map of c, in this order.
    """
    blocks, c = _one_sequence(tokens, gates, c)
    units = _counters_first(tokens, c)
    figure, axes = plt.subplots(3, 2, figsize=(8.4, 8.2), layout="constrained")
    axes = axes.ravel()
    titles = ("input gate i", "forget gate f", "candidate g", "output gate o")
    for panel, block, title in zip(axes, blocks, titles, strict=False):
        # A gate lies between 0, white, and 1; the candidate between −1 and 1.
        gate = title != "candidate g"
        look = {"cmap": "Blues", "vmin": 0, "vmax": 1} if gate else _around_zero(1)
        picture = _heat_map(panel, block[:, units], tokens, title, look)
        label = "closed 0 … 1 open" if gate else "candidate"
        figure.colorbar(picture, ax=panel, label=label, pad=0.02)
    _draw_cell_states(axes[4], c[:, units], tokens)
    look = _around_zero(np.abs(c).max() or 1)
    picture = _heat_map(axes[5], c[1:, units], tokens, "cell state c", look)
    figure.colorbar(picture, ax=axes[5], label="cell state", pad=0.02)
    for panel in axes[[0, 2, 5]]:
        panel.set_ylabel(f"the {len(units)} units")
    for panel in axes[4:]:
        panel.set_xlabel("token that was read")
    said = "; ".join(
        f"row {row + 1}: " + ", ".join(f"{value:.1f}" for value in c[:, unit])
        for row, unit in enumerate(units[:3])
    )
    means = ", ".join(
        f"{title[-1]} {np.mean(block):.2f}"
        for title, block in zip(titles, blocks, strict=True)
        if title != "candidate g"
    )
    return described(
        axes,
        f"Heat maps of i, f, g, o and c of {len(units)} units (rows) while {' '.join(tokens)} is "
        f"read (columns), and curves of c. The gates are open on average: {means}. Cell state of "
        f"the units that move most steadily, from c_0 on: {said}.",
    )


def plot_race(runs, axes=None):
    """Draw how far each loss is above the floor, against the CPU time spent so far.

    runs: {label: (seconds, losses)}, two arrays of one entry per training step: the CPU seconds
    since the start, and nats per sequence. The scale is logarithmic down to 0.01 nats and linear
    below, so that the floor itself is in the picture.
    """
    axes = plot_axes(axes, size=(7, 4.2))
    excesses = [np.zeros(1)]
    for (label, run), look in zip(runs.items(), _looks(runs), strict=True):
        seconds, losses = _run(label, run)
        excesses.append(anbn.excess_nats(losses))
        # The marker shows where the run ends.
        axes.plot(seconds, excesses[-1], label=label, lw=1.3, markevery=[-1], **look)
    excesses = np.concatenate(excesses)
    axes.set_yscale("symlog", linthresh=0.01, linscale=0.6)
    axes.set_yticks([tick for tick in (0, 0.01, 0.1, 1, 10, 100) if tick <= max(1, *excesses)])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_ylim(bottom=min(-0.006, 1.2 * np.min(excesses)))
    axes.axhline(0, color=GREY, lw=3, alpha=0.5)
    axes.axhline(0.05, color=GREY, lw=1, ls="--")
    # Below its line: the curves come from above.
    note(axes, "the floor: ln 11 = 2.398 nats", (1, 0), xytext=(0, -4), va="top")
    note(axes, "0.05 nats above the floor", (1, 0.05))
    warn_below_floor(axes, excesses)
    axes.set_xlim(left=0)
    axes.set_xlabel("CPU time (seconds)")
    axes.set_ylabel("loss − ln 11   (nats per sequence)")
    axes.legend(frameon=False)
    said = "; ".join(
        f"{label}: {len(losses)} steps in {np.asarray(seconds)[-1]:.1f} s, first below 0.05 "
        f"{first_below(anbn.excess_nats(np.asarray(losses)), 0.05)}, at the end "
        f"{anbn.excess_nats(np.asarray(losses)[-1]):.4f}"
        for label, (seconds, losses) in runs.items()
    )
    return described(axes, f"Loss above the floor, in nats, against CPU time. {said}.")


def plot_longest(longest, axes=None):
    """Draw the longest n up to which each network counts, against the longest it was trained on.

    longest: {label: n}.
    """
    for label, n in longest.items():
        if not n >= 0:
            raise ValueError(f'the longest n of "{label}" is {n}; it should be 0 or more')
    axes = plot_axes(axes, size=(7, 0.9 + 0.5 * len(longest)))
    bars = axes.barh(list(longest), list(longest.values()), height=0.6, color=BLUE)
    axes.bar_label(bars, padding=4)
    axes.invert_yaxis()
    axes.axvline(anbn.MAX_N, color=ORANGE, lw=1.5, ls="--")
    axes.annotate(
        f"trained up to {anbn.MAX_N}",
        (anbn.MAX_N, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4, 2),
        textcoords="offset points",
        color=ORANGE,
    )
    axes.set_xlim(0, 1.12 * max([anbn.MAX_N + 4, *longest.values()]))
    axes.tick_params(axis="y", length=0)
    whole_numbers(axes.xaxis)
    axes.set_xlabel("longest n up to which it counts")
    said = "; ".join(f"{label} {n}" for label, n in longest.items())
    return described(
        axes, f"Bars: the longest n up to which each counts, trained up to {anbn.MAX_N}. {said}."
    )


def plot_delays(losses, guessing):
    """Draw the losses of training runs beside each other, one panel for each delay.

    losses: {delay: {label: (steps,)}}, in nats. guessing: the loss of who knows nothing.
    """
    size = (4.4 * len(losses), 3.4)
    _, panels = plt.subplots(
        1, len(losses), figsize=size, sharey=True, squeeze=False, layout="constrained"
    )
    said = []
    for axes, (delay, runs) in zip(panels[0], losses.items(), strict=True):
        plot_axes(axes)
        for (label, run), look in zip(runs.items(), _looks(runs), strict=True):
            axes.plot(run, label=label, lw=1.5, markevery=[-1], **look)
            said.append(f"{label}, delay {delay}: {run[-1]:.3f}")
        axes.axhline(guessing, color=GREY, lw=1, ls="--")
        note(axes, f"guessing: {guessing:.3f}", (1, guessing))
        axes.set_title(f"delay {delay}", fontsize="medium")
        axes.set_xlabel("training step")
        whole_numbers(axes.xaxis)
    panels[0][0].set_ylabel("loss (nats)")
    panels[0][0].set_ylim(-0.03, 1.6 * guessing)
    panels[0][-1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return described(
        panels[0],
        f"Losses over the training, one panel for each delay; guessing costs {guessing:.3f} nats. "
        f"At the end: {'; '.join(said)}.",
    )


def _one_sequence(tokens, gates, c):
    """Return the blocks (4, T, H) and c of one sequence, or say which shape is wrong."""
    gates, c = np.asarray(gates, dtype=float), np.asarray(c, dtype=float)
    steps = len(tokens)
    if not steps:
        raise ValueError("there are no tokens to draw; pass the tokens that were read")
    for name, array in (("gates", gates), ("c", c)):
        if array.ndim != 2:
            raise ValueError(
                f"{name} has shape {array.shape}, but plot_gates draws one sequence: "
                f"pass {name}[s], which has two axes"
            )
    if len(gates) != steps or len(c) != steps + 1 or gates.shape[1] != 4 * c.shape[1]:
        raise ValueError(
            f"gates has shape {gates.shape} and c has shape {c.shape}; for {steps} tokens they "
            f"should be ({steps}, 4H) and ({steps + 1}, H). Cut off the steps of padding"
        )
    return gates.reshape(steps, 4, -1).swapaxes(0, 1), c


def _counters_first(tokens, c):
    """Sort the units by how much their cell state moves while the first token repeats."""
    repeats = next((t for t, token in enumerate(tokens) if token != tokens[0]), len(tokens))
    # From c[1]: the first token may prepare something before it is counted.
    first = 1 if repeats > 1 else 0
    slopes = np.polyfit(np.arange(first, repeats + 1), c[first : repeats + 1], 1)[0]
    return np.argsort(-np.abs(slopes), kind="stable")


def _around_zero(largest):
    return {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}


def _heat_map(axes, values, tokens, title, look):
    picture = axes.imshow(values.T, aspect="auto", **look)
    axes.set_xticks(range(len(tokens)), tokens)
    axes.set_yticks([])
    axes.set_title(title, fontsize="medium")
    return picture


def _draw_cell_states(axes, c, tokens, highlighted=3):
    """Draw one curve per unit; the first ones, which count, are in colour."""
    plot_axes(axes)
    time = np.arange(-1, len(tokens))
    axes.plot(time, c[:, highlighted:], color=GREY, lw=0.6, alpha=0.5)
    for k, look in enumerate(_looks(c[0, :highlighted])):
        axes.plot(time, c[:, k], lw=1.5, ms=4, label=f"row {k + 1}", **look)
    axes.set_xticks(time, ["$c_0$", *tokens])
    axes.set_ylabel("cell state")
    axes.set_title("cell state c of each unit", fontsize="medium")
    axes.legend(frameon=False, fontsize="small")


def _looks(curves):
    """Return one look per curve, as arguments for `plot`."""
    return [
        {"color": color, "marker": marker}
        for color, marker in (LOOKS[k % len(LOOKS)] for k in range(len(curves)))
    ]


def _run(label, run):
    """Return the seconds and the losses of one run, or say which shape is wrong."""
    if len(run) != 2:
        raise ValueError(f'the run "{label}" should be a pair (seconds, losses)')
    seconds, losses = (np.asarray(values, dtype=float) for values in run)
    if seconds.ndim != 1 or seconds.shape != losses.shape or not len(seconds):
        raise ValueError(
            f'the run "{label}" has seconds of shape {seconds.shape} and losses of shape '
            f"{losses.shape}; both should hold one number per training step"
        )
    return seconds, losses
