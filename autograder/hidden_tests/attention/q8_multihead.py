from otter.test_files import test_case

OK_FORMAT = False

name = "q8_multihead"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 4929123820063824486


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


@test_case(
    name="The numbers of torch.nn.MultiheadAttention, with a causal mask",
    points=4,
    hidden=True,
    failure_message="Check each step by its shape and by its meaning: scores of one head, scale of one head, softmax over the places, values, merge, and the last layer. Mind which mask of the two classes is True where one may look.",
)
def test_against_pytorch(MultiHeadAttention):
    """The numbers of torch.nn.MultiheadAttention, with a causal mask"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import attention, models

    rng = np.random.default_rng([SEMESTER, 801])
    for B, T, D, heads in [(2, 5, 6, 3), (3, 4, 8, 2)]:
        layer = MultiHeadAttention(D, heads)
        layer.double()
        parts = models.own_parts(models.load_random(layer, rng), D)
        mask = torch.tensor(attention.may_look_back(T))
        x = torch.tensor(rng.normal(size=(B, T, D)))
        expected = models.pytorchs(parts, x, mask, heads)
        found = layer(x, mask)
        checks.assert_close("the output", found, expected, rtol=1e-12, atol=1e-12, axes="BTD")


@test_case(
    name="A mask of its own for each sequence",
    points=2,
    hidden=True,
    failure_message="A mask of shape (B, T, T) has its own rows for each sequence, and the axis of the heads is missing. Where does it belong?",
)
def test_mask_of_each_sequence(MultiHeadAttention):
    """A mask of its own for each sequence"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import attention, models

    rng = np.random.default_rng([SEMESTER, 802])
    # As many sequences as heads, so that the two are easily confused.
    for B, T, D, heads in [(3, 4, 6, 3), (2, 5, 4, 1)]:
        layer = MultiHeadAttention(D, heads)
        layer.double()
        parts = models.own_parts(models.load_random(layer, rng), D)
        mask = torch.tensor(attention.case(rng, B, T, T, 1, 1, 0.4)[3])
        x = torch.tensor(rng.normal(size=(B, T, D)))
        expected = models.pytorchs(parts, x, mask, heads)
        with checks.unchanged(x=x, mask=mask):
            found = layer(x, mask)
        checks.assert_close("the output", found, expected, rtol=1e-12, atol=1e-12, axes="BTD")


@test_case(
    name="One head, D heads, and one token",
    points=2,
    hidden=True,
    failure_message="One head with all columns, and heads of a single column, are not special cases; neither is a single token.",
)
def test_numbers_of_heads(MultiHeadAttention):
    """One head, D heads, and one token"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import attention, models

    rng = np.random.default_rng([SEMESTER, 803])
    for B, T, D, heads in [(2, 3, 5, 1), (2, 4, 3, 3), (1, 1, 4, 2)]:
        layer = MultiHeadAttention(D, heads)
        layer.double()
        state = models.load_random(layer, rng)
        models.own_parts(state, D)
        mask = torch.tensor(attention.may_look_back(T))
        x = torch.tensor(rng.normal(size=(B, T, D)))
        expected = models.multi_head(state, x, mask, heads)
        label = f"with T = {T}, D = {D} and {heads} heads:"
        found = layer(x, mask)
        checks.assert_close(f"{label} the output", found, expected, rtol=1e-10, atol=1e-10)


@test_case(
    name="A change of one token reaches those that may look at it, and nobody else",
    points=2,
    hidden=True,
    failure_message="A token may change what it is allowed to change: its own sequence, and there only the outputs of those that may look at it.",
)
def test_who_sees_whom(MultiHeadAttention):
    """A change of one token reaches those that may look at it, and nobody else"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import attention, models

    rng = np.random.default_rng([SEMESTER, 804])
    B, T, D, heads = 3, 6, 4, 2
    layer = MultiHeadAttention(D, heads)
    layer.double()
    models.own_parts(models.load_random(layer, rng), D)
    mask = attention.case(rng, B, T, T, 1, 1, 0.5)[3]
    # Everybody sees itself; one token is seen by itself alone.
    mask |= np.eye(T, dtype=bool)
    sequence, token = 1, int(rng.integers(T))
    x = rng.normal(size=(B, T, D))
    other = x.copy()
    other[sequence, token] = rng.normal(size=D)
    outputs = []
    for array in (x, other):
        found = layer(torch.tensor(array), torch.tensor(mask))
        checks.assert_shape("the output", found, (B, T, D))
        checks.assert_finite("the output", found)
        outputs.append(np.asarray(found.detach()))
    moved = np.abs(outputs[1] - outputs[0]).max(axis=-1) > 1e-9
    wanted = np.zeros((B, T), dtype=bool)
    wanted[sequence] = mask[sequence, :, token]
    if np.any(moved & ~wanted):
        raise checks.CheckError("A token changes an output that may not look at it.")
    if np.any(wanted & ~moved):
        raise checks.CheckError("A token does not change an output that may look at it.")
