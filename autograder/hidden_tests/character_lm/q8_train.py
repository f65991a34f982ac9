from otter.test_files import test_case

OK_FORMAT = False

name = "q8_train"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 2871759991859858780


@test_case(name="Thirty steps on two small batches: the loss falls", points=None, hidden=False)
def test_short_run(CharLM, train_batches):
    """Thirty steps on two small batches: the loss falls"""
    import torch
    from seqlab import checks

    steps = 30
    wide = (
        torch.tensor([[0, 1, 2, 1], [0, 2, 0, 0]]),
        torch.tensor([[1, 2, 1, 3], [2, 3, 0, 0]]),
        torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0]]),
    )
    narrow = tuple(tensor[:, :2] for tensor in wide)
    losses = train_batches(CharLM(4, 5, 6), [wide, narrow], steps, 0.03)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-2] < losses[0]:
        raise checks.CheckError("The first batch has no smaller loss at the end than at first.")


@test_case(
    name="Below what ten characters can tell, with the parameters of the trained model",
    points=4,
    hidden=True,
    failure_message="Plot your losses and look. Do you train the model that was passed in, on the loss in the text, with a gradient that starts from zero at each step? The grader has no GPU: train on the device of the model that you are given.",
)
def test_threshold(CharLM, train_batches):
    """Below what ten characters can tell, with the parameters of the trained model"""
    import numpy as np
    from seqlab import checks, gradients, measures
    from testing import networks, texts

    V, E, H, steps = texts.V, 16, 48, 250
    rng = np.random.default_rng([SEMESTER, 801])
    low, high = -0.01, texts.ten_characters()
    # In rare cases a correct run ends above the threshold: then a second start decides.
    for _ in range(2):
        start = networks.initial_parameters(V, E, H, rng)
        batches = texts.batches(100, 32, rng)
        model = CharLM(V, E, H)
        networks.load(model, start)
        before = networks.parameters_of(model, V, E, H)
        # The long run counts only for a function that learns from its arguments and says how. All
        # sentences of this batch have one length: the mask is question 7's.
        even = texts.even_batch(rng)
        losses = train_batches(model, [even], 3, 0.001)
        checks.assert_shape("losses of three steps", losses, (3,))
        first = networks.sentence_loss(networks.tensors(before), even)
        # One loss is near that of the model, and no two are the same.
        if not first / 50 < losses[0] < 50 * first or not np.ptp(losses) > 0:
            raise checks.CheckError("The losses are not those of the model that was passed in.")
        slopes = networks.slopes(before, lambda p, _, b=even: networks.sentence_loss(p, b))
        after = networks.parameters_of(model, V, E, H)
        # Adam's steps are of one length in all directions.
        gradients.assert_downhill(before, after, slopes, 0.1)
        networks.load(model, start)
        losses = train_batches(model, batches, steps, 0.02)
        measures.measure_curve("loss above the entropy (nats per sentence)", losses, texts.ENTROPY)
        excess = texts.sentence_excess(networks.parameters_of(model, V, E, H))
        measures.measure("excess (nats per sentence)", excess, (low, high))
        # Not by luck: nobody who is far above has a right answer.
        if low < excess < high:
            return
        if not high <= excess < 2 * high:
            break
    raise checks.CheckError(
        f"The expected loss of the trained model lies {excess:.3g} nats per sentence above the "
        "entropy."
    )


@test_case(
    name="Five steps equal five steps of another program, in float64",
    points=4,
    hidden=True,
    failure_message="Write down the order of one step: batch, forward from zero, loss, gradient, clip, update. What is the learning rate of step k, and which batch comes after the last one?",
)
def test_steps(CharLM, train_batches):
    """Five steps equal five steps of another program, in float64"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, V, E, H, steps, learning_rate = 3, 6, 5, 4, 5, 0.1
    rng = np.random.default_rng([SEMESTER, 802])
    batches = []
    for T in (5, 3, 6):
        mask = np.arange(T) < np.array([[T], [1], [T - 1]])
        inputs, targets = rng.integers(0, V, size=(2, B, T))
        batches.append((torch.tensor(inputs), torch.tensor(targets), torch.tensor(mask * 1.0)))
    model = CharLM(V, E, H)
    model.double()
    networks.load(model, networks.random_parameters(V, E, H, rng))
    trained, expected = networks.train(
        networks.parameters_of(model, V, E, H),
        lambda params, k: networks.sentence_loss(params, batches[k % 3]),
        steps,
        learning_rate,
    )
    losses = train_batches(model, batches, steps, learning_rate)
    checks.assert_close("losses", losses, expected, rtol=1e-4, atol=1e-5)
    checks.assert_params(
        "the trained model",
        networks.parameters_of(model, V, E, H),
        trained,
        rtol=1e-4,
        atol=1e-4,
    )


@test_case(
    name="The returned losses belong to the model that is trained",
    points=2,
    hidden=True,
    failure_message="The losses are those before each update, one per step, in nats per sentence. And the model that the caller passed in is the one that must learn.",
)
def test_losses(CharLM, train_batches):
    """The returned losses belong to the model that is trained"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import networks

    B, T, V, E, H = 4, 6, 5, 3, 8
    rng = np.random.default_rng([SEMESTER, 803])
    inputs, targets = torch.tensor(rng.integers(0, V, size=(2, B, T)))
    mask = torch.tensor((np.arange(T) < np.array([[6], [2], [5], [1]])) * 1.0)
    batch = (inputs, targets, mask)
    model = CharLM(V, E, H)
    model.double()
    networks.load(model, networks.random_parameters(V, E, H, rng, 0.5))

    def loss():
        params = networks.tensors(networks.parameters_of(model, V, E, H))
        return float(networks.sentence_loss(params, batch))

    first = loss()
    losses = train_batches(model, [batch], 40, 0.02)
    checks.assert_shape("losses of a run of forty steps", losses, (40,))
    checks.assert_close("losses[0]", losses[0], first)
    last = loss()
    if not last < 0.9 * first:
        raise checks.CheckError("Over forty steps the loss of the model hardly falls.")
    # The last update is the smallest: the loss before it is close to the loss after it.
    checks.assert_close("losses[-1]", losses[-1], last, rtol=0.1, atol=0.0)
