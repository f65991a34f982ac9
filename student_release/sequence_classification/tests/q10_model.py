from otter.test_files import test_case

OK_FORMAT = False

name = "q10_model"
points = 10


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(SequenceClassifier):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    V, D, H, C = 7, 3, 5, 4
    model = SequenceClassifier(V, D, H, C)
    tokens = torch.tensor([[2, 3, 6, 1], [4, 0, 0, 0], [5, 5, 2, 0]])
    logits = model(tokens, torch.tensor([4, 1, 3]))
    checks.assert_shape("the logits", logits, (3, C))
    count = sum(parameter.numel() for parameter in model.parameters())
    # V D in the embedding, 4H (D + H + 2) in the LSTM and C (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 21 + 20 * 10 + 24)


@test_case(name="Seven more columns of padding change nothing", points=None, hidden=False)
def test_appended_padding(SequenceClassifier):
    """Seven more columns of padding change nothing"""
    import torch
    from seqlab import checks

    model = SequenceClassifier(6, 4, 3, 2)
    tokens, lengths = torch.tensor([[2, 5, 3], [4, 0, 0]]), torch.tensor([3, 1])
    before = model(tokens, lengths).detach()
    more = torch.cat([tokens, torch.zeros(2, 7, dtype=torch.int64)], dim=1)
    checks.assert_close("the logits", model(more, lengths), before, axes="BC")
