from otter.test_files import test_case

OK_FORMAT = False

name = "q8_model"
points = 8


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(LSTMLanguageModel):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    B, T, V, H = 2, 3, 5, 4
    model = LSTMLanguageModel(V, H)
    logits, _ = checks.unpack("the model", model(torch.zeros(B, T, V)), ("logits", "state"))
    checks.assert_shape("the logits", logits, (B, T, V))
    count = sum(parameter.numel() for parameter in model.parameters())
    # 4H (V + H + 2) in the LSTM and V (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 16 * 11 + 25)


@test_case(name="A second call continues where the first one ended", points=None, hidden=False)
def test_goes_on(LSTMLanguageModel):
    """A second call continues where the first one ended"""
    import torch
    from seqlab import checks

    model = LSTMLanguageModel(3, 6)
    x = torch.eye(3)[torch.tensor([[0, 0, 1, 2], [1, 2, 0, 1]])]
    at_once = checks.unpack("the model", model(x), ("logits", "state"))[0].detach()
    first, state = model(x[:, :2])
    second, _ = model(x[:, 2:], state)
    checks.assert_close("the first two logits", first, at_once[:, :2], axes="BTV")
    checks.assert_close("the last two logits", second, at_once[:, 2:], axes="BTV")
