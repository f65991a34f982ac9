from otter.test_files import test_case

OK_FORMAT = False

name = "q6_forward"
points = 14


@test_case(name="The example from the text: one unit, two steps", points=None, hidden=False)
def test_by_hand(rnn_forward):
    """The example from the text: one unit, two steps"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.array([[1.0], [-1.0]]),
        "W_hh": np.array([[0.5]]),
        "b_h": np.zeros(1),
        "W_hy": np.array([[2.0, -1.0]]),
        "b_y": np.array([0.0, 1.0]),
    }
    x = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    logits, h = rnn_forward(params, x, np.zeros((1, 1)))
    h1 = np.tanh(1.0)
    h2 = np.tanh(1.0 + 0.5 * h1)
    checks.assert_close("h", h, [[[0.0], [h1], [h2]]], axes="BTH")
    checks.assert_close("logits", logits, [[[2 * h1, 1 - h1], [2 * h2, 1 - h2]]], axes="BTV")


@test_case(
    name="Two units, of which the second reads the first: no input, two initial states",
    points=None,
    hidden=False,
)
def test_two_units(rnn_forward):
    """Two units, of which the second reads the first: no input, two initial states"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.ones((3, 2)),
        "W_hh": np.array([[0.0, 1.0], [0.0, 0.0]]),
        "b_h": np.array([0.5, -1.0]),
        "W_hy": np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]),
        "b_y": np.array([0.0, 0.0, 3.0]),
    }
    nothing, start = np.zeros((2, 2, 3)), np.array([[0.0, 0.0], [2.0, 7.0]])
    with checks.unchanged(h0=start, x=nothing, params=params):
        result = rnn_forward(params, nothing, start)
    logits, h = checks.unpack("rnn_forward", result, ("logits", "h"))
    # The first unit is tanh(0.5) from step 1 on; the second is tanh(the first one before - 1).
    u = np.tanh(0.5)
    steps = [[[u, np.tanh(-1.0)], [u, np.tanh(u - 1)]], [[u, np.tanh(1.0)], [u, np.tanh(u - 1)]]]
    checks.assert_close("h[:, 1:]", np.asarray(h)[:, 1:], steps, axes="BTH")
    expected = [[[a, b, 2 * a + 3] for a, b in sequence] for sequence in steps]
    checks.assert_close("logits", logits, expected, axes="BTV")


@test_case(name="Shapes, with B, T, V and H all different", points=None, hidden=False)
def test_shapes(rnn_forward):
    """Shapes, with B, T, V and H all different"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(6)
    params = cases.rnn_params(V, H, rng)
    h0 = rng.normal(size=(B, H))
    logits, h = rnn_forward(params, rng.normal(size=(B, T, V)), h0)
    checks.assert_shape("logits", logits, (B, T, V))
    checks.assert_shape("h", h, (B, T + 1, H))
    checks.assert_close("h[:, 0]", np.asarray(h)[:, 0], h0, axes="BH")
