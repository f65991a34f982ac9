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
