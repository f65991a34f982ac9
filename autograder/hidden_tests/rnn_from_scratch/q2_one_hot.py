from otter.test_files import test_case

OK_FORMAT = False

name = "q2_one_hot"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 7759873128553415928


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


@test_case(
    name="Indices with one, two and three axes",
    points=2,
    hidden=True,
    failure_message="Each vector has a single 1, at the index of its token, on a new last axis. Are all rows separate arrays?",
)
def test_random_indices(one_hot):
    """Indices with one, two and three axes"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 201])
    for shape, V in [((7,), 5), ((3, 6), 4), ((2, 3, 4), 9)]:
        indices = rng.integers(0, V, size=shape)
        expected = (indices[..., None] == np.arange(V)).astype(np.float64)
        with checks.unchanged(indices=indices):
            vectors = one_hot(indices, V)
        checks.assert_dtype("the result of one_hot", vectors, np.float64)
        checks.assert_close("the result of one_hot", vectors, expected)


@test_case(
    name="A single integer, a vocabulary of one token, and no index at all",
    points=2,
    hidden=True,
    failure_message="The shape of the result is always the shape of the indices followed by V. What is the shape of a single integer, and of an array without entries?",
)
def test_scalar_and_empty(one_hot):
    """A single integer, a vocabulary of one token, and no index at all"""
    import numpy as np
    from seqlab import checks

    checks.assert_close("one_hot of a single integer", one_hot(3, 5), [0.0, 0, 0, 1, 0])
    checks.assert_close("one_hot of a NumPy integer", one_hot(np.int64(1), 3), [0.0, 1, 0])
    checks.assert_close("one_hot with V = 1", one_hot(np.array([0, 0]), 1), [[1.0], [1.0]])
    for shape in [(0,), (2, 0)]:
        vectors = one_hot(np.zeros(shape, dtype=np.int64), 4)
        checks.assert_shape("one_hot of an empty array", vectors, (*shape, 4))
        checks.assert_dtype("one_hot of an empty array", vectors, np.float64)


@test_case(
    name="Indices outside the vocabulary",
    points=2,
    hidden=True,
    failure_message="Raise a ValueError for every index outside 0..V-1, on either side and at any position. In NumPy the index -1 means the last entry, so nothing fails by itself.",
)
def test_range(one_hot):
    """Indices outside the vocabulary"""
    import numpy as np
    from seqlab import checks

    checks.assert_close("one_hot at the edges", one_hot(np.array([0, 4]), 5), np.eye(5)[[0, 4]])
    for indices in [-1, 5, np.array([[0, 1], [2, -1]]), np.array([[5, 1], [2, 3]])]:
        checks.assert_raises(
            ValueError, one_hot, indices, 5, because="with V = 5 the indices are 0..4"
        )
