from otter.test_files import test_case

OK_FORMAT = False

name = "q2_one_hot"
points = 6


@test_case(name="Two sequences of three tokens", points=None, hidden=False)
def test_small(one_hot):
    """Two sequences of three tokens"""
    import numpy as np
    from seqlab import checks

    vectors = one_hot(np.array([[0, 2, 1], [1, 1, 0]]), 4)
    checks.assert_shape("the result of one_hot", vectors, (2, 3, 4))
    checks.assert_dtype("the result of one_hot", vectors, np.float64)
    expected = np.array(
        [[[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]], [[0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]]]
    )
    checks.assert_close("the result of one_hot", vectors, expected, axes="BTV")


@test_case(name="An index that is too large, and one that is too small", points=None, hidden=False)
def test_too_large(one_hot):
    """An index that is too large, and one that is too small"""
    import numpy as np
    from seqlab import checks

    for wrong, because in [
        ([0, 3], "with V = 3 the last index is 2"),
        ([1, -1], "-1 is the index of no token"),
    ]:
        checks.assert_raises(ValueError, one_hot, np.array(wrong), 3, because=because)


@test_case(
    name="A single integer, and an array without entries; the indices do not change",
    points=None,
    hidden=False,
)
def test_any_shape(one_hot):
    """A single integer, and an array without entries; the indices do not change"""
    import numpy as np
    from seqlab import checks

    checks.assert_close("one_hot(2, 6)", one_hot(2, 6), [0.0, 0, 1, 0, 0, 0])
    indices = np.array([[4], [0]])
    with checks.unchanged(indices=indices):
        checks.assert_shape("one_hot of an array (2, 1)", one_hot(indices, 6), (2, 1, 6))
    none = np.array([[], [], []], dtype=int)
    checks.assert_shape("one_hot of an array (3, 0)", one_hot(none, 6), (3, 0, 6))
