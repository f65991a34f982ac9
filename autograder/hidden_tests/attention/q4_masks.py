from otter.test_files import test_case

OK_FORMAT = False

name = "q4_masks"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 6670613916167327007


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


@test_case(
    name="Causal masks of several sizes",
    points=2,
    hidden=True,
    failure_message="Row t belongs to the query t. May it look at itself, and at which side of itself?",
)
def test_causal(causal_mask, In):
    """Causal masks of several sizes"""
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "causal_mask")
    for T in (1, 2, 5, 9):
        mask = causal_mask(T)
        checks.assert_dtype("the causal mask", mask, bool)
        checks.assert_equal(f"the causal mask with T = {T}", mask, attention.may_look_back(T))


@test_case(
    name="Padding masks of ragged batches",
    points=2,
    hidden=True,
    failure_message="A sequence of length n has n tokens, at the places 0 to n - 1. What are the masks of a sequence that fills its row, and of one that is empty?",
)
def test_padding(padding_mask, In):
    """Padding masks of ragged batches"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "padding_mask")
    rng = np.random.default_rng([SEMESTER, 401])
    for B, S in [(5, 7), (1, 4), (6, 1), (4, 4)]:
        lengths = rng.integers(0, S + 1, size=B)
        lengths[0], lengths[-1] = S, lengths[-1] if B == 1 else 0
        expected = np.array([[s < n for s in range(S)] for n in lengths.tolist()])
        with checks.unchanged(lengths=lengths):
            mask = padding_mask(lengths, S)
        checks.assert_dtype("the padding mask", mask, bool)
        checks.assert_equal(f"the padding mask with B = {B}, S = {S}", mask, expected, axes="BS")


@test_case(
    name="Both masks together, in an array of shape (B, T, T)",
    points=2,
    hidden=True,
    failure_message="Both masks are True where a query may look, so that they can be combined with &. Which axes must be inserted first?",
)
def test_both(causal_mask, padding_mask, In):
    """Both masks together, in an array of shape (B, T, T)"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "causal_mask")
    checks.assert_numpy_only(In, "padding_mask")
    rng = np.random.default_rng([SEMESTER, 402])
    B, T = 4, 6
    lengths = rng.integers(1, T + 1, size=B)
    expected = np.zeros((B, T, T), dtype=bool)
    for b, t in np.ndindex(B, T):
        expected[b, t, : min(t + 1, int(lengths[b]))] = True
    causal, padding = causal_mask(T), padding_mask(lengths, T)
    checks.assert_shape("the causal mask", causal, (T, T))
    checks.assert_shape("the padding mask", padding, (B, T))
    both = np.asarray(causal)[None] & np.asarray(padding)[:, None, :]
    checks.assert_equal("both masks together", both, expected)
