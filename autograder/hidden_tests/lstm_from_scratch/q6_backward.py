from otter.test_files import test_case

OK_FORMAT = False

name = "q6_backward"
points = 16

# Hidden inputs are those of one semester.
SEMESTER = 5730028592109602025


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


@test_case(
    name="Gradients of W_y and b_y",
    points=3,
    hidden=True,
    failure_message="This test checks only the output layer. Which entry of h feeds the logits of step t, and what do you sum over for the gradient of a bias?",
)
def test_output_layer(lstm_backward, In):
    """Gradients of W_y and b_y"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 3, 5, 6, 4
    rng = np.random.default_rng([SEMESTER, 601])
    params = cases.lstm_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    h0, c0 = rng.normal(size=(2, B, H))
    states, cells, blocks = [h0], [c0], []
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    for t in range(T):
        z = x[:, t].dot(params["W_x"]) + states[-1].dot(params["W_h"]) + params["b"]
        gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
        cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
        states.append(gate[:, 3] * np.tanh(cells[-1]))
        blocks.append(gate.reshape(B, 4 * H))
    h, c, gates = np.stack(states, 1), np.stack(cells, 1), np.stack(blocks, 1)
    dlogits = rng.normal(size=(B, T, V))
    expected = {
        "W_y": np.einsum("bth,btv->hv", h[:, 1:], dlogits),
        "b_y": dlogits.sum(axis=(0, 1)),
    }
    grads = lstm_backward(params, x, h, c, gates, dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="Gradients of W_x and b on a ragged batch, against torch.nn.LSTM",
    points=3,
    hidden=True,
    failure_message="Go through the four steps in the text in order. The gradients of h and c both come from the next step, and those of the parameters add up over all steps.",
)
def test_recurrence(lstm_backward, In):
    """Gradients of W_x and b on a ragged batch, against torch.nn.LSTM"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 3, 7, 5, 4
    rng = np.random.default_rng([SEMESTER, 602])
    params = cases.lstm_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    h0, c0 = rng.normal(size=(2, B, H))
    mask = (np.arange(T) < np.array([[7], [3], [5]]))[:, :, None]
    # So large that a gradient which was clipped anywhere is another one.
    dlogits = 100.0 * rng.normal(size=(B, T, V)) * mask
    lstm = torch.nn.LSTM(V, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.tensor(params["W_x"].T))
        lstm.weight_hh_l0.copy_(torch.tensor(params["W_h"].T))
        lstm.bias_ih_l0.copy_(torch.tensor(params["b"]))
        lstm.bias_hh_l0.zero_()
    states, _ = lstm(torch.tensor(x), (torch.tensor(h0)[None], torch.tensor(c0)[None]))
    logits = states @ torch.tensor(params["W_y"]) + torch.tensor(params["b_y"])
    (logits * torch.tensor(dlogits)).sum().backward()
    expected = {"W_x": lstm.weight_ih_l0.grad.numpy().T, "b": lstm.bias_ih_l0.grad.numpy()}
    # The function also gets the cell states and the gates, which torch.nn.LSTM keeps to itself.
    h = np.concatenate([h0[:, None], states.detach().numpy()], axis=1)
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    cells, blocks = [c0], []
    for t in range(T):
        z = x[:, t].dot(params["W_x"]) + h[:, t].dot(params["W_h"]) + params["b"]
        gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
        cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
        blocks.append(gate.reshape(B, 4 * H))
    grads = lstm_backward(params, x, h, np.stack(cells, 1), np.stack(blocks, 1), dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="The gradient of W_h, against central differences",
    points=2,
    hidden=True,
    failure_message="Which hidden state does W_h multiply at step t, and which one at the first step? With all states in one array, each has an index, and none of the indices is -1.",
)
def test_recurrent_weights(lstm_backward, In):
    """The gradient of W_h, against central differences"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 2, 5, 4, 3
    rng = np.random.default_rng([SEMESTER, 603])
    params = cases.lstm_params(V, H, rng)
    x, dlogits = rng.normal(size=(2, B, T, V))
    h0, c0 = rng.normal(size=(2, B, H))
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])

    def run(W_h):
        states, cells, blocks = [h0], [c0], []
        for t in range(T):
            z = x[:, t].dot(params["W_x"]) + states[-1].dot(W_h) + params["b"]
            gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
            cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
            states.append(gate[:, 3] * np.tanh(cells[-1]))
            blocks.append(gate.reshape(B, 4 * H))
        return np.stack(states, 1), np.stack(cells, 1), np.stack(blocks, 1)

    def loss(W_h):
        return float(np.einsum("bth,hv,btv->", run(W_h)[0][:, 1:], params["W_y"], dlogits))

    expected = {"W_h": gradients.numerical_gradient(loss, params["W_h"])}
    grads = lstm_backward(params, x, *run(params["W_h"]), dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({"W_h": grads["W_h"]}, expected)


@test_case(
    name="Twenty-two steps back, through the cell state alone",
    points=2,
    hidden=True,
    failure_message="The loss depends only on the last step, and W_h is 0, so only the gradient of c can travel back. Does it reach the first step, and does each step use its own c?",
)
def test_through_the_cell_state(lstm_backward, In):
    """Twenty-two steps back, through the cell state alone"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 2, 22, 3, 4
    rng = np.random.default_rng([SEMESTER, 604])
    params = cases.lstm_params(V, H, rng, 0.5)
    # No gate looks at the old hidden state, and the forget gate is nearly open.
    params["W_h"] = np.zeros((H, 4 * H))
    params["b"][H : 2 * H] = 3.0
    x = rng.normal(size=(B, T, V))
    h0, c0 = rng.normal(size=(2, B, H))
    dlogits = np.zeros((B, T, V))
    dlogits[:, -1] = rng.normal(size=(B, V))
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])

    def run(p):
        states, cells, blocks = [h0], [c0], []
        for t in range(T):
            z = np.einsum("bv,vk->bk", x[:, t], p["W_x"]) + p["b"]
            gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
            cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
            states.append(gate[:, 3] * np.tanh(cells[-1]))
            blocks.append(gate.reshape(B, 4 * H))
        return np.stack(states, 1), np.stack(cells, 1), np.stack(blocks, 1)

    def loss(some):
        return float(np.sum(dlogits[:, -1] * run(some)[0][:, -1].dot(params["W_y"])))

    expected = gradients.numerical_gradients(loss, {name: params[name] for name in ("W_x", "b")})
    grads = lstm_backward(params, x, *run(params), dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="Several steps back, through the hidden state alone",
    points=2,
    hidden=True,
    failure_message="The loss depends only on the last step, and the forget gate is closed, so only the gradient of h can travel back. What does one step send to the step before it?",
)
def test_through_the_hidden_state(lstm_backward, In):
    """Several steps back, through the hidden state alone"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 2, 6, 3, 5
    rng = np.random.default_rng([SEMESTER, 605])
    params = cases.lstm_params(V, H, rng)
    # The forget gate is closed: no cell state outlives its step.
    params["b"][H : 2 * H] = -60.0
    x = rng.normal(size=(B, T, V))
    h0, c0 = rng.normal(size=(2, B, H))
    dlogits = np.zeros((B, T, V))
    dlogits[:, -1] = rng.normal(size=(B, V))
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])

    def run(p):
        states, cells, blocks = [h0], [c0], []
        for t in range(T):
            z = np.hstack([x[:, t], states[-1]]).dot(np.vstack([p["W_x"], params["W_h"]]))
            gate = scale * np.tanh(scale * (z + p["b"]).reshape(B, 4, H)) + 1 - scale
            cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
            states.append(gate[:, 3] * np.tanh(cells[-1]))
            blocks.append(gate.reshape(B, 4 * H))
        return np.stack(states, 1), np.stack(cells, 1), np.stack(blocks, 1)

    def loss(some):
        return float(np.sum(dlogits[:, -1] * run(some)[0][:, -1].dot(params["W_y"])))

    expected = gradients.numerical_gradients(loss, {name: params[name] for name in ("W_x", "b")})
    grads = lstm_backward(params, x, *run(params), dlogits)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in expected}, expected)


@test_case(
    name="A single step, with initial states that are not zero",
    points=2,
    hidden=True,
    failure_message="With a single step there is nothing from the future, and the states before the step are the initial ones, which are not zero here.",
)
def test_one_step(lstm_backward, In):
    """A single step, with initial states that are not zero"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    rng = np.random.default_rng([SEMESTER, 606])
    for B, V, H in [(1, 5, 3), (4, 2, 1)]:
        params = cases.lstm_params(V, H, rng)
        x, dlogits = rng.normal(size=(2, B, 1, V))
        h0, c0 = rng.normal(size=(2, B, H))
        leaves = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
        z = torch.tensor(np.hstack([x[:, 0], h0])) @ torch.cat([leaves["W_x"], leaves["W_h"]])
        i, f, g, o = (z + leaves["b"]).chunk(4, dim=1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * torch.tensor(c0) + i * g
        h = o * c.tanh()
        logits = h @ leaves["W_y"] + leaves["b_y"]
        (logits * torch.tensor(dlogits[:, 0])).sum().backward()
        expected = {name: leaf.grad.numpy() for name, leaf in leaves.items()}
        gates = torch.cat([i, f, g, o], dim=1).detach().numpy()[:, None]
        both_h, both_c = (
            np.stack([before, after.detach().numpy()], axis=1)
            for before, after in ((h0, h), (c0, c))
        )
        grads = lstm_backward(params, x, both_h, both_c, gates, dlogits)
        gradients.assert_gradients(grads, expected)


@test_case(
    name="The arguments are not modified, and a second call gives the same gradient",
    points=2,
    hidden=True,
    failure_message="The caller still needs the states, the gates and the gradient of the logits. Adding to a slice of an argument changes the argument.",
)
def test_arguments_unchanged(lstm_backward, In):
    """The arguments are not modified, and a second call gives the same gradient"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_backward", "lstm_step_backward")
    B, T, V, H = 2, 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 607])
    params = cases.lstm_params(V, H, rng)
    x, dlogits = rng.normal(size=(2, B, T, V))
    h0, c0 = rng.normal(size=(2, B, H))
    states, cells, blocks = [h0], [c0], []
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    for t in range(T):
        z = x[:, t].dot(params["W_x"]) + states[-1].dot(params["W_h"]) + params["b"]
        gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
        cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
        states.append(gate[:, 3] * np.tanh(cells[-1]))
        blocks.append(gate.reshape(B, 4 * H))
    h, c, gates = np.stack(states, 1), np.stack(cells, 1), np.stack(blocks, 1)
    total = dlogits.sum(axis=(0, 1))
    with checks.unchanged(params=params, x=x, h=h, c=c, gates=gates, dlogits=dlogits):
        grads = lstm_backward(params, x, h, c, gates, dlogits)
    checks.assert_keys("grads", grads, params)
    checks.assert_shape('grads["b_y"]', grads["b_y"], (V,))
    # Only its direction: another test checks the constant factor.
    found = np.asarray(grads["b_y"]) / max(np.linalg.norm(grads["b_y"]), 1e-9)
    checks.assert_close(
        'the direction of grads["b_y"]', found, total / np.linalg.norm(total), axes="V"
    )
    once = {name: np.array(array) for name, array in grads.items()}
    gradients.assert_gradients(lstm_backward(params, x, h, c, gates, dlogits), once)
