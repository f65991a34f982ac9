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


@test_case(name="An index that is too large", points=None, hidden=False)
def test_too_large(one_hot):
    """An index that is too large"""
    import numpy as np
    from seqlab import checks

    checks.assert_raises(
        ValueError, one_hot, np.array([0, 3]), 3, because="with V = 3 the last index is 2"
    )
