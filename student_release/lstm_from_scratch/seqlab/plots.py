"""Plots of what a trained network does. Each function draws into `axes` (a new figure when it is
None) and returns the axes, so that a caller can add to the picture.
"""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np

from seqlab import anbn
from seqlab.drawing import (
    BLUE,
    GREY,
    ORANGE,
    described,
    first_below,
    note,
    plot_axes,
    warn_below_floor,
    whole_numbers,
)


def plot_loss(losses, axes=None, label=None, color=BLUE):
    """Draw losses (nats per sequence, one per step) as excess over the floor, on a log scale.

    The floor itself is at minus infinity on a log scale. Two lines help to read the plot: 0.05 nats
    above the floor, which passes the training question, and the best bigram model. A curve that
    falls below the floor gets a warning.
    """
    axes = plot_axes(axes)
    excess = anbn.excess_nats(np.asarray(losses, dtype=float))
    axes.semilogy(
        np.arange(len(excess)), np.maximum(excess, 1e-4), color=color, lw=1.3, label=label
    )
    warn_below_floor(axes, excess)
    axes.axhline(0.05, color=GREY, lw=1, ls="--")
    axes.axhline(anbn.BIGRAM_EXCESS, color=GREY, lw=0.7, ls=":")
    note(axes, "a bigram model", (1, anbn.BIGRAM_EXCESS))
    note(axes, "0.05 nats above the floor", (1, 0.05))
    axes.set_xlabel("training step")
    axes.set_ylabel("loss − ln 11   (nats per sequence)")
    whole_numbers(axes.xaxis)
    if label:
        axes.legend(frameon=False)
    return described(
        axes,
        f"{label or 'The loss'}, in nats per sequence above the floor, on a logarithmic scale: "
        f"{excess[0]:.2f} at first, {excess[-1]:.4f} after {len(excess)} steps. "
        f"First below a bigram model ({anbn.BIGRAM_EXCESS:.2f}) "
        f"{first_below(excess, anbn.BIGRAM_EXCESS)}; first below 0.05 {first_below(excess, 0.05)}.",
    )


def plot_switch_probability(probabilities, axes=None, label="your network"):
    """Draw P(next is "b" | k times "a"), k = 1..11, against the best possible 1 / (12 − k).

    probabilities: (11,), entry k − 1 for k times "a".
    """
    axes = plot_axes(axes)
    k = np.arange(1, anbn.MAX_N + 1)
    axes.plot(k, anbn.probability_of_b(k), color=GREY, lw=5, alpha=0.4, label="1 / (12 − k)")
    axes.plot(k, probabilities, "o-", color=BLUE, lw=1.3, label=label)
    axes.set_xlabel("k, the number of a's read so far")
    axes.set_ylabel('P(next is "b")')
    axes.set_xticks(k)
    axes.legend(frameon=False)
    said = ", ".join(f"{p:.2f}" for p in np.asarray(probabilities))
    return described(
        axes,
        f"P(next is b) after 1 to {anbn.MAX_N} times a. The best possible, 1 / (12 − k), rises "
        f"from 0.09 to 1, slowly at first. {label}: {said}.",
    )


def plot_hidden_states(h, tokens, axes=None, sort=True):
    """Draw the hidden states of one sequence as a heat map, units against time.

    h: (T, H), the state after each token. tokens: the T tokens that were read.
    sort: order the units by how much they move in one direction while a's are read, so that
    counting units are together.
    """
    h = np.asarray(h)
    T, H = h.shape
    axes = plot_axes(axes, size=(max(5.0, 0.36 * T + 2), 4.2))
    if sort:
        first_b = tokens.index("b") if "b" in tokens else T
        h = h[:, np.argsort(h[max(first_b - 1, 0)] - h[0])]
    picture = axes.imshow(h.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(T), tokens)
    axes.set_yticks([])
    axes.set_xlabel("token that was read")
    axes.set_ylabel(f"the {H} hidden units")
    axes.figure.colorbar(picture, ax=axes, label="hidden state", pad=0.02)
    jumps = (np.sign(h[1:]) != np.sign(h[:-1])).sum(axis=0)
    return described(
        axes,
        f"A heat map of {H} hidden units (rows) while {' '.join(tokens)} is read (columns), from "
        f"blue, −1, to red, 1. {np.sum(jumps == 0)} units never change their sign, "
        f"{np.sum(jumps == 1)} do so once, the others up to {jumps.max()} times.",
    )


def plot_state_path(h, lengths, axes=None):
    """Draw where the hidden state is after each token, in the plane of largest variance.

    h: (B, T, H), the states of a batch of sequences n times "a", n times "b"; lengths: the B
    values of n. The plane is spanned by the first two principal components of all the states. The
    numbers count the a's that were read; from each of them, one path leads away when the b's come.
    A square marks its end, after the last b.
    """
    h = np.asarray(h)
    axes = plot_axes(axes, size=(7, 5))
    states = np.concatenate([row[: 2 * n] for row, n in zip(h, lengths, strict=True)])
    mean = states.mean(axis=0)
    _, _, components = np.linalg.svd(states - mean, full_matrices=False)
    longest = int(np.argmax(lengths))
    ends = []
    for row, n in zip(h, lengths, strict=True):
        path = (row[: 2 * n] - mean) @ components[:2].T
        axes.plot(*path[n - 1 :].T, ".-", color=ORANGE, lw=0.8, ms=5, alpha=0.7)
        ends.append(path[-1])
    path = (h[longest, : lengths[longest]] - mean) @ components[:2].T
    axes.plot(*path.T, "o-", color=BLUE, lw=1.5, ms=5, label="reading a's")
    axes.plot([], [], ".-", color=ORANGE, label="reading b's")
    axes.plot(*np.transpose(ends), "s", color="#222222", ms=6, label="after the last b", zorder=4)
    for k, point in enumerate(path, start=1):
        axes.annotate(str(k), point, xytext=(5, 4), textcoords="offset points", color=BLUE)
    axes.set_xlabel("first principal component of the hidden state")
    axes.set_ylabel("second")
    axes.legend(frameon=False)
    width = np.ptp((states - mean) @ components[:2].T, axis=0)
    spread = np.median(np.abs(ends - np.median(ends, axis=0)) / width, axis=0)
    spread = np.maximum(0.01, spread)
    return described(
        axes,
        f"The hidden states as points of a plane. The a's move the state along one path with "
        f"{lengths[longest]} numbered points. From each of them another path leads away for the "
        f"b's, {len(lengths)} in all. Squares mark their ends: half of these lie within "
        f"{spread[0]:.0%} of the picture's width and {spread[1]:.0%} of its height of their "
        f"middle.",
    )


def plot_movement(h, axes=None):
    """Draw how far the state moves while the same token is read again and again.

    h: (T, H), the state after each of T equal tokens. Two curves: the distance between successive
    states, and between states two steps apart, which also shows a state that jumps back and forth.
    """
    h = np.asarray(h)
    axes = plot_axes(axes)
    for gap, color, label in ((1, GREY, "one step"), (2, BLUE, "two steps")):
        distance = np.linalg.norm(h[gap:] - h[:-gap], axis=1)
        axes.plot(np.arange(gap + 1, len(h) + 1), distance, "o-", ms=3, color=color, label=label)
    axes.axvline(anbn.MAX_N, color=ORANGE, lw=1, ls="--", label="end of the training range")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("number of a's read so far")
    axes.set_ylabel("distance that the state has moved")
    whole_numbers(axes.xaxis)
    axes.legend(frameon=False)
    ends = [np.linalg.norm(h[-1] - h[-1 - gap]) for gap in (1, 2)]
    return described(
        axes,
        f"How far the state moves while {len(h)} a's are read. At the end of the training range, "
        f"after {anbn.MAX_N}, it moves {np.linalg.norm(h[anbn.MAX_N - 1] - h[anbn.MAX_N - 2]):.2f} "
        f"in one step; after {len(h)}, {ends[0]:.2g} in one step and {ends[1]:.2g} in two."
        if len(h) > anbn.MAX_N
        else f"How far the state moves while {len(h)} a's are read.",
    )


def plot_gradient_norms(norms, axes=None, tokens=None):
    """Draw gradient norms on a log scale, because they shrink or grow exponentially.

    norms: {label: array}. Without `tokens`, the arrays have the shape (T,) and are plotted against
    the number of time steps that the gradient has travelled, 1..T. With the T tokens of a sequence,
    they have the shape (T + 1,): entry t belongs to the state after t tokens, entry 0 to the
    initial state. A norm of 0 cannot be on a log scale and becomes a triangle at the bottom.
    """
    axes = plot_axes(axes)
    first = 1 if tokens is None else 0
    colors = plt.get_cmap("viridis")(np.linspace(0.05, 0.8, len(norms)))
    for (label, values), color, marker in zip(norms.items(), colors, cycle("os^D"), strict=False):
        values = _norms(label, values, tokens)
        steps = first + np.arange(len(values))
        positive = np.where(values > 0, values, np.nan)
        look = {"color": color, "marker": marker, "ms": 4, "lw": 1.3}
        axes.semilogy(steps, positive, label=label, **look)
        _mark_zeros(axes, steps[values == 0], color)
    axes.set_ylabel("gradient norm")
    if tokens is None:
        whole_numbers(axes.xaxis)
        axes.set_xlabel("time steps that the gradient has travelled")
        axes.legend(frameon=False)
    else:
        axes.set_xticks(range(len(tokens) + 1), ["\nstart", *tokens])
        axes.set_xlabel("state after this token")
        # Beside the curves: with one curve per network and state they leave no room.
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    ends = "; ".join(
        f"{label}: {np.ravel(v)[0]:.2g} to {np.ravel(v)[-1]:.2g}" for label, v in norms.items()
    )
    return described(
        axes, f"Gradient norms on a logarithmic scale, from left to right. {_plain(ends)}."
    )


def _plain(label):
    """Return a label without the marks of mathematics."""
    return label.replace("$", "").replace("_{hh}", "_hh")


def _norms(label, values, tokens):
    """Return the norms of one curve as an array, or say which shape is wrong."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or (tokens is not None and len(values) != len(tokens) + 1):
        wanted = "(T,)" if tokens is None else f"({len(tokens) + 1},), one norm per state"
        raise ValueError(
            f'the norms of "{label}" have shape {values.shape}; they should have shape {wanted}'
        )
    return values


def _mark_zeros(axes, steps, color):
    """Mark norms that are exactly 0 at the bottom: they cannot be on a log scale."""
    if len(steps):
        axes.margins(y=0.15)  # curves stay above the marks
        bottom = np.full(len(steps), 0.02)
        axes.plot(steps, bottom, "v", ms=5, color=color, transform=axes.get_xaxis_transform())
        axes.annotate(
            "exactly 0",
            (steps[-1], 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(6, -4),
            textcoords="offset points",
            color=color,
        )
