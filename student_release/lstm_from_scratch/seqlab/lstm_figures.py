"""Drawings of the LSTM for the text of the notebooks: its arrays, one step, and the gradient.

Vectors are rows: z = x_t W_x + h_{t-1} W_h + b has 4H entries, in the order i, f, g, o.
"""

from matplotlib.patches import Rectangle

from seqlab.drawing import (
    BACK,
    GREY,
    INPUT,
    OUTPUT,
    STATE,
    arrow,
    box,
    canvas,
    described,
    line,
    operation,
)

# Each gate with its colour, the same in all drawings, and its activation.
GATES = {
    "i": ("#d6ecd2", r"\sigma"),
    "f": ("#f7dcc4", r"\sigma"),
    "g": ("#e6d8ee", r"\tanh"),
    "o": ("#fbf0b9", r"\sigma"),
}
# In a drawing of one step: in the order of the arrays.
PLACES = {"i": 3.4, "f": 5.4, "g": 7.4, "o": 9.4}
Z_MIDDLE, Z_WIDTH = 6.4, 7.6


def gate_blocks():
    """Draw W_x, W_h, b and z for V = 4 and H = 5: the 4H columns are four blocks i, f, g, o."""
    V, H, left = 4, 5, 2.2
    axes = canvas(4 * H + 12.5, V + H + 8.4, (7.4, 4.4))
    columns = ("0 … H − 1", "H … 2H − 1", "2H … 3H − 1", "3H … 4H − 1")
    y = V + H + 6.6
    for k, (gate, (_, activation)) in enumerate(GATES.items()):
        x = left + (k + 0.5) * H
        axes.text(x, y + 1.0, f"${gate}$   ${activation}$", ha="center", fontsize=12)
        axes.text(x, y + 0.3, columns[k], ha="center", fontsize=8.5, color=GREY)
    for name, rows, shape in (
        ("$W_x$", V, "(V, 4H)"),
        ("$W_h$", H, "(H, 4H)"),
        ("$b$", 1, "(4H,)"),
        ("$z$", 1, "(4H,);  (B, 4H) for a batch"),
    ):
        y -= rows
        for k, (color, _) in enumerate(GATES.values()):
            corner = (left + k * H, y)
            for cell in range(rows * H):
                place = (corner[0] + cell % H, y + cell // H)
                axes.add_patch(Rectangle(place, 1, 1, facecolor=color, edgecolor="white", lw=0.8))
            axes.add_patch(Rectangle(corner, H, rows, facecolor="none", edgecolor="#444444", lw=1))
        axes.text(left - 0.5, y + rows / 2, name, ha="right", va="center", fontsize=13)
        axes.text(left + 4 * H + 0.5, y + rows / 2, shape, va="center", fontsize=10.5)
        y -= 1.4
    axes.text(left + 2 * H, y + 0.4, "$z = x_t W_x + h_{t-1} W_h + b$", ha="center", fontsize=12)
    return described(
        axes,
        "The arrays W_x (V, 4H), W_h (H, 4H), b (4H,) and z (4H,) one below the other. The columns "
        "of each are four blocks of H: i with a sigmoid, f with a sigmoid, g with a tanh, o with a "
        "sigmoid, in this order.",
    )


def lstm_cell():
    """Draw one step of the LSTM: the cell state runs along the top, and the gates act on it."""
    axes = _step(r"$z = x_t W_x + h_{t-1} W_h + b$", width=14.2)
    box(axes, 13.4, 3.0, "$h_t$", STATE)
    box(axes, Z_MIDDLE, 0.4, "$x_t$", INPUT)
    box(axes, 11.2, 4.5, "tanh", "white")
    # The cell state: what the forget gate keeps, plus what the input gate lets in.
    arrow(axes, (1.5, 6.0), (PLACES["f"] - 0.25, 6.0))
    arrow(axes, (PLACES["f"] + 0.25, 6.0), (PLACES["g"] - 0.25, 6.0))
    arrow(axes, (PLACES["g"] + 0.25, 6.0), (12.85, 6.0))
    # From i to the product with g; the line of f passes over it.
    line(axes, (PLACES["i"], 3.35), (PLACES["i"], 4.5))
    arrow(axes, (PLACES["i"], 4.5), (PLACES["g"] - 0.25, 4.5))
    axes.plot([PLACES["f"]] * 2, [4.3, 4.7], color="white", lw=7)
    arrow(axes, (PLACES["f"], 3.35), (PLACES["f"], 5.75))
    arrow(axes, (PLACES["g"], 3.35), (PLACES["g"], 4.25))
    arrow(axes, (PLACES["g"], 4.75), (PLACES["g"], 5.75))
    # The hidden state: what the output gate shows of the cell state.
    arrow(axes, (11.2, 6.0), (11.2, 4.85))
    arrow(axes, (11.2, 4.15), (11.2, 3.25))
    arrow(axes, (PLACES["o"] + 0.85, 3.0), (10.95, 3.0))
    arrow(axes, (11.45, 3.0), (12.85, 3.0))
    for gate, y, sign in (("f", 6.0, "×"), ("g", 6.0, "+"), ("g", 4.5, "×")):
        operation(axes, PLACES[gate], y, sign)
    operation(axes, 11.2, 3.0, "×")
    for gate, x in PLACES.items():
        arrow(axes, (x, 1.85), (x, 2.65), f"$z_{gate}$", offset=(0.3, 0))
    arrow(axes, (1.5, 1.5), (Z_MIDDLE - Z_WIDTH / 2 - 0.05, 1.5))
    arrow(axes, (Z_MIDDLE, 0.75), (Z_MIDDLE, 1.15))
    return described(
        axes,
        "One step of the LSTM. The old cell state enters on the left and runs along the top: it is "
        "multiplied by f, then the product of i and g is added, and the result is the new cell "
        "state. Its tanh, multiplied by o, is the new hidden state. Below, the token and the old "
        "hidden state make z, whose four blocks make i, f, g and o, from left to right.",
    )


def lstm_gradient_paths():
    """Draw how the gradient runs back through one step. Each arrow is labelled with a
    product; where arrows meet, gradients add up. A gate without an index belongs to this step.
    """
    axes = _step(r"$\delta z_t = (\delta z_i, \delta z_f, \delta z_g, \delta z_o)$", width=17.2)
    box(axes, 13.4, 3.0, "$h_t$", STATE)
    box(axes, 13.4, 0.6, "logits$_t$", OUTPUT, width=1.4)

    def back(start, end, label="", offset=(0, 0)):
        arrow(axes, start, end, label and f"${label}$", color=BACK, offset=offset)

    # Into c_t and into h_t.
    back((16.9, 6.0), (13.95, 6.0), r"\delta c_{t+1} \odot f_{t+1}", (0, 0.35))
    back((13.4, 3.35), (13.4, 5.65), r"\delta h_t \odot o \odot (1 - \tanh^2 c_t)", (1.85, 0))
    back((16.9, 3.0), (13.95, 3.0), r"\delta z_{t+1} W_h^\top", (0, 0.35))
    back((13.4, 0.95), (13.4, 2.65), r"\delta \mathrm{logits}_t\, W_y^\top", (1.3, 0))
    for y in (6.0, 3.0):
        axes.text(15.4, y - 0.4, "from step t + 1", ha="center", fontsize=9, color=GREY)
    # From c_t and h_t to the gates, and on to the step before.
    line(axes, (12.85, 6.0), (PLACES["i"] - 0.2, 6.0), color=BACK)
    back((PLACES["i"], 6.0), (1.5, 6.0), r"\delta c_t \odot f", (0, 0.35))
    for gate, factor in (("i", "g"), ("f", "c_{t-1}"), ("g", "i")):
        x = PLACES[gate]
        back((x, 6.0), (x, 3.35), rf"\delta c_t \odot {factor}", (0.72, 0))
    back((12.85, 3.0), (PLACES["o"] + 0.85, 3.0), r"\delta h_t \odot \tanh c_t", (0, 0.35))
    for gate, x in PLACES.items():
        slope = "(1 - g^2)" if gate == "g" else f"{gate} (1 - {gate})"
        back((x, 2.65), (x, 1.85), rf"\odot\, {slope}", (0.8, 0))
    back((Z_MIDDLE - Z_WIDTH / 2 - 0.05, 1.5), (1.5, 1.5), r"\delta z_t W_h^\top", (0, 0.4))
    return described(
        axes,
        "The gradient runs back through one step, from right to left. Into h_t come the gradient "
        "of the logits and, from step t + 1, that of z. Into c_t come δh_t ⊙ o ⊙ (1 − tanh² c_t) "
        "and, from step t + 1, δc ⊙ f. From c_t arrows lead to i with the factor g, to f with "
        "c_{t−1}, to g with i, and with f to c_{t−1}; from h_t to o with tanh c_t. Each gate "
        "passes on through the slope of its activation to δz_t, which times W_h transposed reaches "
        "h_{t−1}.",
    )


def _step(z, width):
    """Draw what both drawings of one step share: its states, its gates, and z below them."""
    height = 6.8
    axes = canvas(width, height, (0.56 * width, 0.56 * height))
    box(axes, 0.95, 6.0, "$c_{t-1}$", STATE)
    box(axes, 13.4, 6.0, "$c_t$", STATE)
    box(axes, 0.95, 1.5, "$h_{t-1}$", STATE)
    box(axes, Z_MIDDLE, 1.5, z, "white", width=Z_WIDTH)
    for gate, x in PLACES.items():
        color, activation = GATES[gate]
        box(axes, x, 3.0, rf"${gate} = {activation}(z_{gate})$", color, width=1.7)
    return axes
