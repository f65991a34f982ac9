from otter.test_files import test_case

OK_FORMAT = False

name = "q3_step"
points = 12


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
