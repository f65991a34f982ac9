from otter.test_files import test_case

OK_FORMAT = False

name = "q11_train"
points = 10


@test_case(name="Twenty steps on four reviews: the loss falls", points=None, hidden=False)
def test_short_run(SequenceClassifier, train_classifier):
    """Twenty steps on four reviews: the loss falls"""
    import numpy as np
    import torch
    from seqlab import checks
    from seqlab.arrays import as_array

    tokens = torch.tensor([[2, 3, 4], [3, 2, 4], [4, 2, 0], [3, 0, 0]])
    lengths, labels = torch.tensor([3, 3, 2, 1]), torch.tensor([0, 1, 1, 0])
    model = SequenceClassifier(5, 4, 6, 2)
    rng = np.random.default_rng(11)
    losses = train_classifier(model, tokens, lengths, labels, 20, 16, 0.05, rng)
    checks.assert_shape("losses", losses, (20,))
    losses = as_array("losses", losses)
    if not np.mean(losses[-5:]) < np.mean(losses[:5]):
        raise checks.CheckError("The last losses are not smaller than the first.")
