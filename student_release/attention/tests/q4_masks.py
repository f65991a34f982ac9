from otter.test_files import test_case

OK_FORMAT = False

name = "q4_masks"
points = 6


@test_case(name="The examples from the text", points=None, hidden=False)
def test_small(causal_mask, padding_mask, In):
    """The examples from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "causal_mask")
    checks.assert_numpy_only(In, "padding_mask")
    causal = causal_mask(3)
    checks.assert_dtype("the causal mask", causal, bool)
    expected = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=bool)
    checks.assert_equal("the causal mask", causal, expected)
    padding = padding_mask(np.array([3, 0, 1]), 4)
    checks.assert_dtype("the padding mask", padding, bool)
    expected = np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
    checks.assert_equal("the padding mask", padding, expected)
