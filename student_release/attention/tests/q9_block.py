from otter.test_files import test_case

OK_FORMAT = False

name = "q9_block"
points = 10


@test_case(
    name="The shape of the logits, and the number of parameters from the text",
    points=None,
    hidden=False,
)
def test_shapes(TransformerLM):
    """The shape of the logits, and the number of parameters from the text"""
    import torch
    from seqlab import checks

    model = TransformerLM(4, 32, 2, 22)
    count = sum(parameter.numel() for parameter in model.parameters())
    checks.assert_equal("the number of parameters", int(count), 13732)
    logits = model(torch.zeros(3, 5, dtype=torch.int64))
    checks.assert_shape("the logits", logits, (3, 5, 4))


@test_case(name="The last token changes only the last logits", points=None, hidden=False)
def test_future(TransformerLM):
    """The last token changes only the last logits"""
    import torch
    from seqlab import checks

    model = TransformerLM(4, 8, 2, 10)
    first = model(torch.tensor([[0, 1, 2, 3, 0]])).detach()
    second = model(torch.tensor([[0, 1, 2, 3, 1]])).detach()
    checks.assert_close("the logits of the first four tokens", second[:, :4], first[:, :4])
    if torch.allclose(first[:, 4], second[:, 4], atol=1e-4):
        raise checks.CheckError("The last token does not change its own logits.")
