from otter.test_files import test_case

OK_FORMAT = False

name = "q10_model"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 4060654351342446421


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(SequenceClassifier):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    V, D, H, C = 7, 3, 5, 4
    model = SequenceClassifier(V, D, H, C)
    tokens = torch.tensor([[2, 3, 6, 1], [4, 0, 0, 0], [5, 5, 2, 0]])
    logits = model(tokens, torch.tensor([4, 1, 3]))
    checks.assert_shape("the logits", logits, (3, C))
    count = sum(parameter.numel() for parameter in model.parameters())
    # V D in the embedding, 4H (D + H + 2) in the LSTM and C (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 21 + 20 * 10 + 24)


@test_case(name="Seven more columns of padding change nothing", points=None, hidden=False)
def test_appended_padding(SequenceClassifier):
    """Seven more columns of padding change nothing"""
    import torch
    from seqlab import checks

    model = SequenceClassifier(6, 4, 3, 2)
    tokens, lengths = torch.tensor([[2, 5, 3], [4, 0, 0]]), torch.tensor([3, 1])
    before = model(tokens, lengths).detach()
    more = torch.cat([tokens, torch.zeros(2, 7, dtype=torch.int64)], dim=1)
    checks.assert_close("the logits", model(more, lengths), before, axes="BC")


@test_case(
    name="Shapes and number of the parameters, and the vector of the padding",
    points=2,
    hidden=True,
    failure_message="One embedding, one LSTM with one layer and one direction, one linear layer, each with its biases. What is the vector of the padding in a new model?",
)
def test_parameters(SequenceClassifier):
    """Shapes and number of the parameters, and the vector of the padding"""
    import numpy as np
    from seqlab import checks
    from testing import classifier

    for V, D, H, C in [(9, 4, 6, 3), (5, 7, 2, 4)]:
        weights = classifier.parameters(SequenceClassifier(V, D, H, C), V, D, H, C)
        checks.assert_close("the embedding of the padding", weights["E"][0], np.zeros(D))
        if np.any(np.all(np.abs(weights["E"][1:]) < 1e-9, axis=1)):
            raise checks.CheckError("A word other than the padding has the vector 0.")


@test_case(
    name="The logits, computed once more row by row from the model's own parameters",
    points=3,
    hidden=True,
    failure_message="Each review is read alone here, word by word, without padding. Which state does the linear layer see: the hidden state or the cell state, and after which word?",
)
def test_same_function(SequenceClassifier):
    """The logits, computed once more row by row from the model's own parameters"""
    import numpy as np
    import torch
    from seqlab import cases, checks
    from testing import classifier

    rng = np.random.default_rng([SEMESTER, 1001])
    for sizes, lengths in [((9, 4, 6, 3), [3, 7, 1, 6, 2]), ((8, 3, 5, 2), [5, 5, 5])]:
        model = SequenceClassifier(*sizes)
        model.load_state_dict(cases.torch_state(model, rng, 0.8))
        weights = classifier.parameters(model, *sizes)
        lengths = rng.permutation(lengths)
        inside = np.arange(lengths.max()) < lengths[:, None]
        tokens = rng.integers(1, sizes[0], size=inside.shape) * inside
        expected = classifier.one_by_one(weights, tokens, lengths)
        logits = model(torch.tensor(tokens), torch.tensor(lengths))
        # The model computes in float32.
        checks.assert_close("logits", logits, expected, rtol=1e-4, atol=1e-5, axes="BC")


@test_case(
    name="Neither the amount of padding nor what stands there matters",
    points=2,
    hidden=True,
    failure_message="Append seven pads, or write other numbers into the padding: may the logits change? Which columns belong to a review?",
)
def test_padding(SequenceClassifier):
    """Neither the amount of padding nor what stands there matters"""
    import numpy as np
    import torch
    from seqlab import cases, checks
    from testing import classifier

    B, T, (V, D, H, C) = 5, 6, (9, 4, 6, 3)
    rng = np.random.default_rng([SEMESTER, 1002])
    model = SequenceClassifier(V, D, H, C)
    model.load_state_dict(cases.torch_state(model, rng, 0.8))
    lengths = rng.permutation([6, 1, 4, 2, 3])
    tokens = rng.integers(1, V, size=(B, T)) * (np.arange(T) < lengths[:, None])
    # The scale of the logits, from the parameters: constant logits do not count.
    expected = classifier.one_by_one(classifier.parameters(model, V, D, H, C), tokens, lengths)
    noise = np.where(np.arange(T) < lengths[:, None], tokens, rng.integers(1, V, size=(B, T)))
    wide = np.hstack([tokens, np.zeros((B, 7), dtype=np.int64)])
    logits = model(torch.tensor(tokens), torch.tensor(lengths))
    checks.assert_shape("logits", logits, (B, C))
    checks.assert_finite("logits", logits, axes="BC")
    once = np.asarray(logits.detach())
    if np.std(once) < 0.2 * np.std(expected):
        raise checks.CheckError("The logits hardly depend on the reviews.")
    for name, other in [("with seven more pads", wide), ("with other numbers as padding", noise)]:
        logits = model(torch.tensor(other), torch.tensor(lengths))
        checks.assert_close(f"logits {name}", logits, once, rtol=1e-4, atol=1e-5, axes="BC")


@test_case(
    name="Rows do not mix, and they come back in their order",
    points=2,
    hidden=True,
    failure_message="Change review 0: may the logits of review 1 change? Exchange two reviews: whose logits are in row 0 now? Which axis is the batch?",
)
def test_rows(SequenceClassifier):
    """Rows do not mix, and they come back in their order"""
    import numpy as np
    import torch
    from seqlab import cases, checks
    from testing import classifier

    B, T, (V, D, H, C) = 4, 5, (10, 3, 6, 4)
    rng = np.random.default_rng([SEMESTER, 1003])
    model = SequenceClassifier(V, D, H, C)
    model.load_state_dict(cases.torch_state(model, rng, 0.8))
    weights = classifier.parameters(model, V, D, H, C)
    lengths = np.array([2, 5, 3, 5])
    tokens = rng.integers(1, V, size=(B, T)) * (np.arange(T) < lengths[:, None])
    expected = classifier.one_by_one(weights, tokens, lengths)
    logits = model(torch.tensor(tokens), torch.tensor(lengths))
    checks.assert_shape("logits", logits, (B, C))
    checks.assert_finite("logits", logits, axes="BC")
    once = np.asarray(logits.detach())
    if np.std(once) < 0.2 * np.std(expected):
        raise checks.CheckError("The logits hardly depend on the reviews.")
    order = np.array([3, 0, 2, 1])
    logits = model(torch.tensor(tokens[order]), torch.tensor(lengths[order]))
    checks.assert_close("logits of rows in another order", logits, once[order], 1e-4, 1e-5, "BC")
    changed = tokens.copy()
    changed[0, :2] = 1 + changed[0, :2] % (V - 1)
    logits = np.asarray(model(torch.tensor(changed), torch.tensor(lengths)).detach())
    checks.assert_close("logits of the other rows", logits[1:], once[1:], 1e-4, 1e-5, "BC")
    if np.allclose(logits[0], once[0], atol=1e-4):
        raise checks.CheckError("A change in a review does not change its logits.")
    for i in range(B):
        alone = model(torch.tensor(tokens[i : i + 1]), torch.tensor(lengths[i : i + 1]))
        checks.assert_close("logits of a row alone", alone, once[i : i + 1], 1e-4, 1e-5, "BC")


@test_case(
    name="Logits, not probabilities",
    points=1,
    hidden=True,
    failure_message="The loss function expects logits and applies the softmax itself. Two of them in a row make all predictions nearly equal, and the accuracy does not show it.",
)
def test_logits(SequenceClassifier):
    """Logits, not probabilities"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    V, D, H, C = 7, 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 1004])
    model = SequenceClassifier(V, D, H, C)
    entries = cases.torch_state(model, rng)
    (bias,) = [name for name, entry in entries.items() if entry.shape == (C,)] or [""]
    if not bias:
        raise checks.CheckError(f"No parameter has the shape ({C},), one bias for each class.")
    tokens = torch.tensor(rng.integers(1, V, size=(3, 4)))
    lengths = torch.tensor([4, 2, 3])
    outputs = []
    # A softmax, also one with a logarithm, forgets what is added to all logits; a tanh bends it.
    for shift in (0.0, 25.0):
        model.load_state_dict({**entries, bias: entries[bias] + shift})
        outputs.append(model(tokens, lengths))
        checks.assert_shape("logits", outputs[-1], (3, C))
    difference = np.asarray(outputs[1].detach()) - np.asarray(outputs[0].detach())
    checks.assert_close(
        "what is added to the logits when a number is added to all biases of the linear layer",
        difference,
        np.full((3, C), 25.0),
        atol=1e-3,
    )
