from otter.test_files import test_case

OK_FORMAT = False

name = "q8_multihead"
points = 10


@test_case(name="The shape of the output, and the number of parameters", points=None, hidden=False)
def test_shapes(MultiHeadAttention):
    """The shape of the output, and the number of parameters"""
    import torch
    from seqlab import checks

    layer = MultiHeadAttention(6, 3)
    count = sum(parameter.numel() for parameter in layer.parameters())
    checks.assert_equal("the number of parameters", int(count), 4 * (36 + 6))
    x = torch.zeros(2, 5, 6)
    mask = torch.ones(5, 5, dtype=torch.bool)
    checks.assert_shape("the output", layer(x, mask), (2, 5, 6))
    checks.assert_shape("the output", layer(x, torch.stack([mask, mask])), (2, 5, 6))


@test_case(
    name="The example from the text: two heads, and layers that do nothing",
    points=None,
    hidden=False,
)
def test_by_hand(MultiHeadAttention):
    """The example from the text: two heads, and layers that do nothing"""
    import torch
    from seqlab import checks

    layer = MultiHeadAttention(2, 2)
    state = dict(layer.state_dict())
    for name, old in state.items():
        # A unit matrix, or three of them, one on top of the other; and biases of 0.
        rows = old.shape[0] // 2
        state[name] = torch.eye(2).repeat(rows, 1) if old.ndim == 2 else torch.zeros(old.shape)
    layer.load_state_dict(state)
    x = torch.tensor([[[0.0, 1.0], [1.048, 0.0]]])
    mask = torch.tensor([[True, False], [True, True]])
    # The text has three decimals.
    checks.assert_close("the output", layer(x, mask), [[[0.0, 1.0], [0.786, 0.5]]], atol=1e-3)
