"""Pictures of what a trained network does. Each function draws into `axes` (a new figure when it is
None) and returns the axes, so that a caller can add to the picture.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from seqlab import anbn

BLUE, ORANGE, GREY = "#2a5d9f", "#d9711c", "#6b6b6b"


def _axes(axes, size=(7, 3.6)):
    if axes is None:
        _, axes = plt.subplots(figsize=size, layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def plot_loss(losses, axes=None, label=None, color=BLUE):
    """Draw losses (nats per sequence, one per step) as excess over the floor, on a log scale.

    The floor itself lies at minus infinity of a log scale. Two lines help to read it: 0.05 nats
    above the floor, where the training question is passed, and the best bigram model. A curve that
    falls below the floor gets a warning.
    """
    axes = _axes(axes)
    excess = anbn.excess_nats(np.asarray(losses, dtype=float))
    axes.semilogy(
        np.arange(len(excess)), np.maximum(excess, 1e-4), color=color, lw=1.3, label=label
    )
    if np.min(excess) < -0.01:
        axes.set_title(
            "Below the floor, which is impossible.\n"
            "Another unit than nats per sequence, or targets that the network has seen?",
            color=ORANGE,
            fontsize="medium",
        )
    axes.axhline(0.05, color=GREY, lw=1, ls="--")
    axes.axhline(anbn.BIGRAM_EXCESS, color=GREY, lw=0.7, ls=":")
    axes.annotate(
        "a bigram model",
        (1, anbn.BIGRAM_EXCESS),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        color=GREY,
    )
    axes.annotate(
        "0.05 nats above the floor",
        (1, 0.05),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        color=GREY,
    )
    axes.set_xlabel("training step")
    axes.set_ylabel("loss − ln 11   (nats per sequence)")
    if label:
        axes.legend(frameon=False)
    return axes


def plot_switch_probability(probabilities, axes=None, label="your network"):
    """Draw P(next is "b" | k times "a"), k = 1..11, against the best possible 1 / (12 − k).

    probabilities: (11,), entry k − 1 for k times "a".
    """
    axes = _axes(axes)
    k = np.arange(1, anbn.MAX_N + 1)
    axes.plot(k, anbn.probability_of_b(k), color=GREY, lw=5, alpha=0.4, label="1 / (12 − k)")
    axes.plot(k, probabilities, "o-", color=BLUE, lw=1.3, label=label)
    axes.set_xlabel("k, the number of a's read so far")
    axes.set_ylabel('P(next is "b")')
    axes.set_xticks(k)
    axes.legend(frameon=False)
    return axes


def plot_hidden_states(h, tokens, axes=None, sort=True):
    """Draw the hidden states of one sequence as a heat map, units against time.

    h: (T, H), the state after each token. tokens: the T tokens that were read.
    sort: order the units by how much they move in one direction while a's are read, so that
    counting units stand together.
    """
    h = np.asarray(h)
    T, H = h.shape
    axes = _axes(axes, size=(max(5.0, 0.36 * T + 2), 4.2))
    if sort:
        first_b = tokens.index("b") if "b" in tokens else T
        h = h[:, np.argsort(h[max(first_b - 1, 0)] - h[0])]
    picture = axes.imshow(h.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(T), tokens)
    axes.set_yticks([])
    axes.set_xlabel("token that was read")
    axes.set_ylabel(f"the {H} hidden units")
    axes.figure.colorbar(picture, ax=axes, label="hidden state", pad=0.02)
    return axes


def plot_state_path(h, lengths, axes=None):
    """Draw where the hidden state is after each token, in the plane of largest variance.

    h: (B, T, H), the states of a batch of sequences n times "a", n times "b"; lengths: the B
    values of n. The plane is spanned by the first two principal components of all the states. The
    numbers count the a's that were read; one path leads away from each of them when the b's come.
    """
    h = np.asarray(h)
    axes = _axes(axes, size=(7, 5))
    states = np.concatenate([row[: 2 * n] for row, n in zip(h, lengths, strict=True)])
    mean = states.mean(axis=0)
    _, _, components = np.linalg.svd(states - mean, full_matrices=False)
    longest = int(np.argmax(lengths))
    for row, n in zip(h, lengths, strict=True):
        path = (row[: 2 * n] - mean) @ components[:2].T
        axes.plot(*path[n - 1 :].T, ".-", color=ORANGE, lw=0.8, ms=5, alpha=0.7)
    path = (h[longest, : lengths[longest]] - mean) @ components[:2].T
    axes.plot(*path.T, "o-", color=BLUE, lw=1.5, ms=5, label="reading a's")
    axes.plot([], [], ".-", color=ORANGE, label="reading b's")
    for k, point in enumerate(path, start=1):
        axes.annotate(str(k), point, xytext=(5, 4), textcoords="offset points", color=BLUE)
    axes.set_xlabel("first principal component of the hidden state")
    axes.set_ylabel("second")
    axes.legend(frameon=False)
    return axes


def plot_movement(h, axes=None):
    """Draw how far the state moves while the same token is read again and again.

    h: (T, H), the state after each of T equal tokens. Two curves: the distance between successive
    states, and between states two steps apart, which also shows a state that jumps to and fro.
    """
    h = np.asarray(h)
    axes = _axes(axes)
    for gap, color, label in ((1, GREY, "one step"), (2, BLUE, "two steps")):
        distance = np.linalg.norm(h[gap:] - h[:-gap], axis=1)
        axes.plot(np.arange(gap + 1, len(h) + 1), distance, "o-", ms=3, color=color, label=label)
    axes.axvline(anbn.MAX_N, color=ORANGE, lw=1, ls="--", label="end of the training range")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("number of a's read so far")
    axes.set_ylabel("distance that the state has moved")
    axes.legend(frameon=False)
    return axes


def plot_gradient_norms(norms, axes=None):
    """Draw gradient norms against the number of time steps that the gradient has travelled.

    norms: {label: (T,) array}; a log scale, because they shrink or grow exponentially.
    """
    axes = _axes(axes)
    colors = plt.get_cmap("viridis")(np.linspace(0.05, 0.85, len(norms)))
    for (label, values), color in zip(norms.items(), colors, strict=True):
        axes.semilogy(np.arange(1, len(values) + 1), values, "o-", ms=3, color=color, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("time steps that the gradient has travelled")
    axes.set_ylabel("gradient norm")
    axes.legend(frameon=False)
    return axes
