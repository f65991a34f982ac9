from otter.test_files import test_case

OK_FORMAT = False

name = "q4_forward"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 310850950325440694


@test_case(
    name="The example from the text, as one sequence of two steps",
    points=None,
    hidden=False,
)
def test_by_hand(lstm_forward, In):
    """The example from the text, as one sequence of two steps"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    ln3 = np.log(3.0)
    params = {
        "W_x": np.array([[ln3, ln3, ln3 / 2, 0.0], [0.0, 0.0, 0.0, ln3]]),
        "W_h": np.array([[0.0, 0.0, 1.0, 0.0]]),
        "b": np.zeros(4),
        "W_y": np.array([[2.0, -1.0]]),
        "b_y": np.array([0.0, 1.0]),
    }
    twice = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    result = lstm_forward(params, twice, np.zeros((1, 1)), np.zeros((1, 1)))
    logits, h, c, gates = checks.unpack("lstm_forward", result, ("logits", "h", "c", "gates"))
    checks.assert_close("h", h, [[[0.0], [0.179], [0.317]]], atol=6e-4, axes="BTH")
    checks.assert_close("c", c, [[[0.0], [0.375], [0.748]]], atol=6e-4, axes="BTH")
    checks.assert_close("logits", logits, [[[0.358, 0.821], [0.634, 0.683]]], atol=2e-3)
    checks.assert_shape("gates", gates, (1, 2, 4))


@test_case(
    name="Two sequences at once are what each is alone, and end in a second half's beginning",
    points=None,
    hidden=False,
)
def test_one_after_the_other(lstm_forward):
    """Two sequences at once are what each is alone, and end in a second half's beginning"""
    import numpy as np
    from seqlab import cases, checks

    V, H = 2, 3
    rng = np.random.default_rng(44)
    params, x = cases.lstm_params(V, H, rng), rng.normal(size=(2, 7, V))
    h0, c0 = start = rng.normal(size=(2, 2, H))
    with checks.unchanged(x=x, h0=h0, c0=c0, params=params):
        both = lstm_forward(params, x, *start)
    parts = ("logits", "h", "c", "gates")
    checks.unpack("lstm_forward", both, parts)
    second = lstm_forward(params, x[1:], *start[:, 1:])
    early = lstm_forward(params, x[:, :4], *start)
    late = lstm_forward(params, x[:, 4:], np.array(early[1])[:, 4], np.array(early[2])[:, 4])
    for name, whole, alone, first, rest in zip(parts, both, second, early, late):
        whole = np.asarray(whole)
        checks.assert_close(f"{name} of the second sequence alone", alone, whole[1:])
        skip = int(name in "hc")
        halves = np.concatenate([first, np.asarray(rest)[:, skip:]], axis=1)
        checks.assert_close(f"{name} of two halves", halves, whole)


@test_case(name="Shapes, with B, T, V and H all different", points=None, hidden=False)
def test_shapes(lstm_forward):
    """Shapes, with B, T, V and H all different"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(4)
    params = cases.lstm_params(V, H, rng)
    initial = rng.normal(size=(2, B, H))
    result = lstm_forward(params, rng.normal(size=(B, T, V)), *initial)
    shapes = {
        "logits": (B, T, V),
        "h": (B, T + 1, H),
        "c": (B, T + 1, H),
        "gates": (B, T, 4 * H),
    }
    arrays = dict(zip(shapes, checks.unpack("lstm_forward", result, tuple(shapes))))
    for name, shape in shapes.items():
        checks.assert_shape(name, arrays[name], shape)
    for name, state in zip("hc", initial):
        checks.assert_close(f"{name}[:, 0]", np.asarray(arrays[name])[:, 0], state, axes="BH")


@test_case(
    name="Both states equal those of torch.nn.LSTM",
    points=3,
    hidden=True,
    failure_message="Which states enter step t, and where do you store its results? Both states pass from step to step, starting from h0 and c0.",
)
def test_states(lstm_forward, In):
    """Both states equal those of torch.nn.LSTM"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    B, T, V, H = 3, 6, 5, 4
    rng = np.random.default_rng([SEMESTER, 401])
    params = cases.lstm_params(V, H, rng)
    x = np.eye(V)[rng.integers(0, V, size=(B, T))]
    h0, c0 = rng.normal(size=(2, B, H))
    lstm = torch.nn.LSTM(V, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.tensor(params["W_x"].T))
        lstm.weight_hh_l0.copy_(torch.tensor(params["W_h"].T))
        lstm.bias_ih_l0.copy_(torch.tensor(params["b"]))
        lstm.bias_hh_l0.zero_()
        # torch.nn.LSTM returns all hidden states, but only the last cell state.
        h_expected, c_expected = [h0], [c0]
        for t in range(T):
            before = torch.tensor(h_expected[-1])[None], torch.tensor(c_expected[-1])[None]
            _, (state, cell) = lstm(torch.tensor(x[:, t : t + 1]), before)
            h_expected.append(state[0].numpy())
            c_expected.append(cell[0].numpy())
    result = lstm_forward(params, x, h0, c0)
    _, h, c, _ = checks.unpack("lstm_forward", result, ("logits", "h", "c", "gates"))
    checks.assert_close("c", c, np.stack(c_expected, axis=1), axes="BTH")
    checks.assert_close("h", h, np.stack(h_expected, axis=1), axes="BTH")


@test_case(
    name="The logits, from the hidden states that you return",
    points=2,
    hidden=True,
    failure_message="The logits of step t come from the hidden state after step t, through W_y and b_y. They are logits, so no softmax and no tanh comes after them.",
)
def test_logits(lstm_forward, In):
    """The logits, from the hidden states that you return"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    B, T, V, H = 2, 5, 3, 6
    rng = np.random.default_rng([SEMESTER, 402])
    params = cases.lstm_params(V, H, rng)
    x = rng.normal(size=(B, T, V))
    # Copies: another test checks what the function does to its arguments.
    layer = np.vstack([params["W_y"], params["b_y"]])
    result = lstm_forward(params, x, *rng.normal(size=(2, B, H)))
    logits, h, _, _ = checks.unpack("lstm_forward", result, ("logits", "h", "c", "gates"))
    checks.assert_shape("h", h, (B, T + 1, H))
    checks.assert_finite("h", h, axes="BTH")
    expected = np.dstack([np.asarray(h)[:, 1:], np.ones((B, T, 1))]) @ layer
    checks.assert_close("logits", logits, expected, axes="BTV")


@test_case(
    name="B = 1, T = 1, H = 1, and a long sequence, with all gates",
    points=1,
    hidden=True,
    failure_message="One sequence, one step and one unit are not special cases. Do you store the gates of each step at the index of that step?",
)
def test_smallest_sizes(lstm_forward, In):
    """B = 1, T = 1, H = 1, and a long sequence, with all gates"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    rng = np.random.default_rng([SEMESTER, 403])
    # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2, so all four blocks are a tanh with another scale.
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    for B, T, V, H in [(1, 1, 4, 3), (3, 1, 2, 5), (1, 4, 3, 1), (2, 40, 3, 4)]:
        params = cases.lstm_params(V, H, rng, 0.5)
        x = rng.normal(size=(B, T, V))
        h0, c0 = rng.normal(size=(2, B, H))
        states, cells, blocks = [h0], [c0], []
        for t in range(T):
            z = np.einsum("bv,vk->bk", x[:, t], params["W_x"]) + params["b"]
            z = z + np.einsum("bh,hk->bk", states[-1], params["W_h"])
            gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
            cells.append(gate[:, 1] * cells[-1] + gate[:, 0] * gate[:, 2])
            states.append(gate[:, 3] * np.tanh(cells[-1]))
            blocks.append(gate.reshape(B, 4 * H))
        result = lstm_forward(params, x, h0, c0)
        _, h, c, gates = checks.unpack("lstm_forward", result, ("logits", "h", "c", "gates"))
        label = f"with B = {B}, T = {T}, V = {V}, H = {H}:"
        checks.assert_close(f"{label} c", c, np.stack(cells, axis=1), axes="BTH")
        checks.assert_close(f"{label} h", h, np.stack(states, axis=1), axes="BTH")
        checks.assert_close(f"{label} gates", gates, np.stack(blocks, axis=1), axes="BTH")


@test_case(
    name="The arguments are not modified, and a second half continues the first",
    points=2,
    hidden=True,
    failure_message="The function is called repeatedly with the same arguments, and a long text is read in pieces: each piece starts from the states where the last one ended.",
)
def test_arguments_unchanged(lstm_forward, In):
    """The arguments are not modified, and a second half continues the first"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    B, T, V, H = 3, 6, 4, 5
    rng = np.random.default_rng([SEMESTER, 404])
    params = cases.lstm_params(V, H, rng)
    x = rng.normal(size=(B, T, V))
    h0, c0 = rng.normal(size=(2, B, H))
    cell = torch.nn.LSTMCell(V, H, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(params["W_x"].T))
        cell.weight_hh.copy_(torch.tensor(params["W_h"].T))
        cell.bias_ih.copy_(torch.tensor(params["b"]))
        cell.bias_hh.zero_()
        last = torch.tensor(h0), torch.tensor(c0)
        for t in range(T):
            last = cell(torch.tensor(x[:, t]), last)
    parts = ("logits", "h", "c", "gates")
    with checks.unchanged(params=params, x=x, h0=h0, c0=c0):
        whole = checks.unpack("lstm_forward", lstm_forward(params, x, h0, c0), parts)
    checks.assert_close("the last cell state", np.asarray(whole[2])[:, -1], last[1].numpy())
    checks.assert_close("the last hidden state", np.asarray(whole[1])[:, -1], last[0].numpy())
    first = lstm_forward(params, x[:, :2], h0, c0)
    middle = [np.asarray(first[k])[:, -1] for k in (1, 2)]
    second = lstm_forward(params, x[:, 2:], *middle)
    both = np.concatenate([first[0], second[0]], axis=1)
    checks.assert_close(
        "the logits of two halves, one after the other", both, np.asarray(whole[0]), axes="BTV"
    )
