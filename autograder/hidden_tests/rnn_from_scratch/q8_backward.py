from otter.test_files import test_case

OK_FORMAT = False

name = "q8_backward"
points = 20

# Hidden inputs are those of one semester.
SEMESTER = 4474706577699744383


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


@test_case(
    name="Gradients of W_hy and b_y",
    points=4,
    hidden=True,
    failure_message="This test checks only the output layer. Which state feeds the logits of step t, and what do you sum over for the gradient of a bias?",
)
def test_output_layer(rnn_backward):
    """Gradients of W_hy and b_y"""
    import numpy as np
    from seqlab import cases, checks, gradients

    B, T, V, H = 3, 5, 6, 4
    rng = np.random.default_rng([SEMESTER, 801])
    params = cases.rnn_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    states = [rng.normal(size=(B, H))]
    for t in range(T):
        z = x[:, t].dot(params["W_xh"]) + states[-1].dot(params["W_hh"]) + params["b_h"]
        states.append(np.tanh(z))
    h = np.stack(states, axis=1)
    dlogits = rng.normal(size=(B, T, V))
    expected = {
        "W_hy": np.einsum("bth,btv->hv", h[:, 1:], dlogits),
        "b_y": dlogits.sum(axis=(0, 1)),
    }
    grads = rnn_backward(params, x, h, dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="Gradients of W_xh and b_h on a ragged batch, against PyTorch",
    points=5,
    hidden=True,
    failure_message="Follow the red arrows in the figure. Two of them reach each state, the tanh has a derivative, and each product needs the transpose of the matrix from the forward pass.",
)
def test_recurrence(rnn_backward):
    """Gradients of W_xh and b_h on a ragged batch, against PyTorch"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    B, T, V, H = 3, 7, 5, 4
    rng = np.random.default_rng([SEMESTER, 802])
    params = cases.rnn_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    h0 = rng.normal(size=(B, H))
    mask = (np.arange(T) < np.array([[7], [3], [5]]))[:, :, None]
    dlogits = rng.normal(size=(B, T, V)) * mask
    rnn = torch.nn.RNN(V, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.tensor(params["W_xh"].T))
        rnn.weight_hh_l0.copy_(torch.tensor(params["W_hh"].T))
        rnn.bias_ih_l0.copy_(torch.tensor(params["b_h"]))
        rnn.bias_hh_l0.zero_()
    states, _ = rnn(torch.tensor(x), torch.tensor(h0)[None])
    logits = states @ torch.tensor(params["W_hy"]) + torch.tensor(params["b_y"])
    (logits * torch.tensor(dlogits)).sum().backward()
    expected = {"W_xh": rnn.weight_ih_l0.grad.numpy().T, "b_h": rnn.bias_ih_l0.grad.numpy()}
    h = np.concatenate([h0[:, None], states.detach().numpy()], axis=1)
    grads = rnn_backward(params, x, h, dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="The gradient of W_hh, against central differences",
    points=3,
    hidden=True,
    failure_message="Which state does W_hh multiply at step t, and which one at the first step? With all states in one array, each has an index, and none of the indices is -1.",
)
def test_recurrent_weights(rnn_backward):
    """The gradient of W_hh, against central differences"""
    import numpy as np
    from seqlab import cases, checks, gradients

    B, T, V, H = 3, 4, 2, 5
    rng = np.random.default_rng([SEMESTER, 806])
    params = cases.rnn_params(V, H, rng)
    x, start = rng.normal(size=(B, T, V)), rng.normal(size=(B, H))
    dlogits = rng.normal(size=(B, T, V))

    def run(W_hh):
        states = [start]
        for t in range(T):
            z = np.einsum("bv,vh->bh", x[:, t], params["W_xh"]) + states[-1].dot(W_hh)
            states.append(np.tanh(z + params["b_h"]))
        return np.stack(states, axis=1)

    def loss(W_hh):
        return float(np.einsum("bth,hv,btv->", run(W_hh)[:, 1:], params["W_hy"], dlogits))

    expected = {"W_hh": gradients.numerical_gradient(loss, params["W_hh"])}
    grads = rnn_backward(params, x, run(params["W_hh"]), dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({"W_hh": grads["W_hh"]}, expected)


@test_case(
    name="Twenty-two steps back in time, against central differences",
    points=4,
    hidden=True,
    failure_message="Here the loss depends only on the last step, 22 steps after the first token. Does the gradient travel all the way back?",
)
def test_long_sequence(rnn_backward):
    """Twenty-two steps back in time, against central differences"""
    import numpy as np
    from seqlab import checks, gradients

    B, T, V, H = 2, 22, 3, 4
    rng = np.random.default_rng([SEMESTER, 803])
    # An orthogonal W_hh and small inputs, so that the gradient does not fade on its way.
    params = {
        "W_xh": rng.normal(0, 0.2, size=(V, H)),
        "W_hh": np.linalg.qr(rng.normal(size=(H, H)))[0],
        "b_h": rng.normal(0, 0.05, size=H),
        "W_hy": rng.normal(size=(H, V)),
        "b_y": rng.normal(size=V),
    }
    x = rng.normal(size=(B, T, V))
    h0 = rng.normal(0, 0.3, size=(B, H))
    dlogits = np.zeros((B, T, V))
    dlogits[:, -1] = rng.normal(size=(B, V))

    def run(p):
        state, states = h0, [h0]
        for t in range(T):
            state = np.tanh(
                np.einsum("bv,vh->bh", x[:, t], p["W_xh"]) + p["b_h"] + state.dot(p["W_hh"])
            )
            states.append(state)
        return np.stack(states, axis=1)

    def loss(p):
        return float(np.sum(dlogits[:, -1] * (run(p)[:, -1].dot(p["W_hy"]) + p["b_y"])))

    numerical = gradients.numerical_gradients(loss, params)
    grads = rnn_backward(params, x, run(params), dlogits)
    checks.assert_keys("grads", grads, params)
    names = ("W_xh", "b_h")
    gradients.assert_gradients({n: grads[n] for n in names}, {n: numerical[n] for n in names})


@test_case(
    name="One sequence and one step, with an initial state that is not zero",
    points=2,
    hidden=True,
    failure_message="With a single step there is nothing from the future, and the state before the step is the initial state, which is not zero here.",
)
def test_one_step(rnn_backward):
    """One sequence and one step, with an initial state that is not zero"""
    import numpy as np
    from seqlab import cases, gradients

    rng = np.random.default_rng([SEMESTER, 804])
    for B, V, H in [(1, 5, 3), (4, 2, 1)]:
        params = cases.rnn_params(V, H, rng)
        x, h0 = rng.normal(size=(B, 1, V)), rng.normal(size=(B, H))
        h1 = np.tanh(
            np.einsum("bv,vh->bh", x[:, 0], params["W_xh"]) + h0.dot(params["W_hh"]) + params["b_h"]
        )
        dlogits = rng.normal(size=(B, 1, V))
        slope = np.einsum(
            "bv,hv,bh->bh", dlogits[:, 0], params["W_hy"], 1 / np.cosh(np.arctanh(h1)) ** 2
        )
        expected = {
            "W_xh": np.einsum("bv,bh->vh", x[:, 0], slope),
            "W_hh": np.einsum("bk,bh->kh", h0, slope),
            "b_h": slope.sum(axis=0),
            "W_hy": np.einsum("bh,bv->hv", h1, dlogits[:, 0]),
            "b_y": dlogits.sum(axis=(0, 1)),
        }
        grads = rnn_backward(params, x, np.stack([h0, h1], axis=1), dlogits)
        gradients.assert_gradients(grads, expected)


@test_case(
    name="The arguments are not modified, and a second call gives the same gradient",
    points=2,
    hidden=True,
    failure_message="The caller still needs the states and the gradient of the logits. Adding to a slice of an argument changes the argument.",
)
def test_arguments_unchanged(rnn_backward):
    """The arguments are not modified, and a second call gives the same gradient"""
    import numpy as np
    from seqlab import cases, checks, gradients

    B, T, V, H = 2, 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 805])
    params = cases.rnn_params(V, H, rng)
    x, dlogits = rng.normal(size=(B, T, V)), rng.normal(size=(B, T, V))
    states = [rng.normal(size=(B, H))]
    for t in range(T):
        z = x[:, t].dot(params["W_xh"]) + states[-1].dot(params["W_hh"]) + params["b_h"]
        states.append(np.tanh(z))
    h = np.stack(states, axis=1)
    expected = {"b_y": dlogits.sum(axis=(0, 1))}
    with checks.unchanged(params=params, x=x, h=h, dlogits=dlogits):
        grads = rnn_backward(params, x, h, dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({"b_y": grads["b_y"]}, expected)
    once = {name: np.array(array) for name, array in grads.items()}
    gradients.assert_gradients(rnn_backward(params, x, h, dlogits), once)
