from otter.test_files import test_case

OK_FORMAT = False

name = "q3_additive"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 5003699195316203144


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(additive_scores, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "additive_scores")
    ln3 = np.log(3.0)
    params = {
        "W_q": np.array([[ln3]]),
        "W_k": np.array([[ln3 / 2]]),
        "b": np.array([ln3 / 2]),
        "w": np.array([10.0]),
    }
    q, k = np.array([[[1.0]]]), np.array([[[-2.0], [-1.0], [-3.0]]])
    checks.assert_close("the scores", additive_scores(params, q, k), [[[5.0, 8.0, 0.0]]])


@test_case(name="Shapes, with B, T, S, H, d_q and d_k all different", points=None, hidden=False)
def test_shapes(additive_scores):
    """Shapes, with B, T, S, H, d_q and d_k all different"""
    import numpy as np
    from seqlab import checks

    B, T, S, H, d_q, d_k = 2, 3, 4, 7, 5, 6
    rng = np.random.default_rng(3)
    shapes = {"W_q": (d_q, H), "W_k": (d_k, H), "b": (H,), "w": (H,)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    q = rng.normal(size=(B, T, d_q))
    k = rng.normal(size=(B, S, d_k))
    checks.assert_shape("the scores", additive_scores(params, q, k), (B, T, S))


@test_case(
    name="The scores, one pair after the other",
    points=4,
    hidden=True,
    failure_message="Follow the formula for one query and one key: what is added before the tanh, and what happens after it? Which axis counts the queries, and which the keys?",
)
def test_scores(additive_scores, In):
    """The scores, one pair after the other"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "additive_scores")
    rng = np.random.default_rng([SEMESTER, 301])
    B, T, S, H, d_q, d_k = 3, 4, 5, 2, 6, 3
    params = attention.additive_params(rng, d_q, d_k, H)
    q, k = rng.normal(size=(B, T, d_q)), rng.normal(size=(B, S, d_k))
    expected = attention.additive(params, q, k)
    checks.assert_close("the scores", additive_scores(params, q, k), expected)


@test_case(
    name="As many queries as keys, units and entries",
    points=2,
    hidden=True,
    failure_message="Here all sizes are equal, so nothing but the formula tells the axes apart. Which axis of the returned belongs to the queries?",
)
def test_equal_sizes(additive_scores, In):
    """As many queries as keys, units and entries"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "additive_scores")
    rng = np.random.default_rng([SEMESTER, 302])
    n = 4
    params = attention.additive_params(rng, n, n, n)
    q, k = rng.normal(size=(n, n, n)), rng.normal(size=(n, n, n))
    expected = attention.additive(params, q, k)
    checks.assert_close("the scores", additive_scores(params, q, k), expected)


@test_case(
    name="Sizes of 1, and arguments that do not change",
    points=2,
    hidden=True,
    failure_message="One query, one key and one unit are not special cases. And the caller still needs queries, keys and parameters.",
)
def test_smallest_sizes(additive_scores, In):
    """Sizes of 1, and arguments that do not change"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "additive_scores")
    rng = np.random.default_rng([SEMESTER, 303])
    for B, T, S, H, d_q, d_k in [(1, 1, 1, 1, 1, 1), (1, 3, 2, 4, 1, 5), (2, 1, 4, 1, 3, 2)]:
        params = attention.additive_params(rng, d_q, d_k, H)
        q, k = rng.normal(size=(B, T, d_q)), rng.normal(size=(B, S, d_k))
        expected = attention.additive(params, q, k)
        with checks.unchanged(params=params, q=q, k=k):
            scores = additive_scores(params, q, k)
        label = f"with B = {B}, T = {T}, S = {S}, H = {H}:"
        checks.assert_close(f"{label} the scores", scores, expected)
