from otter.test_files import test_case

OK_FORMAT = False

name = "q7_masked_loss"
points = 8


@test_case(name="The example from the text", points=None, hidden=False)
def test_example(masked_loss, bits_per_character, perplexity):
    """The example from the text"""
    import numpy as np
    import torch
    from seqlab import checks

    # Softmax probabilities 1/2, 1/4, 1/4 for the characters 0, 1, 2.
    logits = torch.tensor([2.0, 1.0, 1.0]).log().expand(2, 3, 3)
    targets = torch.tensor([[0, 1, 0], [2, 0, 0]])
    mask = torch.tensor([[1.0, 1, 1], [1, 0, 0]])
    loss = masked_loss(logits, targets, mask)
    checks.assert_close("the loss of the example", loss, 3 * np.log(2))
    nats = 6 * np.log(2)
    checks.assert_close("bits_per_character(6 ln 2, 4)", bits_per_character(nats, 4), 1.5)
    checks.assert_close("perplexity(6 ln 2, 4)", perplexity(nats, 4), 2**1.5)
