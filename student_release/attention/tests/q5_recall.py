from otter.test_files import test_case

OK_FORMAT = False

name = "q5_recall"
points = 10


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
