from otter.test_files import test_case

OK_FORMAT = False

name = "q5_model"
points = 10


@test_case(name="The shape of the logits, and the number of parameters", points=None, hidden=False)
def test_shapes(CharLM):
    """The shape of the logits, and the number of parameters"""
    import torch
    from seqlab import checks

    B, T, V, E, H = 2, 3, 5, 6, 4
    model = CharLM(V, E, H)
    tokens = torch.tensor([[0, 1, 2], [4, 3, 0]])
    logits, _ = checks.unpack("the model", model(tokens), ("logits", "state"))
    checks.assert_shape("the logits", logits, (B, T, V))
    count = sum(parameter.numel() for parameter in model.parameters())
    # V E in the embedding, 4H (E + H + 2) in the LSTM, V (H + 1) in the linear layer.
    checks.assert_equal("the number of parameters", int(count), 30 + 16 * 12 + 25)


@test_case(name="A second call continues where the first one ended", points=None, hidden=False)
def test_two_halves(CharLM):
    """A second call continues where the first one ended"""
    import torch
    from seqlab import checks

    model = CharLM(3, 5, 6)
    tokens = torch.tensor([[0, 0, 1, 2], [1, 2, 0, 1]])
    at_once = checks.unpack("the model", model(tokens), ("logits", "state"))[0].detach()
    first, state = model(tokens[:, :2])
    second, _ = model(tokens[:, 2:], state)
    checks.assert_close("the first two logits", first, at_once[:, :2], axes="BTV")
    checks.assert_close("the last two logits", second, at_once[:, 2:], axes="BTV")
