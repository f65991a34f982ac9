"""Drawings for the text of the notebooks: what a formula looks like. Nothing is computed here."""

import matplotlib.pyplot as plt

from seqlab import anbn
from seqlab.drawing import BACK, INPUT, LOSS, OUTPUT, STATE, arrow, box, canvas, described


def draw_next_token():
    """Draw one sequence as inputs below and targets above; each target is the next input."""
    tokens = anbn.make_sequence(2)
    axes = canvas(8.4, 3.0, (7, 2.5))
    for t, token in enumerate(tokens):
        x = 2.3 + 1.25 * t
        if t < len(tokens) - 1:
            box(axes, x, 0.6, token, INPUT)
            box(axes, x, 2.4, tokens[t + 1], OUTPUT)
            arrow(axes, (x, 0.95), (x, 2.05))
        if 0 < t < len(tokens) - 1:
            arrow(axes, (x - 1.25 + 0.3, 2.05), (x - 0.3, 0.95), color="#bbbbbb")
    axes.text(0.1, 0.6, "inputs", fontsize=11, va="center")
    axes.text(0.1, 2.4, "targets", fontsize=11, va="center")
    return described(
        axes,
        f"The inputs {' '.join(tokens[:-1])} in a row, and above them the targets "
        f"{' '.join(tokens[1:])}. An arrow leads from each input up to its target; a pale arrow "
        "from each target back down to the next input, which is the same token.",
    )


def draw_one_hot(tokens=("a", "b", "EOS", "UNK"), sequence=("a", "a", "b", "b")):
    """Draw a sequence as one-hot rows: one row per time step, one column per token."""
    _, axes = plt.subplots(figsize=(4.4, 2.9), layout="constrained")
    rows = [[float(token == entry) for token in tokens] for entry in sequence]
    axes.imshow(rows, cmap="Blues", vmin=0, vmax=1.6)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            axes.text(j, i, f"{value:.0f}", ha="center", va="center")
    axes.set_xticks(range(len(tokens)), [f"{i}\n{token}" for i, token in enumerate(tokens)])
    axes.set_yticks(range(len(sequence)), [f"t = {t}:  {s}" for t, s in enumerate(sequence)])
    axes.set_xlabel("index and token")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    said = "; ".join(
        f"t = {t}, {token}: " + " ".join(f"{value:.0f}" for value in row)
        for t, (token, row) in enumerate(zip(sequence, rows, strict=True))
    )
    return described(
        axes, f"One row per time step; the columns are {', '.join(tokens)}. Rows: {said}."
    )


def draw_unrolled(steps=3, backward=False):
    """Draw the recurrent network unrolled over time, with the backward pass if asked."""
    axes = canvas(2.4 + 2.4 * (steps + 0.6), 6.0, (2.6 * steps + 1.2, 4.6))
    ys = {"x": 0.6, "h": 2.2, "o": 3.8, "l": 5.4}
    box(axes, 0.8, ys["h"], "$h_0$", STATE)
    for t in range(1, steps + 1):
        x = 0.8 + 2.4 * t
        box(axes, x, ys["x"], f"$x_{t}$", INPUT)
        box(axes, x, ys["h"], f"$h_{t}$", STATE)
        box(axes, x, ys["o"], f"logits$_{t}$", OUTPUT, width=1.3)
        box(axes, x, ys["l"], f"$\\ell_{t}$", LOSS)
        arrow(axes, (x, ys["x"] + 0.35), (x, ys["h"] - 0.35), "$W_{xh}$", offset=(0.45, 0))
        arrow(axes, (x, ys["h"] + 0.35), (x, ys["o"] - 0.35), "$W_{hy}$", offset=(0.45, 0))
        arrow(axes, (x, ys["o"] + 0.35), (x, ys["l"] - 0.35))
        arrow(axes, (x - 1.85, ys["h"]), (x - 0.55, ys["h"]), "$W_{hh}$", offset=(0, 0.28))
        if backward:
            arrow(axes, (x - 0.25, ys["l"] - 0.35), (x - 0.25, ys["o"] + 0.35), color=BACK)
            arrow(axes, (x - 0.25, ys["o"] - 0.35), (x - 0.25, ys["h"] + 0.35), color=BACK)
            arrow(axes, (x - 0.55, ys["h"] - 0.22), (x - 1.85, ys["h"] - 0.22), color=BACK)
    x = 0.8 + 2.4 * steps
    arrow(axes, (x + 0.55, ys["h"]), (x + 1.2, ys["h"]))
    axes.text(x + 1.25, ys["h"], "…", va="center", fontsize=12)
    if backward:
        arrow(axes, (x + 1.2, ys["h"] - 0.22), (x + 0.55, ys["h"] - 0.22), color=BACK)
        axes.text(0.1, 4.9, "red: the gradient flows back", color=BACK, fontsize=10)
    text = (
        f"The network unrolled over {steps} steps. The states stand in a row, from h_0 to "
        f"h_{steps} and beyond; an arrow W_hh leads from each to the next. Each input x_t enters "
        "its state from below, through W_xh. From each state an arrow W_hy leads up to the logits "
        "of the step, and from there one to its loss."
    )
    if backward:
        text += (
            " Red arrows lead back, from each loss to its logits, from there to the state, and "
            "from each state to the one before; so two of them reach each state."
        )
    return described(axes, text)


def draw_branches(max_n=4):
    """Draw all sequences for n = 1..max_n as a tree: a coin at each "a", no choice after a "b"."""
    axes = canvas(2 * max_n + 3.2, max_n + 0.9, (9, 3.6))
    for k in range(1, max_n + 1):
        y = max_n + 0.3 - (k - 1)
        x = 0.6 + (k - 1)
        box(axes, x, y, "a", INPUT, width=0.6, height=0.5)
        p = anbn.probability_of_b(k, max_n)
        for j in range(k):
            box(axes, x + 1 + j, y, "b", OUTPUT, width=0.6, height=0.5)
            arrow(axes, (x + 0.33 + j, y), (x + 0.67 + j, y))
        box(axes, x + 1 + k, y, "EOS", LOSS, width=0.75, height=0.5)
        arrow(axes, (x + 0.33 + k, y), (x + 0.6 + k, y))
        fraction = "1" if k == max_n else rf"$\frac{{1}}{{{round(1 / p)}}}$"
        axes.text(x + 0.5, y + 0.3, fraction, ha="center", fontsize=11, color=BACK)
        if k < max_n:
            arrow(axes, (x + 0.1, y - 0.28), (x + 0.88, y - 0.74))
            q = rf"$\frac{{{round(1 / p) - 1}}}{{{round(1 / p)}}}$"
            axes.text(x + 0.22, y - 0.62, q, ha="center", fontsize=11, color=BACK)
    chances = ", ".join(
        "1" if k == max_n else f"1/{round(1 / anbn.probability_of_b(k, max_n))}"
        for k in range(1, max_n + 1)
    )
    return described(
        axes,
        f"A tree of all sequences with n up to {max_n}. After each a there is a choice, another a "
        f"or the first b; after 1, 2, … a's the b has the probability {chances}. From the first b "
        "on there is no choice: as many b's as there were a's, then EOS.",
    )
