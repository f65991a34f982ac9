from otter.test_files import test_case

OK_FORMAT = False

name = "q8_model"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 7916165792957308089


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(LSTMLanguageModel):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    B, T, V, H = 2, 3, 5, 4
    model = LSTMLanguageModel(V, H)
    logits, _ = checks.unpack("the model", model(torch.zeros(B, T, V)), ("logits", "state"))
    checks.assert_shape("the logits", logits, (B, T, V))
    count = sum(parameter.numel() for parameter in model.parameters())
    # 4H (V + H + 2) in the LSTM and V (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 16 * 11 + 25)


@test_case(name="A second call continues where the first one ended", points=None, hidden=False)
def test_goes_on(LSTMLanguageModel):
    """A second call continues where the first one ended"""
    import torch
    from seqlab import checks

    model = LSTMLanguageModel(3, 6)
    x = torch.eye(3)[torch.tensor([[0, 0, 1, 2], [1, 2, 0, 1]])]
    at_once = checks.unpack("the model", model(x), ("logits", "state"))[0].detach()
    first, state = model(x[:, :2])
    second, _ = model(x[:, 2:], state)
    checks.assert_close("the first two logits", first, at_once[:, :2], axes="BTV")
    checks.assert_close("the last two logits", second, at_once[:, 2:], axes="BTV")


@test_case(
    name="With all other parameters 0, the logits are the bias of the linear layer",
    points=None,
    hidden=False,
)
def test_logits_of_the_bias(LSTMLanguageModel):
    """With all other parameters 0, the logits are the bias of the linear layer"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 3, 2, 4, 6
    model = LSTMLanguageModel(V, H)
    state = cases.torch_state(model, np.random.default_rng(8), 0.0)
    for name, tensor in state.items():
        if tuple(tensor.shape) == (V,):
            state[name] = tensor.new_tensor([3.0, -4.0, 0.5, 7.0])
    model.load_state_dict(state)
    found = checks.unpack("the model", model(torch.ones(B, T, V)), ("logits", "state"))
    expected = np.tile([3.0, -4.0, 0.5, 7.0], (B, T, 1))
    checks.assert_close("the logits (not probabilities)", found[0], expected, axes="BTV")


@test_case(
    name="What one sequence reads changes nothing for another one",
    points=None,
    hidden=False,
)
def test_sequences_are_independent(LSTMLanguageModel):
    """What one sequence reads changes nothing for another one"""
    import torch
    from seqlab import checks

    model = LSTMLanguageModel(3, 4)
    x = torch.eye(3)[torch.tensor([[0, 1, 2], [2, 2, 0]])]
    before = checks.unpack("the model", model(x), ("logits", "state"))[0].detach()
    x[0] = 5.0
    after = model(x)[0].detach()
    checks.assert_close("the logits of the second sequence", after[1], before[1], axes="TV")


@test_case(
    name="Shapes and number of the parameters",
    points=2,
    hidden=True,
    failure_message="One LSTM with one layer and one direction, and one linear layer from the hidden state to the tokens, each with its biases.",
)
def test_parameters(LSTMLanguageModel):
    """Shapes and number of the parameters"""
    from seqlab import checks

    for V, H in [(5, 7), (4, 3), (2, 9)]:
        model = LSTMLanguageModel(V, H)
        found = sorted(tuple(parameter.shape) for parameter in model.parameters())
        expected = sorted([(4 * H, V), (4 * H, H), (4 * H,), (4 * H,), (V, H), (V,)])
        if found != expected:
            raise checks.CheckError(
                f"With V = {V} and H = {H} the parameters do not have the shapes of the table in "
                f"the text, or there are not six of them: {len(found)} arrays were found."
            )


@test_case(
    name="The logits, computed once more from the model's own parameters",
    points=2,
    hidden=True,
    failure_message="Each sequence of the batch starts from zeros and runs along its time axis; the linear layer reads the hidden state of each step, and nothing comes after it.",
)
def test_same_function(LSTMLanguageModel):
    """The logits, computed once more from the model's own parameters"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 3, 6, 5, 4
    rng = np.random.default_rng([SEMESTER, 801])
    model = LSTMLanguageModel(V, H)
    model.load_state_dict(cases.torch_state(model, rng))
    weights = cases.torch_weights(model)
    counts = {(4 * H, V): 1, (4 * H, H): 1, (4 * H,): 2, (V, H): 1, (V,): 1}
    if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
        raise checks.CheckError("The parameters do not have the shapes of the table in the text.")
    b = sum(weights[4 * H,])
    x = rng.normal(size=(B, T, V))
    state, cell = np.zeros((2, B, H))
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    expected = []
    for t in range(T):
        z = x[:, t] @ weights[4 * H, V][0].T + state @ weights[4 * H, H][0].T + b
        gate = scale * np.tanh(scale * z.reshape(B, 4, H)) + 1 - scale
        cell = gate[:, 1] * cell + gate[:, 0] * gate[:, 2]
        state = gate[:, 3] * np.tanh(cell)
        expected.append(state @ weights[V, H][0].T + weights[V,][0])
    result = model(cases.torch_inputs(model, x))
    logits, _ = checks.unpack("the model", result, ("logits", "state"))
    # The model computes in float32.
    checks.assert_close("logits", logits, np.stack(expected, 1), rtol=1e-4, atol=1e-5, axes="BTV")


@test_case(
    name="Three calls with the state in between equal one call",
    points=2,
    hidden=True,
    failure_message="What must be kept after a call, and does the next call start from it? Without a state, each call starts afresh.",
)
def test_state_is_carried(LSTMLanguageModel):
    """Three calls with the state in between equal one call"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 9, 4, 6
    rng = np.random.default_rng([SEMESTER, 802])
    model = LSTMLanguageModel(V, H)
    model.load_state_dict(cases.torch_state(model, rng))
    x = cases.torch_inputs(model, rng.normal(size=(B, T, V)))
    whole, _ = checks.unpack("the model", model(x), ("logits", "state"))
    checks.assert_shape("logits", whole, (B, T, V))
    checks.assert_finite("logits", whole, axes="BTV")
    whole = np.asarray(whole.detach())
    state = None
    for begin, end in [(0, 2), (2, 3), (3, 9)]:
        logits, state = model(x[:, begin:end], state)
        checks.assert_close(
            f"the logits of the steps {begin} to {end - 1}, read in a call of their own",
            logits,
            whole[:, begin:end],
            rtol=1e-4,
            atol=1e-5,
            axes="BTV",
        )
    afresh, _ = model(x[:, 3:])
    if np.allclose(afresh.detach(), whole[:, 3:], atol=1e-3):
        raise checks.CheckError("The logits do not depend on what was read before.")


@test_case(
    name="Sequences do not mix, and no step sees a later one",
    points=1,
    hidden=True,
    failure_message="Which axis of x is the batch, and which one is time? The prediction of a step may depend on the tokens up to this step in its own sequence, and on nothing else.",
)
def test_batch_and_time(LSTMLanguageModel):
    """Sequences do not mix, and no step sees a later one"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 4, 6, 3, 5
    rng = np.random.default_rng([SEMESTER, 803])
    model = LSTMLanguageModel(V, H)
    model.load_state_dict(cases.torch_state(model, rng))
    x = rng.normal(size=(B, T, V))
    changed = x.copy()
    changed[1, 3:] = rng.normal(size=(T - 3, V))
    logits = []
    for array in (x, changed):
        result = model(cases.torch_inputs(model, array))
        logits.append(checks.unpack("the model", result, ("logits", "state"))[0])
        checks.assert_shape("logits", logits[-1], (B, T, V))
    moved = np.abs(np.asarray(logits[0].detach()) - np.asarray(logits[1].detach())).max(axis=-1)
    if np.any(moved[[0, 2, 3]] > 1e-5):
        raise checks.CheckError("A change in one sequence changes the logits of another.")
    if np.any(moved[1, :3] > 1e-5):
        raise checks.CheckError("A change in one time step changes the logits of an earlier one.")
    if np.any(moved[1, 3:] < 1e-5):
        raise checks.CheckError(
            "A change in one time step does not change the logits of that step."
        )


@test_case(
    name="Logits, not probabilities",
    points=1,
    hidden=True,
    failure_message="The loss function expects logits and applies the softmax itself. Two of them in a row make all predictions nearly equal.",
)
def test_logits(LSTMLanguageModel):
    """Logits, not probabilities"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 4, 6, 3
    rng = np.random.default_rng([SEMESTER, 804])
    model = LSTMLanguageModel(V, H)
    entries = cases.torch_state(model, rng)
    (bias,) = [name for name, entry in entries.items() if entry.shape == (V,)] or [""]
    if not bias:
        raise checks.CheckError(f"No parameter has the shape ({V},), one bias for each token.")
    x = cases.torch_inputs(model, rng.normal(size=(B, T, V)))
    outputs = []
    # A softmax, also one with a logarithm, forgets what is added to all logits; a tanh bends it.
    for shift in (0.0, 25.0):
        model.load_state_dict({**entries, bias: entries[bias] + shift})
        outputs.append(checks.unpack("the model", model(x), ("logits", "state"))[0])
        checks.assert_shape("logits", outputs[-1], (B, T, V))
    difference = np.asarray(outputs[1].detach()) - np.asarray(outputs[0].detach())
    checks.assert_close(
        "what is added to the logits when a number is added to all biases of the linear layer",
        difference,
        np.full((B, T, V), 25.0),
        atol=1e-3,
    )
