from otter.test_files import test_case

OK_FORMAT = False

name = "q3_step"
points = 12

# Hidden inputs are those of one semester.
SEMESTER = 1405412999890683402


@test_case(name="The example from the text: one unit, two steps", points=None, hidden=False)
def test_by_hand(lstm_step, In):
    """The example from the text: one unit, two steps"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "lstm_step", "sigmoid")
    ln3 = np.log(3.0)
    params = {
        "W_x": np.array([[ln3, ln3, ln3 / 2, 0.0], [0.0, 0.0, 0.0, ln3]]),
        "W_h": np.array([[0.0, 0.0, 1.0, 0.0]]),
        "b": np.zeros(4),
        "W_y": np.array([[1.0, 0.0]]),
        "b_y": np.zeros(2),
    }
    token = np.array([[1.0, 0.0]])
    parts = ("h", "c", "gates")
    result = lstm_step(params, token, np.zeros((1, 1)), np.zeros((1, 1)))
    h, c, gates = checks.unpack("lstm_step", result, parts)
    # The text has three decimals.
    checks.assert_close("the gates of step 1", gates, [[0.75, 0.75, 0.5, 0.5]], atol=6e-4)
    checks.assert_close("c of step 1", c, [[0.375]], atol=6e-4)
    checks.assert_close("h of step 1", h, [[0.179]], atol=6e-4)
    h, c, gates = lstm_step(params, token, np.array([[0.179]]), np.array([[0.375]]))
    checks.assert_close("the gates of step 2", gates, [[0.75, 0.75, 0.622, 0.5]], atol=6e-4)
    checks.assert_close("c of step 2", c, [[0.748]], atol=6e-4)
    checks.assert_close("h of step 2", h, [[0.317]], atol=6e-4)


@test_case(
    name="Two units and two sequences; the arguments do not change",
    points=None,
    hidden=False,
)
def test_two_units(lstm_step):
    """Two units and two sequences; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    ln3 = np.log(3.0)
    # The biases alone open the gates by i = (0.75, 0.25), f = (0.25, 0.5), o = (0.5, 0.75), and the
    # candidates are g = (0.5, -0.5). The second token closes the first input gate to 0.5, and the
    # first old unit opens the second output gate.
    params = {
        "W_x": np.zeros((3, 8)),
        "W_h": np.zeros((2, 8)),
        "b": ln3 * np.array([1, -1, -1, 0, 0.5, -0.5, 0, 1]),
        "W_y": np.ones((2, 3)),
        "b_y": np.zeros(3),
    }
    params["W_x"][2, 0] = params["W_h"][0, 7] = -ln3
    x_t, h_prev = np.eye(3)[[0, 2]], np.array([[0.0, 9.0], [1.0, 9.0]])
    c_prev = np.array([[2.0, 4.0], [0.0, -2.0]])
    with checks.unchanged(h_prev=h_prev, c_prev=c_prev, x_t=x_t, params=params):
        found = lstm_step(params, x_t, h_prev, c_prev)
    h, c, gates = checks.unpack("lstm_step", found, ("h", "c", "gates"))
    expected = np.tile([0.75, 0.25, 0.25, 0.5, 0.5, -0.5, 0.5, 0.75], (2, 1))
    expected[1, 0] = expected[1, 7] = 0.5
    checks.assert_close("gates, in the order i, f, g, o", gates, expected, axes="BH")
    new = np.array([[0.875, 1.875], [0.25, -1.125]])
    checks.assert_close("c", c, new, axes="BH")
    checks.assert_close("h", h, np.tanh(new) * [[0.5, 0.75], [0.5, 0.5]], axes="BH")


@test_case(name="Shapes, with B, V and H all different", points=None, hidden=False)
def test_shapes(lstm_step):
    """Shapes, with B, V and H all different"""
    import numpy as np
    from seqlab import cases, checks

    B, V, H = 2, 5, 3
    rng = np.random.default_rng(3)
    params = cases.lstm_params(V, H, rng)
    states = rng.normal(size=(2, B, H))
    result = lstm_step(params, rng.normal(size=(B, V)), states[0], states[1])
    names = ("h", "c", "gates")
    shapes = ((B, H), (B, H), (B, 4 * H))
    for name, array, shape in zip(names, checks.unpack("lstm_step", result, names), shapes):
        checks.assert_shape(name, array, shape)


@test_case(
    name="The four blocks of the gates",
    points=4,
    hidden=True,
    failure_message="Compute z for all four at once and cut it into four blocks of H columns. What is their order, which of them uses a tanh, and is the bias included?",
)
def test_gates(lstm_step, In):
    """The four blocks of the gates"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_step", "sigmoid")
    B, V, H = 3, 5, 4
    rng = np.random.default_rng([SEMESTER, 301])
    params = cases.lstm_params(V, H, rng)
    x_t, h_prev, c_prev = (rng.normal(size=(B, size)) for size in (V, H, H))
    z = torch.tensor(np.hstack([x_t, h_prev, np.ones((B, 1))])) @ torch.tensor(
        np.vstack([params["W_x"], params["W_h"], params["b"]])
    )
    z_i, z_f, z_g, z_o = z.chunk(4, dim=1)
    expected = {
        "i": torch.sigmoid(z_i),
        "f": torch.sigmoid(z_f),
        "g": torch.tanh(z_g),
        "o": torch.sigmoid(z_o),
    }
    result = lstm_step(params, x_t, h_prev, c_prev)
    _, _, gates = checks.unpack("lstm_step", result, ("h", "c", "gates"))
    checks.assert_shape("gates", gates, (B, 4 * H))
    for k, (gate, values) in enumerate(expected.items()):
        block = np.asarray(gates)[:, k * H : (k + 1) * H]
        checks.assert_close(f"block {gate} of the gates", block, values.numpy(), axes="BH")


@test_case(
    name="Keep, erase, write and add: gates that are open or closed",
    points=3,
    hidden=True,
    failure_message="The forget gate decides how much of the old cell state stays, the input gate how much of the candidate is added, and the two are independent. What should happen when both are open?",
)
def test_cell_state(lstm_step, In):
    """Keep, erase, write and add: gates that are open or closed"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_step", "sigmoid")
    B, V, H = 3, 2, 5
    rng = np.random.default_rng([SEMESTER, 302])
    x_t = np.eye(V)[np.zeros(B, dtype=int)]
    h_prev, c_prev = rng.normal(size=(2, B, H))
    for keep, write, what in [
        (1, 0, "c, with f open and i closed"),
        (0, 1, "c, with f closed and i open"),
        (1, 1, "c, with f and i open"),
        (0, 0, "c, with f and i closed"),
    ]:
        params = cases.lstm_params(V, H, rng)
        # The token that is read opens or closes a gate, whatever else there is; the candidate is 1.
        params["W_x"][0] = 100.0 * np.repeat([2 * write - 1, 2 * keep - 1, 1, 0], H)
        expected = keep * c_prev + write
        result = lstm_step(params, x_t, h_prev, c_prev)
        _, c, _ = checks.unpack("lstm_step", result, ("h", "c", "gates"))
        checks.assert_close(what, c, expected, axes="BH")


@test_case(
    name="What the output gate shows of a known cell state",
    points=3,
    hidden=True,
    failure_message="The hidden state shows a part of the new cell state: first squeezed between -1 and 1, then multiplied by the output gate. Do you show the new cell state?",
)
def test_hidden_state(lstm_step, In):
    """What the output gate shows of a known cell state"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_step", "sigmoid")
    B, V, H = 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 303])
    params = cases.lstm_params(V, H, rng)
    # The token that is read opens i and f, and the candidate is 1: the cell state grows by 1. The
    # output gate depends on that token alone.
    drive = rng.normal(size=H)
    params["W_x"][0] = np.concatenate([np.full(3 * H, 100.0), drive])
    params["W_h"][:, 3 * H :] = 0.0
    params["b"][3 * H :] = 0.0
    c_prev = rng.normal(-0.5, 1.5, size=(B, H))
    expected = np.tanh(c_prev + 1) * np.exp(drive) / (1 + np.exp(drive))
    x_t = np.eye(V)[np.zeros(B, dtype=int)]
    result = lstm_step(params, x_t, rng.normal(size=(B, H)), c_prev)
    h, _, _ = checks.unpack("lstm_step", result, ("h", "c", "gates"))
    checks.assert_close("h", h, expected, axes="BH")


@test_case(
    name="B = 1, H = 1 and V = 1, and arguments that do not change",
    points=2,
    hidden=True,
    failure_message="One sequence and one unit are not special cases. And the caller still needs the old states: a new state is a new array.",
)
def test_smallest_sizes(lstm_step, In):
    """B = 1, H = 1 and V = 1, and arguments that do not change"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_step", "sigmoid")
    rng = np.random.default_rng([SEMESTER, 304])
    for B, V, H in [(1, 4, 3), (3, 2, 1), (2, 1, 4), (1, 1, 1)]:
        params = cases.lstm_params(V, H, rng)
        x_t, h_prev, c_prev = (rng.normal(size=(B, size)) for size in (V, H, H))
        cell = torch.nn.LSTMCell(V, H, dtype=torch.float64)
        with torch.no_grad():
            cell.weight_ih.copy_(torch.tensor(params["W_x"].T))
            cell.weight_hh.copy_(torch.tensor(params["W_h"].T))
            cell.bias_ih.copy_(torch.tensor(params["b"]))
            cell.bias_hh.zero_()
            states = cell(torch.tensor(x_t), (torch.tensor(h_prev), torch.tensor(c_prev)))
        with checks.unchanged(params=params, x_t=x_t, h_prev=h_prev, c_prev=c_prev):
            result = lstm_step(params, x_t, h_prev, c_prev)
        h, c, gates = checks.unpack("lstm_step", result, ("h", "c", "gates"))
        label = f"with B = {B}, V = {V}, H = {H}:"
        checks.assert_close(f"{label} c", c, states[1].numpy(), axes="BH")
        checks.assert_close(f"{label} h", h, states[0].numpy(), axes="BH")
        checks.assert_shape(f"{label} gates", gates, (B, 4 * H))
