from otter.test_files import test_case

OK_FORMAT = False

name = "q4_bag"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 3099628439152599094


@test_case(name="The example from the text, and a shorter row", points=None, hidden=False)
def test_small(bag_of_words, In):
    """The example from the text, and a shorter row"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bag_of_words")
    bags = bag_of_words(np.array([[3, 4, 3], [5, 0, 0]]), np.array([3, 1]), 6)
    checks.assert_close("the bags", bags, [[0, 0, 0, 2, 1, 0], [0, 0, 0, 0, 0, 1]], axes="BV")


@test_case(
    name="Words that repeat, and words that nobody uses",
    points=3,
    hidden=True,
    failure_message="Each token of a row adds 1 at its index, also when it occurs again. How many columns has the result?",
)
def test_counts(bag_of_words, In):
    """Words that repeat, and words that nobody uses"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bag_of_words")
    rng = np.random.default_rng([SEMESTER, 401])
    for B, T, V in [(5, 9, 4), (2, 3, 11), (1, 20, 3)]:
        tokens = rng.integers(0, max(2, V - 1), size=(B, T))
        expected = (tokens[:, :, None] == np.arange(V)).sum(axis=1)
        lengths = np.full(B, T)
        with checks.unchanged(tokens=tokens, lengths=lengths):
            bags = bag_of_words(tokens, lengths, V)
        checks.assert_close(f"the bags with V = {V}", bags, expected, axes="BV")


@test_case(
    name="Padding is not counted, whatever stands there",
    points=3,
    hidden=True,
    failure_message="Only the first lengths[i] columns of row i belong to the review. What stands in the others does not matter, and a review may have no words at all.",
)
def test_padding(bag_of_words, In):
    """Padding is not counted, whatever stands there"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bag_of_words")
    rng = np.random.default_rng([SEMESTER, 402])
    V, lengths = 5, rng.permutation([0, 7, 3, 1, 5])
    tokens = rng.integers(0, V, size=(5, 7))
    inside = np.arange(7) < lengths[:, None]
    expected = np.stack([((tokens == v) & inside).sum(axis=1) for v in range(V)], axis=1)
    for padding in (0, 1, 4):
        given = np.where(inside, tokens, padding)
        bags = bag_of_words(given, lengths, V)
        checks.assert_close(f"the bags with {padding} as padding", bags, expected, axes="BV")
