from otter.test_files import test_case

OK_FORMAT = False

name = "q10_torch_train"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 4988235689241536306


@test_case(name="Thirty steps on two sequences: the loss falls", points=None, hidden=False)
def test_short_run(LSTMLanguageModel, train_torch):
    """Thirty steps on two sequences: the loss falls"""
    import torch
    from seqlab import checks

    steps = 30
    x = torch.eye(3)[torch.tensor([[0, 1, 0, 0], [0, 0, 1, 1]])]
    targets = torch.tensor([[1, 2, 0, 0], [0, 1, 1, 2]])
    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    losses = train_torch(LSTMLanguageModel(3, 5), x, targets, mask, steps, 0.03)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-1] < losses[0]:
        raise checks.CheckError("The last loss is not smaller than the first.")


@test_case(
    name="The loss of a model that we know, and how far two steps of Adam move it",
    points=None,
    hidden=False,
)
def test_two_small_steps(LSTMLanguageModel, train_torch):
    """The loss of a model that we know, and how far two steps of Adam move it"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    V, rate = 3, 1e-3
    model = LSTMLanguageModel(V, 5)
    model.double()
    state = cases.torch_state(model, np.random.default_rng(10), 0.0)
    (bias,) = (name for name, tensor in state.items() if tuple(tensor.shape) == (V,))
    # The probabilities 1/2, 1/4, 1/4, whatever it reads.
    state[bias] = torch.log(torch.tensor([2.0, 1.0, 1.0], dtype=torch.float64))
    model.load_state_dict(state)
    x = torch.eye(V, dtype=torch.float64)[torch.tensor([[0, 1, 0, 0], [0, 0, 1, 1]])]
    targets = torch.tensor([[1, 2, 0, 0], [0, 1, 1, 2]])
    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 1]], dtype=torch.float64)
    losses = train_torch(model, x, targets, mask, 2, rate)
    # Five predictions cost ln 4 and one costs ln 2, in two sequences.
    checks.assert_close("the loss before the first update", losses[0], 5.5 * np.log(2.0))
    # While the gradient is the same, Adam moves each number by the learning rate: by 0.001, then by
    # 0.001 * (1 - 0.95 / 2).
    moved = np.abs(np.asarray(model.state_dict()[bias] - state[bias]))
    checks.assert_close("how far two steps move a bias", moved / rate, np.full(V, 1.525), 5e-3)


@test_case(
    name="Within 0.05 nats of the floor, with the parameters of the trained model",
    points=4,
    hidden=True,
    failure_message="Plot your losses with plots.plot_loss and look. Do you train the model that was passed in, on the loss in the text, with a gradient that starts from zero at each step? The grader has no GPU: train on the device of the model that you are given.",
)
def test_threshold(LSTMLanguageModel, train_torch):
    """Within 0.05 nats of the floor, with the parameters of the trained model"""
    import numpy as np
    import torch
    from seqlab import anbn, cases, checks, gradients, measures

    V, H, T = 4, 20, 2 * anbn.MAX_N
    rng = np.random.default_rng([SEMESTER, 1001])
    numbers = {"a": 0, "b": 1, "EOS": 2}
    rows = [[numbers[token] for token in sequence] for sequence in anbn.exact_distribution()]
    padded = np.array([row + [0] * (T + 1 - len(row)) for row in rows])
    targets = torch.tensor(padded[:, 1:])
    mask = torch.tensor(np.arange(T) < np.array([[len(row) - 1] for row in rows])).float()
    x = torch.eye(V)[torch.tensor(padded[:, :-1])]
    counts = {(4 * H, V): 1, (4 * H, H): 1, (4 * H,): 2, (V, H): 1, (V,): 1}

    # What the model's parameters predict for the eleven sequences: an exact expectation. Question 8
    # checks that the model itself predicts the same.
    def parameters_of(network):
        weights = cases.torch_weights(network)
        if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
            raise checks.CheckError(
                "The parameters do not have the shapes of the table in the text."
            )
        arrays = [array for shape in counts for array in weights[shape]]
        return dict(zip(("W_ih", "W_hh", "b_ih", "b_hh", "W", "b"), arrays))

    def evaluated(W_ih, W_hh, b_ih, b_hh, W, b):
        state = cell = torch.zeros(len(rows), H, dtype=torch.float64)
        outputs = []
        for t in range(T):
            z = x[:, t].double() @ W_ih.T + state @ W_hh.T + b_ih + b_hh
            i, f, g, o = z.chunk(4, dim=1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            state = torch.sigmoid(o) * torch.tanh(cell)
            outputs.append(state @ W.T + b)
        z = torch.stack(outputs, dim=2)
        each = torch.nn.functional.cross_entropy(z, targets, reduction="none")
        return z, (each * mask.double()).sum() / len(rows)

    # In rare cases, rounding alone makes a correct training run end above the threshold: then a
    # second start decides.
    problem = ""
    for _ in range(2):
        model = LSTMLanguageModel(V, H)
        # Entries as large as those that PyTorch draws, but from this test's own generator.
        entries = cases.torch_state(model, rng, 0.13)
        model.load_state_dict(entries)
        before = parameters_of(model)
        dtype = next(iter(model.parameters())).dtype
        # The long run counts only for a function that learns from its arguments.
        leaves = {name: torch.tensor(array, requires_grad=True) for name, array in before.items()}
        slopes = torch.autograd.grad(evaluated(**leaves)[1], list(leaves.values()))
        slopes = {name: slope.numpy() for name, slope in zip(leaves, slopes)}
        train_torch(model, x.to(dtype), targets, mask.to(dtype), 3, 0.001)
        # Adam's steps are of one length in all directions.
        gradients.assert_downhill(before, parameters_of(model), slopes, 0.1)
        model.load_state_dict(entries)
        losses = train_torch(model, x.to(dtype), targets, mask.to(dtype), 400, 0.03)
        measures.measure_curve("excess (nats), PyTorch", losses, anbn.FLOOR_NATS)
        after = {name: torch.tensor(array) for name, array in parameters_of(model).items()}
        z, loss = evaluated(**after)
        excess = anbn.excess_nats(float(loss))
        low, high = -0.01, 0.05
        measures.measure("excess (nats), PyTorch", excess, (low, high))
        if not low < excess < high:
            problem = f"With the trained model the loss lies {excess:.3g} nats above the floor."
            continue
        best = z.argmax(dim=1).numpy()
        # Determined: b after each b but the last, and EOS after the last.
        wrong = [n for n, row in enumerate(rows, 1) if list(best[n - 1, n : 2 * n]) != row[n + 1 :]]
        if not wrong:
            return
        problem = f"The sequence with n = {wrong[0]} is not completed correctly."
    raise checks.CheckError(problem)


@test_case(
    name="Three steps equal three steps of another program, in float64",
    points=2,
    hidden=True,
    failure_message="Write down the order of one step: forward, loss, gradient, clip, update. What does the loss sum over, what is it divided by, and what is the learning rate of step k?",
)
def test_three_steps(LSTMLanguageModel, train_torch):
    """Three steps equal three steps of another program, in float64"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H, steps, learning_rate = 3, 5, 4, 6, 3, 0.1
    rng = np.random.default_rng([SEMESTER, 1002])
    x = torch.eye(V, dtype=torch.float64)[torch.tensor(rng.integers(0, V, size=(B, T)))]
    targets = torch.tensor(rng.integers(0, V, size=(B, T)))
    mask = torch.tensor(np.arange(T) < np.array([[5], [2], [4]])).double()
    model = LSTMLanguageModel(V, H)
    model.double()
    model.load_state_dict(cases.torch_state(model, rng, 0.7))
    weights = cases.torch_weights(model)
    counts = {(4 * H, V): 1, (4 * H, H): 1, (4 * H,): 2, (V, H): 1, (V,): 1}
    if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
        raise checks.CheckError("The parameters do not have the shapes of the table in the text.")

    # One layer of weights for all: the parameters of another program, in the order of the shapes.
    leaves = [torch.tensor(a, requires_grad=True) for shape in counts for a in weights[shape]]
    averages = [(torch.zeros_like(leaf), torch.zeros_like(leaf)) for leaf in leaves]

    def outputs():
        W_ih, W_hh, b_ih, b_hh, W, b = leaves
        state = cell = torch.zeros(B, H, dtype=torch.float64)
        steps_of_logits = []
        for t in range(T):
            i, f, g, o = (x[:, t] @ W_ih.T + state @ W_hh.T + b_ih + b_hh).chunk(4, dim=1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            state = torch.sigmoid(o) * torch.tanh(cell)
            steps_of_logits.append(state @ W.T + b)
        return torch.stack(steps_of_logits, dim=1)

    expected_losses = []
    for k in range(steps):
        log_p = torch.log_softmax(outputs(), dim=-1)
        mean = -(log_p.gather(2, targets[:, :, None])[:, :, 0] * mask).sum() / B
        expected_losses.append(mean.item())
        found = torch.autograd.grad(mean, leaves)
        factor = min(1.0, 1.0 / float(torch.sqrt(sum((d**2).sum() for d in found))))
        rate = learning_rate * (1 - 0.95 * k / steps)
        with torch.no_grad():
            for leaf, d, (first, second) in zip(leaves, found, averages):
                first.mul_(0.9).add_(factor * d, alpha=0.1)
                second.mul_(0.999).add_((factor * d) ** 2, alpha=0.001)
                step = first / (1 - 0.9 ** (k + 1))
                leaf -= rate * step / (torch.sqrt(second / (1 - 0.999 ** (k + 1))) + 1e-8)
    expected = outputs().detach().numpy()
    losses = train_torch(model, x, targets, mask, steps, learning_rate)
    checks.assert_close("losses", losses, expected_losses, rtol=1e-4, atol=1e-5)
    logits, _ = checks.unpack("the model", model(x), ("logits", "state"))
    checks.assert_close(
        "the logits of the trained model", logits, expected, rtol=1e-4, atol=1e-4, axes="BTV"
    )


@test_case(
    name="The returned losses belong to the model that is trained",
    points=2,
    hidden=True,
    failure_message="The losses are those before each update, one per step, in nats per sequence. And the model that the caller passed in is the one that must learn.",
)
def test_losses(LSTMLanguageModel, train_torch):
    """The returned losses belong to the model that is trained"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 2, 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 1003])
    targets = rng.integers(0, V, size=(B, T))
    mask = np.array([[1.0, 1, 1, 1], [1, 1, 0, 0]])
    x = torch.eye(V, dtype=torch.float64)[torch.tensor(rng.integers(0, V, size=(B, T)))]
    model = LSTMLanguageModel(V, H)
    model.double()
    model.load_state_dict(cases.torch_state(model, rng))

    def loss():
        # From its parameters: question 8 checks that the model predicts what they do.
        weights = cases.torch_weights(model)
        counts = {(4 * H, V): 1, (4 * H, H): 1, (4 * H,): 2, (V, H): 1, (V,): 1}
        if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
            raise checks.CheckError(
                "The parameters do not have the shapes of the table in the text."
            )
        lstm = torch.nn.LSTM(V, H, batch_first=True, dtype=torch.float64)
        own = [lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0]
        with torch.no_grad():
            arrays = [array for shape in list(counts)[:3] for array in weights[shape]]
            for parameter, array in zip(own, arrays, strict=True):
                parameter.copy_(torch.tensor(array))
            states = lstm(x)[0].numpy()
        z = states.dot(weights[V, H][0].T) + weights[(V,)][0]
        log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        right = np.take_along_axis(log_p, targets[:, :, None], axis=-1)[:, :, 0]
        return float(-(right * mask).sum() / B)

    first = loss()
    losses = train_torch(model, x, torch.tensor(targets), torch.tensor(mask), 40, 0.02)
    checks.assert_shape("losses of a run of forty steps", losses, (40,))
    checks.assert_close("losses[0]", losses[0], first)
    last = loss()
    if not last < 0.9 * first:
        raise checks.CheckError("Over forty steps the loss of the model hardly falls.")
    # The last update is the smallest: the loss before it is close to the loss after it.
    checks.assert_close("losses[-1]", losses[-1], last, rtol=0.1, atol=0.0)
