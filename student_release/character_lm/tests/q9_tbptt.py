from otter.test_files import test_case

OK_FORMAT = False

name = "q9_tbptt"
points = 14


@test_case(name="Forty steps on a short text: the loss falls", points=None, hidden=False)
def test_short_run(CharLM, train_stream):
    """Forty steps on a short text: the loss falls"""
    import torch
    from seqlab import checks

    steps = 40
    text = torch.tensor([0, 1, 2, 1, 0, 3] * 4)
    chunks = [(text[i : i + 4][None], text[i + 1 : i + 5][None]) for i in range(0, 20, 4)]
    losses = train_stream(CharLM(4, 5, 6), chunks, steps, 0.03)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-5] < losses[0]:
        raise checks.CheckError("The first chunk has no smaller loss at the end than at first.")
