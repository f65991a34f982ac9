"""Pictures for the classification of sequences. Each function returns the axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np

from seqlab.drawing import (
    BLUE,
    GREY,
    INPUT,
    LOOKS,
    LOSS,
    ORANGE,
    OUTPUT,
    STATE,
    arrow,
    box,
    canvas,
    described,
    line,
    note,
    operation,
    plot_axes,
)


def draw_gru():
    """Draw one step of a GRU as PyTorch computes it: the state on top, the gates below."""
    axes = canvas(11.4, 5.6, (8.6, 4.2))
    box(axes, 0.9, 4.6, "$h_{t-1}$", STATE)
    box(axes, 10.5, 4.6, "$h_t$", STATE)
    box(axes, 0.9, 1.2, "$x_t$", INPUT)
    for x, text, color in (
        (2.9, r"$r = \sigma$", LOSS),
        (4.75, r"$u = hU_n + c_n$", OUTPUT),
        (7.45, r"$n = \tanh$", OUTPUT),
        (9.0, r"$z = \sigma$", LOSS),
    ):
        box(axes, x, 1.9, text, color, width=1.9 if "U_n" in text else 1.2)
    # The state passes along the top; z decides how much of it stays.
    arrow(axes, (1.42, 4.6), (8.86, 4.6))
    operation(axes, 9.0, 4.6, "$z$")
    axes.text(9.0, 5.15, "$z\\,h_{t-1} + (1-z)\\,n$", ha="center", fontsize=10)
    arrow(axes, (9.14, 4.6), (9.96, 4.6))
    arrow(axes, (9.0, 2.22), (9.0, 4.46))
    line(axes, (7.45, 2.22), (7.45, 3.9), (8.4, 3.9))
    arrow(axes, (8.35, 3.87), (8.9, 4.5))
    # The old state enters r, u and z.
    line(axes, (1.7, 4.6), (1.7, 3.3), (8.6, 3.3))
    for x in (2.6, 4.75, 8.6):
        arrow(axes, (x, 3.3), (x, 2.24))
    # r multiplies u, and the product enters n.
    operation(axes, 6.2, 1.9, "×")
    arrow(axes, (5.68, 1.9), (6.08, 1.9))
    arrow(axes, (6.33, 1.9), (6.87, 1.9))
    line(axes, (3.2, 2.22), (3.2, 2.75), (6.2, 2.75))
    arrow(axes, (6.2, 2.78), (6.2, 2.02))
    # The token enters r, n and z.
    line(axes, (0.9, 0.88), (0.9, 0.5), (9.0, 0.5))
    for x in (2.9, 7.45, 9.0):
        arrow(axes, (x, 0.5), (x, 1.57))
    return described(
        axes,
        "One step of a GRU. The old state runs along the top to the new state. It enters the reset "
        "gate r, the product u and the update gate z. The token enters r, z and the candidate n. "
        "r multiplies u before the candidate; z decides how much of the old state stays.",
    )


def plot_ladder(ladder):
    """Draw the limits of several readers, the weakest on top.

    ladder: {reader: (accuracy, nats)}; the smallest loss is the floor.
    """
    readers = sorted(ladder, key=lambda reader: ladder[reader][1])
    floor = ladder[readers[0]][1]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
    values = ([100 * ladder[r][0] for r in readers], [ladder[r][1] - floor for r in readers])
    titles = ("best possible accuracy (%)", "smallest possible excess (nats)")
    for axes, numbers, title, form in zip(panels, values, titles, ("%.1f", "%.3f"), strict=True):
        plot_axes(axes)
        bars = axes.barh(readers, numbers, height=0.6, color=BLUE)
        axes.bar_label(bars, fmt=form, padding=3)
        axes.set_xlabel(title)
        axes.tick_params(axis="y", length=0)
    panels[0].set_xlim(0, 100)
    panels[1].set_xlim(0, 1.18 * max(values[1]))
    said = (f"{r} {100 * ladder[r][0]:.1f} % and {ladder[r][1] - floor:.3f}" for r in readers[::-1])
    text = "Bars: best accuracy and smallest excess loss in nats. " + "; ".join(said) + "."
    return described(panels[0], text)


def plot_curve(curve, ladder):
    """Draw the exact excess of a network while it learns, with the limits of simpler readers.

    curve: pairs (step, excess in nats). ladder: as in plot_ladder.
    """
    steps, excess = np.array(curve).T
    floor = min(nats for _, nats in ladder.values())
    axes = plot_axes(None, size=(8, 4.2))
    axes.semilogy(steps, np.maximum(excess, 1e-4), "o-", color=BLUE, ms=3.5, lw=1.4)
    lines = {reader: nats - floor for reader, (_, nats) in ladder.items() if nats > floor}
    for reader, height in lines.items():
        axes.axhline(height, color=GREY, lw=0.9, ls="--")
        # These lines lie just below another one.
        below = reader in ("last two words", "bag of words, linear model")
        how = {"xytext": (0, -3), "va": "top"} if below else {}
        note(axes, reader, (1, height), fontsize="small", **how)
    axes.set_xlabel("training step")
    axes.set_ylabel("loss − floor   (nats per review)")
    text = (
        f"The excess falls from {excess[0]:.3f} to {excess[-1]:.4f} nats in {steps[-1]:g} steps, "
        "through the limits of simpler readers: "
    )
    for reader, height in sorted(lines.items(), key=lambda item: -item[1]):
        under = steps[excess < height]
        text += f"{reader} {height:.3f} " + (
            f"from step {int(under[0])}; " if len(under) else "never; "
        )
    return described(axes, text.rstrip("; ") + ".")


def plot_table(table, best):
    """Draw accuracies by cell and by what is read, {(cell, reads): (accuracy, excess)}."""
    cells = list(dict.fromkeys(cell for cell, _ in table))
    kinds = list(dict.fromkeys(reads for _, reads in table))
    axes = plot_axes(None, size=(7, 3.6))
    width = 0.8 / len(kinds)
    for k, (reads, color) in enumerate(zip(kinds, (ORANGE, BLUE), strict=False)):
        places = np.arange(len(cells)) + width * (k - (len(kinds) - 1) / 2)
        heights = [100 * table[cell, reads][0] for cell in cells]
        bars = axes.bar(places, heights, 0.92 * width, color=color, label=f"reads the {reads}")
        axes.bar_label(bars, fmt="%.1f", label_type="center", color="white", fontweight="bold")
    axes.axhline(100 * best, color="#222222", lw=1)
    axes.axhline(50, color=GREY, lw=1, ls="--")
    note(axes, "best possible", (1, 100 * best))
    note(axes, "guessing", (1, 50))
    axes.set_xticks(range(len(cells)), cells)
    axes.set_xlim(-0.5, len(cells) - 0.05)
    axes.set_ylim(0, 112)
    axes.set_ylabel("accuracy (%)")
    axes.legend(frameon=False, loc="upper left", ncols=2)
    said = "; ".join(f"{c} {r} {100 * table[c, r][0]:.1f} %" for c, r in table)
    return described(axes, f"Bars: {said}; best possible {100 * best:.1f} %.")


def plot_spread(pads, spreads):
    """Draw how much the opinions on different reviews still differ after so many pads.

    pads: (N,) counts. spreads: {network: (N,)}, on a logarithmic scale. Networks whose names begin
    alike, up to a comma, have one line style; those that end alike have one colour.
    """
    axes = plot_axes(None, size=(8.6, 4.2))
    cells = list(dict.fromkeys(name.split(", ")[0] for name in spreads))
    kinds = list(dict.fromkeys(name.split(", ")[-1] for name in spreads))
    for name, values in spreads.items():
        color, marker = LOOKS[kinds.index(name.split(", ")[-1]) % len(LOOKS)]
        style = ("-", "--", ":")[cells.index(name.split(", ")[0]) % 3]
        axes.semilogy(pads, values, style, color=color, marker=marker, ms=4, lw=1.3, label=name)
    axes.set_xlabel("pads read after the last word")
    axes.set_ylabel("spread of the opinions (logits)")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    ends = "; ".join(f"{name}: {v[0]:.2g}, then {v[-1]:.1g}" for name, v in spreads.items())
    return described(
        axes,
        f"How much the opinions on reviews differ after the last word, and after {pads[-1]} pads. "
        f"{ends}.",
    )


def plot_confusion(matrix, classes):
    """Draw a confusion matrix: true classes down, predicted classes across."""
    matrix = np.asarray(matrix)
    size = 2.2 + 0.46 * len(classes)
    _, axes = plt.subplots(figsize=(size + 0.6, size), layout="constrained")
    axes.imshow(matrix, cmap="Blues", vmin=0)
    for (i, j), count in np.ndenumerate(matrix):
        color = "white" if count > 0.55 * matrix.max() else "#222222"
        axes.text(j, i, str(count) if count else "·", ha="center", va="center", color=color)
    long = max(len(str(name)) for name in classes) > 3
    slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long else {}
    axes.set_xticks(range(len(classes)), classes, **slant)
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    wrong = matrix - np.diag(np.diag(matrix))
    most = [k for k in np.argsort(-wrong, axis=None, kind="stable")[:5] if wrong.flat[k]]
    pairs = (np.unravel_index(k, matrix.shape) for k in most)
    said = "; ".join(f"{classes[i]} taken for {classes[j]} {matrix[i, j]} times" for i, j in pairs)
    right = np.trace(matrix)
    return described(axes, f"{right} of {matrix.sum()} are right. Most confused: {said}.")
