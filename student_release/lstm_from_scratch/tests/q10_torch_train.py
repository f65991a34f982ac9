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
