from otter.test_files import test_case

OK_FORMAT = False

name = "q5_step_backward"
points = 14

# Hidden inputs are those of one semester.
SEMESTER = 961665662908729110


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


@test_case(
    name="dz of the output gate, against PyTorch",
    points=2,
    hidden=True,
    failure_message="Only line 1 and line 3 of the derivation matter for the output gate. What is it multiplied by in the forward pass, and is its value taken before or after the sigmoid?",
)
def test_output_gate(lstm_step_backward, In):
    """dz of the output gate, against PyTorch"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 3, 2, 5
    rng = np.random.default_rng([SEMESTER, 501])
    params = cases.lstm_params(V, H, rng)
    gates = rng.uniform(0.1, 0.9, size=(B, 4 * H))
    h_prev, c_prev, dh, dc = rng.normal(size=(4, B, H))
    c = gates[:, H : 2 * H] * c_prev + gates[:, :H] * gates[:, 2 * H : 3 * H]
    # Whatever c is made of, the output gate sees only its tanh.
    z_o = torch.logit(torch.tensor(gates[:, 3 * H :])).requires_grad_()
    (torch.sigmoid(z_o) * torch.tanh(torch.tensor(c)) * torch.tensor(dh)).sum().backward()
    result = lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc)
    _, _, dz = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    checks.assert_shape("dz", dz, (B, 4 * H))
    gradients.assert_gradients({"z_o": np.asarray(dz)[:, 3 * H :]}, {"z_o": z_o.grad.numpy()})


@test_case(
    name="dz of the forget gate, when the gradient comes along the cell state alone",
    points=2,
    hidden=True,
    failure_message="Here dh is 0. The forget gate was multiplied by a cell state: which of the two? And its sigmoid has a derivative too.",
)
def test_forget_gate(lstm_step_backward, In):
    """dz of the forget gate, when the gradient comes along the cell state alone"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 2, 3, 4
    rng = np.random.default_rng([SEMESTER, 502])
    params = cases.lstm_params(V, H, rng)
    z = torch.tensor(rng.normal(0, 1.2, size=(B, 4 * H)), requires_grad=True)
    h_prev, c_prev, dc = rng.normal(size=(3, B, H))
    i, f, g, o = torch.split(z, H, dim=1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * torch.tensor(c_prev) + i * g
    (c * torch.tensor(dc)).sum().backward()
    gates = torch.cat([i, f, g, o], dim=1).detach().numpy()
    result = lstm_step_backward(
        params, h_prev, c_prev, c.detach().numpy(), gates, np.zeros((B, H)), dc
    )
    _, _, dz = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    checks.assert_shape("dz", dz, (B, 4 * H))
    block = slice(H, 2 * H)
    gradients.assert_gradients({"z_f": np.asarray(dz)[:, block]}, {"z_f": z.grad.numpy()[:, block]})


@test_case(
    name="dz of the input gate and the candidate, when the gradient comes along the cell state alone",
    points=3,
    hidden=True,
    failure_message="Here dh is 0. The input gate and the candidate were multiplied together, so each gets the other as its factor. They have different activations.",
)
def test_input_gate_and_candidate(lstm_step_backward, In):
    """dz of the input gate and the candidate, when the gradient comes along the cell state alone"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 4, 2, 3
    rng = np.random.default_rng([SEMESTER, 503])
    params = cases.lstm_params(V, H, rng)
    z = torch.tensor(rng.normal(0, 1.2, size=(B, 4 * H)), requires_grad=True)
    h_prev, c_prev, dc = rng.normal(size=(3, B, H))
    i, f, g, o = z.reshape(B, 4, H).unbind(dim=1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * torch.tensor(c_prev) + i * g
    (c * torch.tensor(dc)).sum().backward()
    gates = torch.cat([i, f, g, o], dim=1).detach().numpy()
    result = lstm_step_backward(
        params, h_prev, c_prev, c.detach().numpy(), gates, np.zeros((B, H)), dc
    )
    _, _, dz = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    checks.assert_shape("dz", dz, (B, 4 * H))
    parts = {"z_i": slice(0, H), "z_g": slice(2 * H, 3 * H)}
    gradients.assert_gradients(
        {name: np.asarray(dz)[:, part] for name, part in parts.items()},
        {name: z.grad.numpy()[:, part] for name, part in parts.items()},
    )


@test_case(
    name="dz of three gates, when the gradient comes from the hidden state alone",
    points=2,
    hidden=True,
    failure_message="Here dc is 0: everything that reaches the cell state comes from the hidden state. What lies between the two, and at which value do you take the slope of the tanh?",
)
def test_through_the_hidden_state(lstm_step_backward, In):
    """dz of three gates, when the gradient comes from the hidden state alone"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 3, 4, 5
    rng = np.random.default_rng([SEMESTER, 504])
    params = cases.lstm_params(V, H, rng)
    z = torch.tensor(rng.normal(size=(B, 4 * H)), requires_grad=True)
    h_prev, c_prev, dh = rng.normal(size=(3, B, H))
    i, f, g, o = z.chunk(4, dim=1)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * torch.tensor(c_prev) + i * g
    (torch.tensor(dh) * o * torch.tanh(c)).sum().backward()
    gates = torch.cat([i, f, g, o], dim=1).detach().numpy()
    result = lstm_step_backward(
        params, h_prev, c_prev, c.detach().numpy(), gates, dh, np.zeros((B, H))
    )
    _, _, dz = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    checks.assert_shape("dz", dz, (B, 4 * H))
    gradients.assert_gradients(
        {f"z_{gate}": np.asarray(dz)[:, k * H : (k + 1) * H] for k, gate in enumerate("ifg")},
        {f"z_{gate}": z.grad.numpy()[:, k * H : (k + 1) * H] for k, gate in enumerate("ifg")},
    )


@test_case(
    name="dc_prev, along each of the two paths and along both",
    points=2,
    hidden=True,
    failure_message="Everything that reaches the cell state after the step goes on to the cell state before it, times one factor. Which gate is between the two?",
)
def test_gradient_of_the_old_cell_state(lstm_step_backward, In):
    """dc_prev, along each of the two paths and along both"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 2, 3, 5
    rng = np.random.default_rng([SEMESTER, 505])
    params = cases.lstm_params(V, H, rng)
    for with_dh, with_dc in [(0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]:
        gates = rng.uniform(0.1, 0.9, size=(B, 4 * H))
        h_prev, start, dh, dc = rng.normal(size=(4, B, H))
        dh, dc = with_dh * dh, with_dc * dc
        c_prev = torch.tensor(start, requires_grad=True)
        i, f, g, o = torch.tensor(gates).chunk(4, dim=1)
        c = f * c_prev + i * g
        (torch.tensor(dh) * o * torch.tanh(c) + torch.tensor(dc) * c).sum().backward()
        result = lstm_step_backward(params, h_prev, start, c.detach().numpy(), gates, dh, dc)
        _, dc_prev, _ = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
        gradients.assert_gradients({"c_prev": dc_prev}, {"c_prev": c_prev.grad.numpy()})


@test_case(
    name="dh_prev, against central differences",
    points=1,
    hidden=True,
    failure_message="The old hidden state enters all four blocks, through W_h. What comes back from the four adds up, and the gradient of a matrix product contains a transpose. This needs all of dz.",
)
def test_gradient_of_the_old_hidden_state(lstm_step_backward, In):
    """dh_prev, against central differences"""
    import numpy as np
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 3, 2, 4
    rng = np.random.default_rng([SEMESTER, 506])
    params = cases.lstm_params(V, H, rng)
    drive = rng.normal(size=(B, 4 * H))
    h_prev, c_prev, dh, dc = rng.normal(size=(4, B, H))
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])

    def run(state):
        z = (drive + np.einsum("bh,hk->bk", state, params["W_h"])).reshape(B, 4, H)
        gate = scale * np.tanh(scale * z) + 1 - scale
        return gate, gate[:, 1] * c_prev + gate[:, 0] * gate[:, 2]

    def loss(state):
        gate, cell = run(state)
        return float(np.vdot(dh, gate[:, 3] * np.tanh(cell)) + np.vdot(dc, cell))

    expected = {"h_prev": gradients.numerical_gradient(loss, h_prev)}
    gate, c = run(h_prev)
    gates = gate.reshape(B, 4 * H)
    result = lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc)
    dh_prev, _, _ = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    gradients.assert_gradients({"h_prev": dh_prev}, expected)


@test_case(
    name="Gates that are fully open or fully closed",
    points=1,
    hidden=True,
    failure_message="A gate at 0 or 1 lies on the flat part of its activation, and so does a candidate at -1 or 1. What is the slope there, computed from the value you are given?",
)
def test_gates_without_slope(lstm_step_backward, In):
    """Gates that are fully open or fully closed"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "lstm_step_backward")
    B, V, H = 2, 3, 6
    rng = np.random.default_rng([SEMESTER, 507])
    params = cases.lstm_params(V, H, rng)
    gates = rng.integers(0, 2, size=(B, 4, H)).astype(np.float64)
    gates[:, 2] = 2 * gates[:, 2] - 1
    h_prev, c_prev, dh, dc = rng.normal(size=(4, B, H))
    c = gates[:, 1] * c_prev + gates[:, 0] * gates[:, 2]
    total = dc + dh * gates[:, 3] / np.cosh(c) ** 2
    expected = np.where(gates[:, 1] == 1, total, 0.0)
    result = lstm_step_backward(params, h_prev, c_prev, c, gates.reshape(B, 4 * H), dh, dc)
    dh_prev, dc_prev, dz = checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
    checks.assert_close("dz, where no gate can move,", dz, np.zeros((B, 4 * H)), axes="BH")
    checks.assert_close("dc_prev", dc_prev, expected, axes="BH")
    checks.assert_close("dh_prev, where no gate can move,", dh_prev, np.zeros((B, H)), axes="BH")


@test_case(
    name="B = 1, H = 1, and arguments that do not change",
    points=1,
    hidden=True,
    failure_message="The operator += writes into an array that the caller still holds: give the complete gradient of the cell state its own array.",
)
def test_arguments_unchanged(lstm_step_backward, In):
    """B = 1, H = 1, and arguments that do not change"""
    import numpy as np
    import torch
    from seqlab import cases, checks, gradients

    checks.assert_numpy_only(In, "lstm_step_backward")
    rng = np.random.default_rng([SEMESTER, 508])
    for B, V, H in [(1, 3, 4), (3, 2, 1), (1, 1, 1)]:
        params = cases.lstm_params(V, H, rng)
        drive = torch.tensor(rng.normal(size=(B, 4 * H)))
        h_prev, c_prev, dh, dc = rng.normal(size=(4, B, H))
        start = [torch.tensor(array, requires_grad=True) for array in (h_prev, c_prev)]
        z = drive + start[0] @ torch.tensor(params["W_h"])
        z.retain_grad()
        gate = torch.stack([z[:, k * H : (k + 1) * H] for k in range(4)])
        gate = torch.cat([gate[:2].sigmoid(), gate[2:3].tanh(), gate[3:].sigmoid()])
        c = gate[1] * start[1] + gate[0] * gate[2]
        (torch.tensor(dh) * gate[3] * c.tanh() + torch.tensor(dc) * c).sum().backward()
        names = ("h_prev", "c_prev", "z")
        expected = dict(zip(names, (start[0].grad.numpy(), start[1].grad.numpy(), z.grad.numpy())))
        gates = torch.cat(list(gate), dim=1).detach().numpy()
        arguments = {"h_prev": h_prev, "c_prev": c_prev, "c": c.detach().numpy(), "gates": gates}
        with checks.unchanged(params=params, **arguments, dh=dh, dc=dc):
            result = lstm_step_backward(params, *arguments.values(), dh, dc)
        checks.unpack("lstm_step_backward", result, ("dh_prev", "dc_prev", "dz"))
        gradients.assert_gradients(dict(zip(names, result)), expected)
