from otter.test_files import test_case

OK_FORMAT = False

name = "q7_heads"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 8765075189358289343


@test_case(name="The example from the text, there and back", points=None, hidden=False)
def test_by_hand(split_heads, merge_heads):
    """The example from the text, there and back"""
    import torch
    from seqlab import checks

    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
    heads = torch.tensor([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]])
    checks.assert_close("the heads", split_heads(x, 2), heads)
    checks.assert_close("the merged heads", merge_heads(heads), x)


@test_case(name="Six columns for four heads", points=None, hidden=False)
def test_not_divisible(split_heads):
    """Six columns for four heads"""
    import torch
    from seqlab import checks

    x = torch.zeros(2, 3, 6)
    checks.assert_raises(ValueError, split_heads, x, 4, because="6 columns make no 4 heads")


@test_case(
    name="Where each entry goes",
    points=3,
    hidden=True,
    failure_message="Follow one number: entry [b, t, j] of x. Which head does it belong to, and where does it stand there?",
)
def test_split(split_heads):
    """Where each entry goes"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 701])
    for B, T, heads, d in [(2, 5, 3, 4), (3, 4, 4, 4), (1, 2, 5, 1)]:
        x = rng.normal(size=(B, T, heads * d))
        expected = np.empty((B, heads, T, d))
        for b, i, t, j in np.ndindex(expected.shape):
            expected[b, i, t, j] = x[b, t, i * d + j]
        tensor = torch.tensor(x)
        with checks.unchanged(x=tensor):
            found = split_heads(tensor, heads)
        checks.assert_close(f"the heads, with T = {T}, heads = {heads}", found, expected)


@test_case(
    name="Where each entry returns to",
    points=3,
    hidden=True,
    failure_message="The way back is the way there, in reverse: first the axes change places, then two of them become one.",
)
def test_merge(merge_heads):
    """Where each entry returns to"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 702])
    for B, T, heads, d in [(3, 4, 2, 5), (2, 3, 3, 3), (2, 6, 1, 4)]:
        x = rng.normal(size=(B, heads, T, d))
        expected = np.empty((B, T, heads * d))
        for b, i, t, j in np.ndindex(x.shape):
            expected[b, t, i * d + j] = x[b, i, t, j]
        tensor = torch.tensor(x)
        with checks.unchanged(x=tensor):
            found = merge_heads(tensor)
        checks.assert_close(f"the merged heads, with T = {T}, heads = {heads}", found, expected)


@test_case(
    name="One head, one column for each head, and numbers that do not fit",
    points=2,
    hidden=True,
    failure_message="The number of columns must be a multiple of the number of heads; everything else is refused. And what was split and merged is what it was.",
)
def test_limits(split_heads, merge_heads):
    """One head, one column for each head, and numbers that do not fit"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 703])
    for T, D, heads in [(3, 7, 2), (4, 9, 6), (5, 3, 4), (2, 10, 3)]:
        x = torch.tensor(rng.normal(size=(2, T, D)))
        checks.assert_raises(
            ValueError, split_heads, x, heads, because="some columns would be left over"
        )
    for D, heads in [(6, 1), (6, 6), (6, 2)]:
        x = rng.normal(size=(2, 3, D))
        parts = np.stack(np.split(x, heads, axis=2), axis=1)
        found = split_heads(torch.tensor(x), heads)
        checks.assert_close(f"D = {D} in {heads} heads", found, parts)
        checks.assert_close(f"D = {D}, {heads} heads merged", merge_heads(torch.tensor(parts)), x)
