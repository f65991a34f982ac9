from otter.test_files import test_case

OK_FORMAT = False

name = "q8_train"
points = 10


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
