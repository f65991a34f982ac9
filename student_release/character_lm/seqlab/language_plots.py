"""Plots of what a language model has learnt. As in `plots`, each function returns its axes.

Lines for floors come from the caller, who has computed them.
"""

import matplotlib.pyplot as plt
import numpy as np

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
)

SMOOTHED = 10  # steps


def plot_hihell(losses, floor, axes=None):
    """Draw losses in nats per character, {label: (steps,)}, and the floor of the first of them."""
    axes = plot_axes(axes)
    for (label, values), (color, _) in zip(losses.items(), LOOKS, strict=False):
        axes.semilogy(np.arange(len(values)), values, color=color, lw=1.5, label=label)
    axes.axhline(floor, color=GREY, lw=1, ls="--")
    # Below its line: the curve comes from above.
    note(
        axes,
        f"least possible with logits between −1 and 1: {floor:.4f}",
        (1, floor),
        xytext=(0, -4),
        va="top",
    )
    axes.set_xlabel("training step")
    axes.set_ylabel("loss (nats per character)")
    axes.legend(frameon=False)
    said = "; ".join(f"{label}: {v[0]:.2f} to {v[-1]:.4f}" for label, v in losses.items())
    return described(
        axes,
        f"Losses in nats per character over the training. {said}. The least possible with logits "
        f"between −1 and 1 is {floor:.4f}.",
    )


def plot_floors(floors, axes=None):
    """Draw the excess of the best model with k characters, {k: nats per sentence}, as stairs.

    The scale is logarithmic down to 0.1 and linear below, so that 0 is in the picture.
    """
    axes = plot_axes(axes)
    characters, excesses = np.array(list(floors)), np.array(list(floors.values()))
    axes.step(characters, excesses, where="mid", color=BLUE, lw=1.5)
    axes.plot(characters, excesses, "o", color=BLUE, ms=4)
    axes.set_yscale("symlog", linthresh=0.1, linscale=0.5)
    ticks = [tick for tick in (0, 0.1, 1, 10, 100) if tick <= 2 * max(0.1, *excesses)]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_ylim(bottom=-0.02)
    axes.set_xlabel("k, the characters that a model sees")
    axes.set_ylabel("least possible loss − entropy\n(nats per sentence)")
    said = ", ".join(f"{k}: {nats:.2f}" for k, nats in floors.items())
    return described(
        axes, f"Stairs that fall: the least possible excess with k characters. {said}."
    )


def plot_learning(excess, floors, axes=None):
    """Draw the excess of each training step (nats per sentence) falling through floors.

    excess: (steps,), the loss minus the least possible loss of the same batch. floors: {k: nats}.
    The dots are single steps, the line is the mean over SMOOTHED of them. Scale: logarithmic.
    """
    axes = plot_axes(axes, size=(7.4, 4.4))
    excess = np.asarray(excess, dtype=float)
    least = min([0.03, *floors.values()]) / 2
    steps = np.arange(len(excess))
    axes.semilogy(steps, np.maximum(excess, least), ".", color=BLUE, ms=3, alpha=0.3)
    if len(excess) >= SMOOTHED:
        smooth = np.convolve(excess, np.ones(SMOOTHED) / SMOOTHED, mode="valid")
        middle = steps[: len(smooth)] + (SMOOTHED - 1) / 2
        axes.semilogy(middle, np.maximum(smooth, least), color=BLUE, lw=1.8)
        warn_below_floor(axes, smooth + 0.3)  # a batch's own luck
    for k, floor in floors.items():
        axes.axhline(floor, color=ORANGE, lw=1, ls="--")
        note(axes, f"sees {k} character{'s' if k > 1 else ''}", (1, floor), ORANGE, xytext=(0, 2))
    axes.set_xlabel("training step")
    axes.set_ylabel("loss − what is possible (nats per sentence)")
    text = f"The excess of {len(excess)} training steps, from {excess[0]:.1f} nats per sentence"
    if len(excess) >= SMOOTHED:
        crossed = "; ".join(
            f"sees {k}: {floor:.2f}, crossed {first_below(smooth, floor)}"
            for k, floor in floors.items()
        )
        text += f" to {smooth[-1]:.2f}, through the floors of who forgets. {crossed}"
    return described(axes, f"{text}.")


def plot_surprise(sentence, model, grammar, axes=None):
    """Draw what each character of a sentence costs: bars of the model, outlines of the grammar.

    model, grammar: one number of nats per character.
    """
    for name, values in (("model", model), ("grammar", grammar)):
        if len(values) != len(sentence):
            raise ValueError(
                f"{name} has {len(values)} numbers, but the sentence has {len(sentence)} characters"
            )
    axes = plot_axes(axes, size=(max(5.0, 0.27 * len(sentence) + 1), 3.2))
    places = np.arange(len(sentence))
    axes.bar(places, model, width=0.75, color=BLUE, label="your network")
    outline = {"fill": False, "edgecolor": ORANGE, "lw": 1.6}
    axes.bar(places, grammar, width=0.75, label="the grammar: the least, on average", **outline)
    axes.set_xticks(places, [c if c != " " else "␣" for c in sentence], family="monospace")
    axes.tick_params(axis="x", length=0)
    axes.margins(x=0.01)
    axes.set_ylabel("surprise (nats)")
    axes.legend(frameon=False)
    peaks = "; ".join(
        f"{character!r} at {place}: {nats:.2f} (grammar {least:.2f})"
        for place, (character, nats, least) in enumerate(zip(sentence, model, grammar, strict=True))
        if max(nats, least) > 0.2
    )
    return described(
        axes,
        f"Bars: what each character of “{sentence}” costs. More than 0.2 nats, by place from 0: "
        f"{peaks or 'none'}.",
    )


def plot_chunks(carried, from_zero, without_memory, ten_characters, axes=None):
    """Draw the excess on a stream (nats per character) against the length K of the chunks.

    carried, from_zero, without_memory: {K: nats}: trained with the state carried, trained from a
    zero state in each chunk, and the least that is possible from a zero state.
    """
    axes = plot_axes(axes, size=(7, 4))
    series = (
        (from_zero, "trained and judged from zero in each chunk", ORANGE, "s-"),
        (without_memory, "least possible from zero", ORANGE, "--"),
        (carried, "trained and judged with the state carried", BLUE, "o-"),
    )
    for values, label, color, style in series:
        axes.loglog(list(values), list(values.values()), style, color=color, lw=1.5, label=label)
    axes.axhline(ten_characters, color=GREY, lw=1, ls=":")
    note(axes, "sees ten characters", (1, ten_characters))
    axes.set_xticks(list(carried), [str(K) for K in carried])
    axes.xaxis.set_minor_formatter(lambda *_: "")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("K, the characters in a chunk")
    axes.set_ylabel("loss − that of the grammar\n(nats per character)")
    axes.legend(frameon=False, fontsize="small")
    said = "; ".join(
        f"{label}: " + ", ".join(f"K = {K} {nats:.4f}" for K, nats in values.items())
        for values, label, _, _ in series
    )
    return described(
        axes,
        f"Excess in nats per character against the length of a chunk. {said}. Who sees ten "
        f"characters pays {ten_characters:.4f}.",
    )


def show_lines(written, is_right):
    """Write sentences at several temperatures, and mark those that are not in the language.

    written: {temperature: sentences}. is_right(sentence): whether to mark it with a tick or, in
    another colour, with a cross.
    """
    rows = 1 + sum(1 + len(lines) for lines in written.values())
    _, axes = plt.subplots(figsize=(5.2, 0.24 * rows), layout="constrained")
    axes.set_xlim(0, 1)
    axes.set_ylim(rows, 0)
    axes.axis("off")
    row = 1.0
    for temperature, lines in written.items():
        axes.text(0, row, f"temperature {temperature}", weight="bold", va="center")
        row += 1
        for line in lines:
            right = is_right(line)
            shown = line.replace("\n", "⏎")
            mark, color = ("✓", "#222222") if right else ("✗", ORANGE)
            axes.text(0.02, row, mark, color=color, va="center", family="DejaVu Sans")
            axes.text(0.06, row, shown, color=color, va="center", family="monospace", fontsize=9)
            row += 1
    said = " ".join(
        f"Temperature {temperature}: "
        + " ".join(f"{line.strip()} ({'right' if is_right(line) else 'wrong'})" for line in lines)
        for temperature, lines in written.items()
    )
    return described(axes, f"Sentences that the network wrote. {said}")


def plot_ngrams(ngrams, network, network_on_training, axes=None):
    """Draw losses on new text (nats per character): n-grams by context, {k: nats}, and a network.

    network_on_training: what the network reaches on the text that it was trained on.
    """
    axes = plot_axes(axes)
    best = min(ngrams, key=ngrams.get)
    label = f"n-grams, the best with k = {best}: {ngrams[best]:.3f}"
    axes.plot(list(ngrams), list(ngrams.values()), "o-", color=BLUE, lw=1.5, label=label)
    look = {"color": ORANGE, "lw": 1.5}
    axes.axhline(network, **look, label=f"your network on new text: {network:.3f}")
    label = f"your network on its training text: {network_on_training:.3f}"
    axes.axhline(network_on_training, ls=":", **look, label=label)
    axes.set_xticks(list(ngrams))
    axes.set_ylim(0, 1.05 * max(ngrams.values()))
    axes.legend(frameon=False)
    axes.set_xlabel("k, the characters of context of the n-gram")
    axes.set_ylabel("loss on new text (nats per character)")
    said = ", ".join(f"k = {k}: {nats:.3f}" for k, nats in ngrams.items())
    return described(
        axes,
        f"Loss on new text in nats per character. n-grams with {said}. The network: {network:.3f} "
        f"on new text, {network_on_training:.3f} on its training text.",
    )
