from otter.test_files import test_case

OK_FORMAT = False

name = "q8_backward"
points = 20


@test_case(name="The example from the text: one unit, two steps", points=None, hidden=False)
def test_by_hand(rnn_backward):
    """The example from the text: one unit, two steps"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.array([[1.0], [-1.0]]),
        "W_hh": np.array([[0.5]]),
        "b_h": np.zeros(1),
        "W_hy": np.array([[2.0, -1.0]]),
        "b_y": np.zeros(2),
    }
    x = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    h = np.array([[[0.0], [0.7616], [0.8811]]])
    grads = rnn_backward(params, x, h, np.array([[[0.0, 1.0], [1.0, 0.0]]]))
    expected = {
        "W_xh": np.array([[0.121], [0.0]]),
        "W_hh": np.array([[0.341]]),
        "b_h": np.array([0.121]),
        "W_hy": np.array([[0.881, 0.762]]),
        "b_y": np.array([1.0, 1.0]),
    }
    # The text has three decimals.
    checks.assert_params("grads", grads, expected, atol=1e-3)


@test_case(name="Each gradient has the shape of its parameter", points=None, hidden=False)
def test_shapes(rnn_backward):
    """Each gradient has the shape of its parameter"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(8)
    params = cases.rnn_params(V, H, rng)
    x, h = rng.normal(size=(B, T, V)), np.tanh(rng.normal(size=(B, T + 1, H)))
    grads = rnn_backward(params, x, h, rng.normal(size=(B, T, V)))
    checks.assert_keys("grads", grads, params)
    for name, shape in cases.rnn_shapes(V, H).items():
        checks.assert_shape(f'grads["{name}"]', grads[name], shape)


@test_case(
    name="A gradient check on two small networks, with your own forward pass",
    points=None,
    hidden=False,
)
def test_gradient_check(rnn_forward, rnn_backward):
    """A gradient check on two small networks, with your own forward pass"""
    import numpy as np
    from seqlab import cases, checks, gradients

    rng = np.random.default_rng(88)
    for B, T, V, H in [(2, 3, 5, 4), (1, 13, 3, 2)]:
        params = cases.rnn_params(V, H, rng)
        x, h0 = rng.normal(size=(B, T, V)), rng.normal(size=(B, H))
        # With the loss sum(weights * logits), the gradient of the logits is `weights`. They are
        # large: no gradient is clipped here.
        weights = 30 * rng.normal(size=(B, T, V))

        def loss(p, x=x, h0=h0, weights=weights):
            logits, _ = rnn_forward(p, x, h0)
            return float(np.sum(weights * logits))

        _, h = rnn_forward(params, x, h0)
        numerical = gradients.numerical_gradients(loss, params)
        with checks.unchanged(params=params, x=x, h=h, dlogits=weights):
            grads = rnn_backward(params, x, h, weights)
        gradients.assert_gradients(grads, numerical)
