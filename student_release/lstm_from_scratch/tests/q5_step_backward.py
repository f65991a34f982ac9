from otter.test_files import test_case

OK_FORMAT = False

name = "q5_step_backward"
points = 14


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(lstm_step_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "lstm_step_backward")
    params = {
        "W_x": np.zeros((2, 4)),
        "W_h": np.array([[0.0, 0.0, 1.0, 0.0]]),
        "b": np.zeros(4),
        "W_y": np.ones((1, 2)),
        "b_y": np.zeros(2),
    }
    gates = np.array([[0.75, 0.75, 0.622, 0.5]])
    h1, c1, c2, one, zero = (np.array([[value]]) for value in (0.179, 0.375, 0.748, 1.0, 0.0))
    result = lstm_step_backward(params, h1, c1, c2, gates, one, zero)
    names = ("dh_prev", "dc_prev", "dz")
    dh_prev, dc_prev, dz = checks.unpack("lstm_step_backward", result, names)
    # The text has three decimals.
    checks.assert_close("dz", dz, [[0.035, 0.021, 0.138, 0.158]], atol=1e-3, axes="BH")
    checks.assert_close("dc_prev", dc_prev, [[0.224]], atol=1e-3, axes="BH")
    checks.assert_close("dh_prev", dh_prev, [[0.138]], atol=1e-3, axes="BH")


@test_case(
    name="Central differences of your own step; the arguments do not change",
    points=None,
    hidden=False,
)
def test_by_differences(lstm_step, lstm_step_backward):
    """Central differences of your own step; the arguments do not change"""
    import numpy as np
    from seqlab import cases, checks, gradients

    V, H = 3, 4
    rng = np.random.default_rng(5)
    params = cases.lstm_params(V, H, rng)
    token, h_prev, c_prev, dh, dc = (rng.normal(size=(1, size)) for size in (V, H, H, H, H))

    # With this loss the gradient at h is dh, and the gradient at c is dc.
    def loss(p, h_before, c_before):
        h_after, c_after, _ = lstm_step(p, token, h_before, c_before)
        return float(np.sum(dh * h_after) + np.sum(dc * c_after))

    numerical = {
        "h_prev": gradients.numerical_gradient(lambda h: loss(params, h, c_prev), h_prev),
        "c_prev": gradients.numerical_gradient(lambda c: loss(params, h_prev, c), c_prev),
        # One sequence: the gradient at z is that of the bias.
        "z": gradients.numerical_gradients(lambda p: loss(p, h_prev, c_prev), params)["b"][None],
    }
    _, c, gates = lstm_step(params, token, h_prev, c_prev)
    given = {"h_prev": h_prev, "c_prev": c_prev, "c": c, "gates": gates}
    with checks.unchanged(dh=dh, dc=dc, params=params, **given):
        found = lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc)
    checks.unpack("lstm_step_backward", found, ("dh_prev", "dc_prev", "dz"))
    gradients.assert_gradients(dict(zip(numerical, found)), numerical)
