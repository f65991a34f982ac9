from otter.test_files import test_case

OK_FORMAT = False

name = "q6_forward"
points = 14

# Hidden inputs are those of one semester.
SEMESTER = 4775402520981153179


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


@test_case(
    name="The states equal those of torch.nn.RNN",
    points=5,
    hidden=True,
    failure_message="Follow one sequence through two steps by hand, with the formula beside you. Which state enters the step, and which array does the bias belong to?",
)
def test_states(rnn_forward):
    """The states equal those of torch.nn.RNN"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 3, 6, 5, 4
    rng = np.random.default_rng([SEMESTER, 601])
    params = cases.rnn_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    h0 = rng.normal(size=(B, H))
    rnn = torch.nn.RNN(V, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.tensor(params["W_xh"].T))
        rnn.weight_hh_l0.copy_(torch.tensor(params["W_hh"].T))
        rnn.bias_ih_l0.copy_(torch.tensor(params["b_h"]))
        rnn.bias_hh_l0.zero_()
        states, _ = rnn(torch.tensor(x), torch.tensor(h0)[None])
    expected = np.concatenate([h0[:, None], states.numpy()], axis=1)
    _, h = rnn_forward(params, x, h0)
    checks.assert_close("h", h, expected, axes="BTH")


@test_case(
    name="The logits equal those of torch.nn.RNN with a linear layer",
    points=4,
    hidden=True,
    failure_message="The logits of step t come from the state after step t, through W_hy and b_y. They are logits, so no softmax and no tanh here.",
)
def test_logits(rnn_forward):
    """The logits equal those of torch.nn.RNN with a linear layer"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 2, 5, 3, 6
    rng = np.random.default_rng([SEMESTER, 602])
    params = cases.rnn_params(V, H, rng)
    # Inputs need not be one-hot.
    x = rng.normal(size=(B, T, V))
    h0 = rng.normal(size=(B, H))
    rnn = torch.nn.RNN(V, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.tensor(params["W_xh"].T))
        rnn.weight_hh_l0.copy_(torch.tensor(params["W_hh"].T))
        rnn.bias_ih_l0.copy_(torch.tensor(params["b_h"]))
        rnn.bias_hh_l0.zero_()
        states, _ = rnn(torch.tensor(x), torch.tensor(h0)[None])
        expected = states @ torch.tensor(params["W_hy"]) + torch.tensor(params["b_y"])
    logits, _ = rnn_forward(params, x, h0)
    checks.assert_close("logits", logits, expected.numpy(), axes="BTV")


@test_case(
    name="B = 1, T = 1, H = 1, and a long sequence",
    points=3,
    hidden=True,
    failure_message="One sequence, one step and one unit are not special cases. Does an axis of length 1 get lost, or does an array of shape (H,) meet one of shape (H, 1)?",
)
def test_smallest_sizes(rnn_forward):
    """B = 1, T = 1, H = 1, and a long sequence"""
    import numpy as np
    from seqlab import cases, checks

    rng = np.random.default_rng([SEMESTER, 603])
    for B, T, V, H in [(1, 1, 4, 3), (3, 1, 2, 5), (1, 4, 3, 1), (2, 40, 3, 4)]:
        params = cases.rnn_params(V, H, rng, 0.5)
        x = rng.normal(size=(B, T, V))
        state = h0 = rng.normal(size=(B, H))
        # One sequence, one unit and one step at a time: slow, but nothing can be mixed up.
        states = [h0]
        for t in range(T):
            state = np.array(
                [
                    [
                        np.tanh(
                            sum(x[i, t, v] * params["W_xh"][v, j] for v in range(V))
                            + sum(state[i, k] * params["W_hh"][k, j] for k in range(H))
                            + params["b_h"][j]
                        )
                        for j in range(H)
                    ]
                    for i in range(B)
                ]
            )
            states.append(state)
        expected = np.stack(states, axis=1)
        logits, h = rnn_forward(params, x, h0)
        label = f"with B = {B}, T = {T}, V = {V}, H = {H}:"
        checks.assert_close(f"{label} h", h, expected, axes="BTH")
        outputs = np.einsum("bth,hv->btv", expected[:, 1:], params["W_hy"]) + params["b_y"]
        checks.assert_close(f"{label} logits", logits, outputs, axes="BTV")


@test_case(
    name="The arguments are not modified, and a second half continues the first",
    points=2,
    hidden=True,
    failure_message="The function is called repeatedly with the same arguments. It must not write into them, and the second result must equal the first.",
)
def test_arguments_unchanged(rnn_forward):
    """The arguments are not modified, and a second half continues the first"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 3, 6, 4, 5
    rng = np.random.default_rng([SEMESTER, 604])
    params = cases.rnn_params(V, H, rng)
    x, h0 = rng.normal(size=(B, T, V)), rng.normal(size=(B, H))
    with checks.unchanged(params=params, x=x, h0=h0):
        logits, h = rnn_forward(params, x, h0)
    state = np.array(h0)
    for t in range(T):
        state = np.tanh(
            np.concatenate([x[:, t], state, np.ones((B, 1))], axis=1)
            @ np.concatenate([params["W_xh"], params["W_hh"], params["b_h"][None]])
        )
    checks.assert_close("the last state", np.asarray(h)[:, -1], state, axes="BH")
    first, h_first = rnn_forward(params, x[:, :2], h0)
    second, _ = rnn_forward(params, x[:, 2:], np.asarray(h_first)[:, -1])
    both = np.concatenate([first, second], axis=1)
    checks.assert_close(
        "the logits of two halves, one after the other", both, np.asarray(logits), axes="BTV"
    )
