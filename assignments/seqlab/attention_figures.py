"""Drawings of attention for the notebook: a query, additive scores, heads, a transformer block."""

from matplotlib.patches import Rectangle

from seqlab.drawing import (
    BLUE,
    GREY,
    INPUT,
    LOSS,
    OUTPUT,
    STATE,
    arrow,
    box,
    canvas,
    described,
    line,
    operation,
)

HEADS = (STATE, LOSS, OUTPUT)


def attention():
    """Draw how one query finds its answer among four places: score, softmax, weighted sum."""
    axes = canvas(16.4, 7.2, (8.2, 3.6))
    weights = (0.08, 0.72, 0.2, 0.0)
    box(axes, 1.2, 5.9, "$q_t$", STATE, width=1.3)
    for s, weight in enumerate(weights):
        x = 4.6 + 3.0 * s
        box(axes, x, 5.9, f"$k_{s}$", INPUT, width=1.3)
        operation(axes, x, 4.5, "·")
        arrow(axes, (x, 5.55), (x, 4.75))
        axes.add_patch(Rectangle((x - 0.35, 2.55), 0.7, 1.5 * weight, facecolor=BLUE, alpha=0.8))
        line(axes, (x - 0.6, 2.55), (x + 0.6, 2.55))
        axes.text(x + 0.75, 2.75, f"$w_{{t{s}}}$", ha="left", fontsize=11)
        box(axes, x, 1.55, f"$v_{s}$", OUTPUT, width=1.3)
        # The heavier the weight, the broader the line.
        look = {"lw": 12 * weight} if weight else {"lw": 1, "ls": ":"}
        axes.plot((x, x), (1.2, 0.55), color=BLUE, solid_capstyle="butt", **look)
    axes.plot([1.2, 1.2, 13.35], [5.55, 4.5, 4.5], color="#444444", lw=1.0, zorder=0)
    axes.text(13.6, 2.62, "may not\nbe seen", fontsize=8.5, color=GREY, ha="center", va="bottom")
    axes.text(
        1.2, 3.2, "softmax of\n$q_t k_s^\\top/\\sqrt{d}$", ha="center", va="center", fontsize=10
    )
    line(axes, (4.6, 0.55), (13.6, 0.55))
    arrow(axes, (4.6, 0.55), (2.1, 0.55))
    box(axes, 1.2, 0.55, "out$_t$", STATE, width=1.5)
    axes.text(15.9, 5.9, "keys", ha="center", va="center", fontsize=10, color=GREY)
    axes.text(15.9, 3.2, "weights", ha="center", va="center", fontsize=10, color=GREY)
    axes.text(15.9, 1.55, "values", ha="center", va="center", fontsize=10, color=GREY)
    return described(
        axes,
        "One query meets four keys k_0 to k_3 in scalar products, whose softmax makes four "
        "weights, drawn as bars: 0.08, 0.72, 0.2, and 0 for the last place, which may not be seen. "
        "Below each weight stands a value, from which a line, as broad as the weight, leads to the "
        "output, their weighted sum; the line of the last place is dotted.",
    )


def additive():
    """Draw how two queries meet three keys in additive attention, as a table of sums."""
    axes = canvas(24.4, 8.6, (9.0, 3.2))
    H, cell = 4, 0.5

    def strip(x, y, entries, color):
        for i in range(entries):
            corner = (x + cell * (i - entries / 2), y - cell / 2)
            axes.add_patch(Rectangle(corner, cell, cell, facecolor=color, edgecolor="white"))

    def say(x, y, text, **how):
        axes.text(x, y, text, **{"ha": "center", "va": "center", "fontsize": 10, **how})

    def remark(x, y, text, **how):
        say(x, y, text, color=GREY, fontsize=9, **how)

    columns, rows = (8.0, 10.9, 13.8), (4.0, 2.2)
    operation(axes, 4.9, 5.6, "+")
    for s, x in enumerate(columns):
        say(x - 0.95, 7.8, f"$k_{s}$")
        strip(x, 7.8, 2, INPUT)
        arrow(axes, (x, 7.45), (x, 6.0), "$W_k$", offset=(0.75, 0.05))
        strip(x, 5.6, H, INPUT)
    line(axes, (3.7, 4.8), (15.0, 4.8), color="#bbbbbb")
    line(axes, (6.4, 6.2), (6.4, 1.7), color="#bbbbbb")
    for t, y in enumerate(rows):
        say(0.5, y, f"$q_{t}$")
        strip(1.7, y, 3, STATE)
        arrow(axes, (2.55, y), (3.75, y), "$W_q$", offset=(-0.1, 0.5))
        strip(4.9, y, H, STATE)
        for s, x in enumerate(columns):
            strip(x, y, H, LOSS)
            corner = (19.6 + 1.4 * s, y - 0.9)
            axes.add_patch(Rectangle(corner, 1.4, 1.8, facecolor=OUTPUT, edgecolor="white"))
            say(corner[0] + 0.7, y, f"$s_{{{t}{s}}}$")
    arrow(axes, (15.2, 3.1), (19.2, 3.1))
    say(17.1, 3.7, "$w \\cdot \\tanh(\\,\\cdot + b)$")
    remark(1.7, 0.7, "queries\n$(T, d_q)$")
    remark(4.9, 0.7, "$q\\,W_q$\n$(T, H)$")
    remark(10.9, 0.7, "all sums\n$(T, S, H)$")
    remark(21.7, 0.7, "scores\n$(T, S)$")
    remark(15.4, 7.8, "keys:  $(S, d_k)$", ha="left")
    remark(15.4, 5.6, "$k\\,W_k$:  $(S, H)$", ha="left")
    return described(
        axes,
        "A table of sums. Its two rows are queries with three entries, which W_q turns into four "
        "numbers; its three columns are keys with two entries, which W_k turns into four numbers. "
        "Where a row meets a column the four numbers are added: an array (T, S, H). From each sum, "
        "w times the tanh of the sum plus b makes one score: an array (T, S).",
    )


def split():
    """Draw how x with D = 6 columns becomes two heads of three columns, and what a head holds."""
    T, D = 4, 6
    axes = canvas(21, 7.4, (8.4, 3.0))

    def block(x, y, columns, colors, title):
        for t in range(T):
            for c in range(columns):
                axes.add_patch(
                    Rectangle((x + c, y + T - 1 - t), 1, 1, facecolor=colors[c], edgecolor="white")
                )
                axes.text(
                    x + c + 0.5,
                    y + T - 0.5 - t,
                    str(D * t + c + offset),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="#444444",
                )
        axes.text(x + columns / 2, y + T + 0.5, title, ha="center", fontsize=10)

    offset = 0
    block(2.0, 1.4, D, [HEADS[c // 3] for c in range(D)], "x, one sequence: (T, D)")
    arrow(axes, (8.5, 3.4), (10.3, 3.4))
    block(10.8, 1.4, 3, [HEADS[0]] * 3, "head 0: (T, D/h)")
    offset = 3
    block(16.2, 1.4, 3, [HEADS[1]] * 3, "head 1: (T, D/h)")
    for t in range(T):
        axes.text(1.7, 4.9 - t, f"token {t}", ha="right", va="center", fontsize=8.5, color=GREY)
    axes.text(5.0, 0.6, "the same row, cut into pieces", ha="center", fontsize=9, color=GREY)
    axes.text(
        15.0,
        0.6,
        "each head has all tokens, and its own columns",
        ha="center",
        fontsize=9,
        color=GREY,
    )
    return described(
        axes,
        "The array x of one sequence has 4 rows, the tokens, and 6 columns, numbered row by row "
        "from 0 to 23. It becomes head 0, the columns 0 to 2 of all tokens (0 1 2, 6 7 8, 12 13 "
        "14, 18 19 20), and head 1, the columns 3 to 5 (3 4 5, 9 10 11, 15 16 17, 21 22 23).",
    )


def block():
    """Draw a transformer with one pre-norm block, from the tokens (left) to the logits (right)."""
    axes = canvas(24.2, 6.2, (9.0, 2.4))
    y = 2.2
    box(axes, 1.3, 3.4, "tokens", INPUT, width=2.2)
    box(axes, 1.3, 1.0, "positions", INPUT, width=2.2)
    operation(axes, 3.6, y, "+")
    arrow(axes, (2.45, 3.25), (3.35, 2.45))
    arrow(axes, (2.45, 1.15), (3.35, 1.95))
    for start, names, colors in (
        (3.9, ("norm_1", "attention"), ("white", STATE)),
        (12.3, ("norm_2", "expand\nGELU\nreduce"), ("white", LOSS)),
    ):
        line(axes, (start, y), (start + 0.6, y), (start + 0.6, 4.6))
        arrow(axes, (start + 0.55, 4.6), (start + 1.3, 4.6))
        box(axes, start + 2.3, 4.6, names[0], colors[0], width=2.0)
        arrow(axes, (start + 3.35, 4.6), (start + 4.1, 4.6))
        box(axes, start + 5.6, 4.6, names[1], colors[1], width=2.9, height=1.7)
        line(axes, (start + 7.1, 4.6), (start + 8.1, 4.6))
        arrow(axes, (start + 8.1, 4.6), (start + 8.1, y + 0.25))
        line(axes, (start + 0.6, y), (start + 1.2, y))
        arrow(axes, (start + 1.0, y), (start + 7.85, y))
        operation(axes, start + 8.1, y, "+")
        axes.text(start + 4.3, y - 0.55, "residual connection", ha="center", fontsize=9, color=GREY)
    arrow(axes, (20.65, y), (21.3, y))
    box(axes, 22.35, y, "norm_3", "white", width=2.0)
    arrow(axes, (22.35, y - 0.4), (22.35, 0.95))
    box(axes, 22.35, 0.6, "output", OUTPUT, width=2.0)
    return described(
        axes,
        "From left to right: tokens plus positions enter a line, the sum. A branch leaves it "
        "through norm_1 and the attention, and is added again; a second one through norm_2 and "
        "expand, GELU, reduce. Past both, the line is a residual connection. At its end: norm_3, "
        "then output.",
    )
