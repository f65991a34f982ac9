from otter.test_files import test_case

OK_FORMAT = False

name = "q10_train"
points = 12

# Hidden inputs are those of one semester.
SEMESTER = 7928289030091550589


@test_case(name="Fifteen steps on two sequences: the loss falls", points=None, hidden=False)
def test_short_run(TransformerLM, train_transformer):
    """Fifteen steps on two sequences: the loss falls"""
    import torch
    from seqlab import checks

    inputs = torch.tensor([[0, 1, 0, 0], [0, 0, 1, 1]])
    targets = torch.tensor([[1, 2, 0, 0], [0, 1, 1, 2]])
    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    losses = train_transformer(TransformerLM(3, 8, 2, 4), inputs, targets, mask, 15, 0.02)
    checks.assert_shape("losses", losses, (15,))
    if not losses[-1] < losses[0]:
        raise checks.CheckError("The last loss is not smaller than the first.")


@test_case(
    name="Within 0.05 nats of the floor, and right wherever the next token is determined",
    points=5,
    hidden=True,
    failure_message="Plot your losses with plots.plot_loss and look. A loss below the floor means that a token sees what it should predict; one that stops near 0.31 above it, that the order is lost.",
)
def test_threshold(TransformerLM, train_transformer):
    """Within 0.05 nats of the floor, and right wherever the next token is determined"""
    import numpy as np
    from seqlab import anbn, checks, measures
    from testing import models, training

    V, D, heads, longest = 4, 32, 2, 2 * anbn.MAX_N
    rng = np.random.default_rng([SEMESTER, 1001])
    inputs, targets, mask = training.all_sequences()
    model = TransformerLM(V, D, heads, longest)
    entries = models.load_fresh(model, rng)
    before = models.state_of(model)

    # What the parameters predict for the eleven sequences: an exact expectation. Question 9 checks
    # that the model itself predicts the same.
    def evaluated(state):
        logits = models.transformer(state, inputs, V, D, heads, longest)
        return logits, training.nats_per_sequence(logits, targets, mask)

    # The long run counts only for a function that learns from its arguments.
    train_transformer(model, inputs, targets, mask.float(), 3, 0.0005)
    training.assert_learns(before, models.state_of(model), lambda state: evaluated(state)[1])
    model.load_state_dict(entries)
    losses = train_transformer(model, inputs, targets, mask.float(), 300, 0.01)
    measures.measure_curve("excess (nats), transformer", losses, anbn.FLOOR_NATS)
    logits, loss = evaluated(models.state_of(model))
    excess = anbn.excess_nats(float(loss))
    low, high = -0.01, 0.05
    measures.measure("excess (nats), transformer", excess, (low, high))
    if not low < excess < high:
        raise checks.CheckError(
            f"With the trained model the loss lies {excess:.3g} nats above the floor."
        )
    n = training.wrong_sequence(logits)
    if n:
        raise checks.CheckError(f"The sequence with n = {n} is not completed correctly.")


@test_case(
    name="Three steps equal three steps of another program, in float64",
    points=4,
    hidden=True,
    failure_message="Write down the order of one step: forward, loss, gradient, clip, update. What does the loss sum over, what is it divided by, and what is the learning rate of step k?",
)
def test_three_steps(TransformerLM, train_transformer):
    """Three steps equal three steps of another program, in float64"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models, training

    B, T, V, D, heads, steps, learning_rate = 3, 5, 4, 6, 2, 3, 0.05
    rng = np.random.default_rng([SEMESTER, 1002])
    inputs, targets = (torch.tensor(rng.integers(0, V, size=(B, T))) for _ in range(2))
    mask = (torch.arange(T) < torch.tensor([[5], [2], [4]])).double()
    model = TransformerLM(V, D, heads, T)
    model.double()
    state = models.load_random(model, rng, 0.6)

    def loss_of(_):
        logits = models.transformer(state, inputs, V, D, heads, T)
        return training.nats_per_sequence(logits, targets, mask)

    expected = training.adam(state, loss_of, steps, learning_rate, 1.0)
    wanted = models.transformer(state, inputs, V, D, heads, T)
    losses = train_transformer(model, inputs, targets, mask, steps, learning_rate)
    checks.assert_close("losses", training.numbers(losses, steps), expected, rtol=1e-4, atol=1e-5)
    checks.assert_close(
        "the logits of the trained model", model(inputs), wanted, rtol=1e-4, atol=1e-4, axes="BTV"
    )


@test_case(
    name="The returned losses belong to the model that is trained",
    points=3,
    hidden=True,
    failure_message="The losses are those before each update, one per step, in nats per sequence. And the model that the caller passed in is the one that must learn.",
)
def test_losses(TransformerLM, train_transformer):
    """The returned losses belong to the model that is trained"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models, training

    B, T, V, D, heads = 2, 4, 3, 8, 2
    rng = np.random.default_rng([SEMESTER, 1003])
    inputs, targets = (torch.tensor(rng.integers(0, V, size=(B, T))) for _ in range(2))
    mask = torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]], dtype=torch.float64)
    model = TransformerLM(V, D, heads, T)
    model.double()
    models.load_random(model, rng)

    def loss():
        logits = models.transformer(models.state_of(model), inputs, V, D, heads, T)
        return float(training.nats_per_sequence(logits, targets, mask))

    first = loss()
    losses = train_transformer(model, inputs, targets, mask, 40, 0.02)
    losses = training.numbers(losses, 40)
    checks.assert_close("losses[0]", losses[0], first)
    last = loss()
    if not last < 0.9 * first:
        raise checks.CheckError("Over forty steps the loss of the model hardly falls.")
    # The last update is the smallest: the loss before it is close to the loss after it.
    checks.assert_close("losses[-1]", losses[-1], last, rtol=0.1, atol=0.02)
