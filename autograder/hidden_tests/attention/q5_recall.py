from otter.test_files import test_case

OK_FORMAT = False

name = "q5_recall"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 7742401328134230208


@test_case(
    name="Shapes, the number of parameters, and weights that respect the mask",
    points=None,
    hidden=False,
)
def test_model(Recall):
    """Shapes, the number of parameters, and weights that respect the mask"""
    import torch
    from seqlab import checks

    model = Recall(12, 6, 4)
    count = sum(parameter.numel() for parameter in model.parameters())
    # (12 + 6) D for the tables, 2 (D D + D) for query and key, 6 (D + 1) for the output.
    checks.assert_equal("the number of parameters", int(count), 18 * 4 + 2 * 20 + 6 * 5)
    keys = torch.tensor([[7, 2, 9, 0, 0], [0, 5, 11, 3, 8]])
    values = torch.tensor([[4, 1, 4, 0, 0], [5, 5, 2, 0, 1]])
    mask = torch.tensor([[True, True, True, False, False], [True] * 5])
    result = model(keys, values, mask, torch.tensor([2, 0]))
    logits, weights = checks.unpack("the model", result, ("logits", "weights"))
    checks.assert_shape("the logits", logits, (2, 6))
    checks.assert_shape("the weights", weights, (2, 5))
    checks.assert_close("the sums of the weights", weights.sum(-1), [1.0, 1.0], atol=1e-5)
    checks.assert_close("the weights of the padding", weights[0, 3:], [0.0, 0.0])


@test_case(name="Fifteen steps: the loss falls", points=None, hidden=False)
def test_short_run(Recall, train_recall):
    """Fifteen steps: the loss falls"""
    import numpy as np
    import torch
    from seqlab import checks, recall

    steps, batch_size = 15, 32
    examples = recall.sample(steps * batch_size, np.random.default_rng(5))
    data = tuple(torch.tensor(part) for part in examples)
    losses = train_recall(Recall(12, 6, 8), data, steps, batch_size, 0.05)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-1] < losses[0]:
        raise checks.CheckError("The last loss is not smaller than the first.")


@test_case(
    name="Logits and weights, computed once more from the model's own parameters",
    points=2,
    hidden=True,
    failure_message="Compute one example by hand: the query comes from the same table as the keys, the softmax runs over the pairs that the mask permits, and the output layer reads the mean of the values.",
)
def test_same_function(Recall):
    """Logits and weights, computed once more from the model's own parameters"""
    import numpy as np
    import torch
    from seqlab import checks, recall
    from testing import models

    rng = np.random.default_rng([SEMESTER, 501])
    for key_count, value_count, D in [(12, 6, 5), (14, 9, 16)]:
        model = Recall(key_count, value_count, D)
        state = models.load_random(model, rng)
        examples = [torch.tensor(part) for part in recall.sample(7, rng)]
        wanted, seen = models.recall(state, examples, key_count, value_count, D)
        returned = model(*examples[:4])
        logits, weights = checks.unpack("the model", returned, ("logits", "weights"))
        # The model computes in float32.
        checks.assert_close("weights", weights, seen, rtol=1e-4, atol=1e-5)
        checks.assert_close("logits", logits, wanted, rtol=1e-4, atol=1e-5)


@test_case(
    name="Other padding, more padding, and the pairs in another order",
    points=2,
    hidden=True,
    failure_message="What stands in the padding must not matter, not even when it looks like the key that is asked for. And the order of the pairs means nothing.",
)
def test_padding_and_order(Recall):
    """Other padding, more padding, and the pairs in another order"""
    import numpy as np
    import torch
    from seqlab import checks, recall
    from testing import models

    rng = np.random.default_rng([SEMESTER, 502])
    model = Recall(12, 6, 6)
    state = models.load_random(model, rng)
    keys, values, mask, query, _ = recall.sample(9, rng)
    wanted, _ = models.recall(state, (keys, values, mask, query), 12, 6, 6)
    order = rng.permutation(keys.shape[1])
    # In the padding stands the key that is asked for, with any value.
    other = [
        np.where(mask, keys, query[:, None]),
        np.where(mask, values, rng.integers(6, size=mask.shape)),
        mask,
    ]
    more = [np.pad(part, ((0, 0), (0, 3))) for part in (keys, values, mask)]
    for name, parts in (
        ("other padding", other),
        ("three more places of padding", more),
        ("the pairs in another order", [part[:, order] for part in (keys, values, mask)]),
    ):
        tensors = [torch.tensor(part) for part in parts]
        returned = model(*tensors, torch.tensor(query))
        logits, _ = checks.unpack("the model", returned, ("logits", "weights"))
        checks.assert_close(f"with {name}: the logits", logits, wanted, rtol=1e-4, atol=1e-5)


@test_case(
    name="Three steps equal three steps of another program, in float64",
    points=2,
    hidden=True,
    failure_message="Write down the order of one step: which rows, forward, loss, gradient, update. What is the learning rate of step k, and which loss do you record?",
)
def test_three_steps(Recall, train_recall):
    """Three steps equal three steps of another program, in float64"""
    import numpy as np
    import torch
    from seqlab import checks, recall
    from testing import models, training

    steps, batch_size, learning_rate, D = 3, 5, 0.1, 6
    rng = np.random.default_rng([SEMESTER, 503])
    model = Recall(12, 6, D)
    model.double()
    state = models.load_random(model, rng)
    # More rows than are needed.
    data = tuple(torch.tensor(part) for part in recall.sample(4 * batch_size, rng))

    def loss_of(k):
        rows = slice(k * batch_size, (k + 1) * batch_size)
        logits, _ = models.recall(state, [part[rows] for part in data], 12, 6, D)
        return torch.nn.functional.cross_entropy(logits, data[4][rows])

    expected = training.adam(state, loss_of, steps, learning_rate, float("inf"))
    losses = train_recall(model, data, steps, batch_size, learning_rate)
    checks.assert_close("losses", training.numbers(losses, steps), expected, rtol=1e-4, atol=1e-5)
    wanted, _ = models.recall(state, data, 12, 6, D)
    found, _ = checks.unpack("the model", model(*data[:4]), ("logits", "weights"))
    checks.assert_close("the logits of the trained model", found, wanted, rtol=1e-4, atol=1e-4)


@test_case(
    name="Less than 0.01 nats on new examples",
    points=4,
    hidden=True,
    failure_message="Look at the weights of your trained model: does the query find its key? A loss that stays near 0.02 while almost all answers are right is a sign of padding that is looked at.",
)
def test_threshold(Recall, train_recall):
    """Less than 0.01 nats on new examples"""
    import numpy as np
    import torch
    from seqlab import checks, measures, recall
    from testing import models, training

    steps, batch_size, D = 400, 64, 16
    rng = np.random.default_rng([SEMESTER, 504])
    model = Recall(12, 6, D)
    entries = models.load_fresh(model, rng)
    before = models.state_of(model)
    data = tuple(torch.tensor(part) for part in recall.sample(steps * batch_size, rng))
    new = tuple(torch.tensor(part) for part in recall.sample(2000, rng))

    def loss_of(state, examples):
        logits, _ = models.recall(state, examples, 12, 6, D)
        return torch.nn.functional.cross_entropy(logits, examples[4])

    # The long run counts only for a function that learns from its arguments: here from one
    # batch, three times.
    batch = [part[:batch_size] for part in data]
    train_recall(model, tuple(torch.cat([part] * 3) for part in batch), 3, batch_size, 0.001)
    training.assert_learns(before, models.state_of(model), lambda s: loss_of(s, batch))
    model.load_state_dict(entries)
    losses = train_recall(model, data, steps, batch_size, 0.02)
    measures.measure_curve("recall: loss (nats)", losses)
    # What counts is what a model says with the parameters that were learnt.
    trained = Recall(12, 6, D)
    trained.load_state_dict(dict(model.state_dict()))
    logits, _ = checks.unpack("the model", trained(*new[:4]), ("logits", "weights"))
    checks.assert_shape("the logits", logits, (2000, 6))
    if not torch.is_floating_point(torch.as_tensor(logits)):
        raise checks.CheckError("The logits should be floats.")
    nats = float(torch.nn.functional.cross_entropy(logits.detach().double(), new[4]))
    measures.measure("recall: cross-entropy (nats)", nats, (0.0, 0.01))
    # Written so that nan fails.
    if not nats < 0.01:
        raise checks.CheckError(f"On new examples the trained model has a loss of {nats:.3g} nats.")
