from otter.test_files import test_case

OK_FORMAT = False

name = "q8_gru_backward"
points = 16


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(gru_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "gru_backward")
    params = {
        "W": np.array([[0.0, 0.0, 1.0]]),
        "U": np.array([[0.0, 0.0, 2.0]]),
        "b": np.array([0.0, np.log(3.0), 0.0]),
        "c": np.array([0.0, 0.0, 1.0]),
    }
    gates = np.array([[[0.5, 0.75, 0.0, 2.0]]])
    h = np.array([[[0.5], [0.375]]])
    grads = gru_backward(params, np.array([[[-1.0]]]), h, gates, np.array([[[1.0]]]))
    checks.assert_keys("grads", grads, params)
    checks.assert_close('grads["b"]', grads["b"], [0.125, 0.09375, 0.25])
    checks.assert_close('grads["c"]', grads["c"], [0.125, 0.09375, 0.125])
    checks.assert_close('grads["W"]', grads["W"], [[-0.125, -0.09375, -0.25]])
    checks.assert_close('grads["U"]', grads["U"], [[0.0625, 0.046875, 0.0625]])


@test_case(
    name="A gradient check on a small network, with your own forward pass",
    points=None,
    hidden=False,
)
def test_gradient_check(gru_forward, gru_backward):
    """A gradient check on a small network, with your own forward pass"""
    import numpy as np
    from seqlab import gradients

    B, T, D, H = 2, 3, 4, 3
    rng = np.random.default_rng(8)
    sizes = {"W": (D, 3 * H), "U": (H, 3 * H), "b": (3 * H,), "c": (3 * H,)}
    params = {name: rng.normal(0, 0.7, size=size) for name, size in sizes.items()}
    x, start, dh = (rng.normal(size=size) for size in ((B, T, D), (B, H), (B, T, H)))

    # With this loss, the gradient of the states is dh.
    def loss(p):
        return float(np.sum(dh * gru_forward(p, x, start)[0][:, 1:]))

    numerical = gradients.numerical_gradients(loss, params)
    grads = gru_backward(params, x, *gru_forward(params, x, start), dh)
    gradients.assert_gradients(grads, numerical)
