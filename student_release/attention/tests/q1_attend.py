from otter.test_files import test_case

OK_FORMAT = False

name = "q1_attend"
points = 10


@test_case(
    name="The example from the text: the same query with three masks",
    points=None,
    hidden=False,
)
def test_by_hand(attend, In):
    """The example from the text: the same query with three masks"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "attend")
    q = np.zeros((1, 3, 4))
    q[:, :, 0] = 2 * np.log(3.0)
    k = np.zeros((1, 3, 4))
    k[0, :, 0] = [1.0, 0.0, 5.0]
    v = np.array([[[8.0, 0.0], [0.0, 4.0], [100.0, 100.0]]])
    mask = np.array([[[True, True, False], [False, False, True], [False, False, False]]])
    out, weights = checks.unpack("attend", attend(q, k, v, mask), ("out", "weights"))
    expected = [[[0.75, 0.25, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]]
    checks.assert_close("weights", weights, expected)
    checks.assert_close("out", out, [[[6.0, 1.0], [100.0, 100.0], [0.0, 0.0]]])


@test_case(name="Shapes, with B, T, S, d and e all different", points=None, hidden=False)
def test_shapes(attend):
    """Shapes, with B, T, S, d and e all different"""
    import numpy as np
    from seqlab import checks

    B, T, S, d, e = 2, 3, 5, 4, 6
    rng = np.random.default_rng(1)
    q, k, v = (rng.normal(size=shape) for shape in ((B, T, d), (B, S, d), (B, S, e)))
    result = attend(q, k, v, np.ones((B, T, S), dtype=bool))
    out, weights = checks.unpack("attend", result, ("out", "weights"))
    checks.assert_shape("out", out, (B, T, e))
    checks.assert_shape("weights", weights, (B, T, S))
    checks.assert_close("the sum of each row of weights", np.sum(weights, axis=-1), np.ones((B, T)))
