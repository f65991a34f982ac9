from otter.test_files import test_case

OK_FORMAT = False

name = "q8_backward"
points = 20


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
    name="A gradient check on a small network, with your own forward pass",
    points=None,
    hidden=False,
)
def test_gradient_check(rnn_forward, rnn_backward):
    """A gradient check on a small network, with your own forward pass"""
    import numpy as np
    from seqlab import cases, gradients

    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(88)
    params = cases.rnn_params(V, H, rng)
    x, h0 = rng.normal(size=(B, T, V)), rng.normal(size=(B, H))
    # With the loss sum(weights * logits), the gradient of the logits is `weights`.
    weights = rng.normal(size=(B, T, V))

    def loss(p):
        logits, _ = rnn_forward(p, x, h0)
        return float(np.sum(weights * logits))

    _, h = rnn_forward(params, x, h0)
    numerical = gradients.numerical_gradients(loss, params)
    gradients.assert_gradients(rnn_backward(params, x, h, weights), numerical)
