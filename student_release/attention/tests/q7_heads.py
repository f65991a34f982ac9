from otter.test_files import test_case

OK_FORMAT = False

name = "q7_heads"
points = 8


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
