from otter.test_files import test_case

OK_FORMAT = False

name = "q6_backward"
points = 16


@test_case(name="Each gradient has the shape of its parameter", points=None, hidden=False)
def test_shapes(lstm_backward, In):
    """Each gradient has the shape of its parameter"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(6)
    params = cases.lstm_params(V, H, rng)
    h, c = np.tanh(rng.normal(size=(2, B, T + 1, H)))
    gates = rng.uniform(size=(B, T, 4 * H))
    some = rng.normal(size=(B, T, V))
    grads = lstm_backward(params, np.sign(some), h, c, gates, some)
    checks.assert_keys("grads", grads, params)
    for name, shape in cases.lstm_shapes(V, H).items():
        checks.assert_shape(f'grads["{name}"]', grads[name], shape)


@test_case(
    name="A gradient check on two small networks, with your own forward pass",
    points=None,
    hidden=False,
)
def test_gradient_check(lstm_forward, lstm_backward):
    """A gradient check on two small networks, with your own forward pass"""
    import numpy as np
    from seqlab import cases, checks, gradients

    rng = np.random.default_rng(66)
    for B, T, V, H in [(2, 4, 5, 3), (1, 13, 3, 2)]:
        params = cases.lstm_params(V, H, rng)
        # The gradients are large: none of them is clipped here.
        x, weights = rng.normal(size=(B, T, V)), 30 * rng.normal(size=(B, T, V))
        start = rng.normal(size=(2, B, H))

        # With this loss, the gradient of the logits is `weights`.
        def loss(p, x=x, weights=weights, start=start):
            return float(np.sum(weights * lstm_forward(p, x, *start)[0]))

        _, h, c, gates = lstm_forward(params, x, *start)
        numerical = gradients.numerical_gradients(loss, params)
        with checks.unchanged(dlogits=weights, x=x, h=h, c=c, gates=gates, params=params):
            grads = lstm_backward(params, x, h, c, gates, weights)
        gradients.assert_gradients(grads, numerical)
