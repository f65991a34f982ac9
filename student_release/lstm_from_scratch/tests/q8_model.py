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


@test_case(
    name="With all other parameters 0, the logits are the bias of the linear layer",
    points=None,
    hidden=False,
)
def test_logits_of_the_bias(LSTMLanguageModel):
    """With all other parameters 0, the logits are the bias of the linear layer"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 3, 2, 4, 6
    model = LSTMLanguageModel(V, H)
    state = cases.torch_state(model, np.random.default_rng(8), 0.0)
    for name, tensor in state.items():
        if tuple(tensor.shape) == (V,):
            state[name] = tensor.new_tensor([3.0, -4.0, 0.5, 7.0])
    model.load_state_dict(state)
    found = checks.unpack("the model", model(torch.ones(B, T, V)), ("logits", "state"))
    expected = np.tile([3.0, -4.0, 0.5, 7.0], (B, T, 1))
    checks.assert_close("the logits (not probabilities)", found[0], expected, axes="BTV")


@test_case(
    name="What one sequence reads changes nothing for another one",
    points=None,
    hidden=False,
)
def test_sequences_are_independent(LSTMLanguageModel):
    """What one sequence reads changes nothing for another one"""
    import torch
    from seqlab import checks

    model = LSTMLanguageModel(3, 4)
    x = torch.eye(3)[torch.tensor([[0, 1, 2], [2, 2, 0]])]
    before = checks.unpack("the model", model(x), ("logits", "state"))[0].detach()
    x[0] = 5.0
    after = model(x)[0].detach()
    checks.assert_close("the logits of the second sequence", after[1], before[1], axes="TV")
