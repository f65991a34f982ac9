from otter.test_files import test_case

OK_FORMAT = False

name = "q10_torch_train"
points = 8


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
