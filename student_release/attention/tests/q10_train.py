from otter.test_files import test_case

OK_FORMAT = False

name = "q10_train"
points = 12


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
