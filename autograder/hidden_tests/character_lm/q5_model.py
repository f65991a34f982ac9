from otter.test_files import test_case

OK_FORMAT = False

name = "q5_model"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 5598393373844541347


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(CharLM):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    B, T, V, E, H = 2, 3, 5, 6, 4
    model = CharLM(V, E, H)
    tokens = torch.tensor([[0, 1, 2], [4, 3, 0]])
    logits, _ = checks.unpack("the model", model(tokens), ("logits", "state"))
    checks.assert_shape("the logits", logits, (B, T, V))
    count = sum(parameter.numel() for parameter in model.parameters())
    # V E in the embedding, 4H (E + H + 2) in the LSTM, V (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 30 + 16 * 12 + 25)


@test_case(name="A second call continues where the first one ended", points=None, hidden=False)
def test_two_halves(CharLM):
    """A second call continues where the first one ended"""
    import torch
    from seqlab import checks

    model = CharLM(3, 5, 6)
    tokens = torch.tensor([[0, 0, 1, 2], [1, 2, 0, 1]])
    at_once = checks.unpack("the model", model(tokens), ("logits", "state"))[0].detach()
    first, state = model(tokens[:, :2])
    second, _ = model(tokens[:, 2:], state)
    checks.assert_close("the first two logits", first, at_once[:, :2], axes="BTV")
    checks.assert_close("the last two logits", second, at_once[:, 2:], axes="BTV")


@test_case(
    name="Shapes and number of the parameters, and a row for each character",
    points=2,
    hidden=True,
    failure_message="One embedding, one LSTM with one layer and one direction, one linear layer, each with its biases; and no row of the embedding is set aside.",
)
def test_parameters(CharLM):
    """Shapes and number of the parameters, and a row for each character"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    for V, E, H in [(5, 6, 7), (4, 9, 3), (11, 2, 6)]:
        params = networks.parameters_of(CharLM(V, E, H), V, E, H)
        if not np.all(np.any(params["embedding"] != 0, axis=1)):
            raise checks.CheckError("A row of the embedding is zero, as if it were for padding.")


@test_case(
    name="The logits, computed once more from the model's own parameters",
    points=3,
    hidden=True,
    failure_message="Each sequence of the batch starts from zeros and runs along its time axis; the linear layer reads the hidden state of each step.",
)
def test_same_function(CharLM):
    """The logits, computed once more from the model's own parameters"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, T, V, E, H = 3, 6, 5, 7, 4
    rng = np.random.default_rng([SEMESTER, 501])
    model = CharLM(V, E, H)
    networks.load(model, networks.random_parameters(V, E, H, rng))
    params = networks.parameters_of(model, V, E, H)
    tokens = rng.integers(0, V, size=(B, T))
    expected = networks.logits_of(params, tokens)
    result = model(torch.tensor(tokens))
    logits, _ = checks.unpack("the model", result, ("logits", "state"))
    # The model computes in float32.
    checks.assert_close("logits", logits, expected, rtol=1e-4, atol=1e-5, axes="BTV")


@test_case(
    name="Three calls with the state in between equal one call",
    points=2,
    hidden=True,
    failure_message="What must be kept after a call, and does the next call start from it? An LSTM needs both of its states to go on.",
)
def test_state_is_carried(CharLM):
    """Three calls with the state in between equal one call"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, T, V, E, H = 2, 9, 4, 3, 6
    rng = np.random.default_rng([SEMESTER, 502])
    model = CharLM(V, E, H)
    networks.load(model, networks.random_parameters(V, E, H, rng))
    tokens = torch.tensor(rng.integers(0, V, size=(B, T)))
    whole, _ = checks.unpack("the model", model(tokens), ("logits", "state"))
    checks.assert_shape("logits", whole, (B, T, V))
    checks.assert_finite("logits", whole, axes="BTV")
    whole = np.asarray(whole.detach())
    state = None
    for begin, end in [(0, 2), (2, 3), (3, 9)]:
        logits, state = model(tokens[:, begin:end], state)
        checks.assert_close(
            f"the logits of the steps {begin} to {end - 1}, read in a call of their own",
            logits,
            whole[:, begin:end],
            rtol=1e-4,
            atol=1e-5,
            axes="BTV",
        )
    afresh, _ = model(tokens[:, 3:])
    if np.allclose(afresh.detach(), whole[:, 3:], atol=1e-3):
        raise checks.CheckError("The logits do not depend on what was read before.")


@test_case(
    name="Rows do not mix, and no step sees a later one",
    points=2,
    hidden=True,
    failure_message="Which axis of the tokens is the batch, and which one is time? A prediction may depend on the characters up to its step in its own row, and on nothing else.",
)
def test_batch_and_time(CharLM):
    """Rows do not mix, and no step sees a later one"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, T, V, E, H = 4, 6, 8, 7, 5
    rng = np.random.default_rng([SEMESTER, 503])
    model = CharLM(V, E, H)
    networks.load(model, networks.random_parameters(V, E, H, rng))
    tokens = rng.integers(0, V, size=(B, T))
    changed = tokens.copy()
    changed[1, 3:] = (tokens[1, 3:] + rng.integers(1, V, size=T - 3)) % V
    logits = []
    for array in (tokens, changed):
        result = model(torch.tensor(array))
        logits.append(checks.unpack("the model", result, ("logits", "state"))[0])
        checks.assert_shape("logits", logits[-1], (B, T, V))
    moved = np.abs(np.asarray(logits[0].detach()) - np.asarray(logits[1].detach())).max(axis=-1)
    if np.any(moved[[0, 2, 3]] > 1e-5):
        raise checks.CheckError("A change in one row changes the logits of another.")
    if np.any(moved[1, :3] > 1e-5):
        raise checks.CheckError("A change in one time step changes the logits of an earlier one.")
    if not np.all(moved[1, 3:] > 1e-5):
        raise checks.CheckError(
            "A change in one time step does not change the logits of that step."
        )


@test_case(
    name="Logits, not probabilities",
    points=1,
    hidden=True,
    failure_message="The loss function expects logits and applies the softmax itself. Two of them in a row make all predictions nearly equal.",
)
def test_logits(CharLM):
    """Logits, not probabilities"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, T, V, E, H = 2, 4, 6, 5, 3
    rng = np.random.default_rng([SEMESTER, 504])
    params = networks.random_parameters(V, E, H, rng)
    tokens = torch.tensor(rng.integers(0, V, size=(B, T)))
    model = CharLM(V, E, H)
    outputs = []
    # A softmax, also one with a logarithm, forgets what is added to all logits; a tanh bends it.
    for shift in (0.0, 25.0):
        networks.load(model, {**params, "b": params["b"] + shift})
        outputs.append(checks.unpack("the model", model(tokens), ("logits", "state"))[0])
        checks.assert_shape("logits", outputs[-1], (B, T, V))
    difference = np.asarray(outputs[1].detach()) - np.asarray(outputs[0].detach())
    checks.assert_close(
        "what is added to the logits when a number is added to all biases of the linear layer",
        difference,
        np.full((B, T, V), 25.0),
        atol=1e-3,
    )
