from otter.test_files import test_case

OK_FORMAT = False

name = "q2_backward"
points = 16


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(attend_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "attend_backward")
    q = np.array([[[2 * np.log(3.0), 0.0, 0.0, 0.0]]])
    k = np.zeros((1, 3, 4))
    k[0, :, 0] = [1.0, 0.0, 5.0]
    v = np.array([[[8.0, 0.0], [0.0, 4.0], [100.0, 100.0]]])
    weights = np.array([[[0.75, 0.25, 0.0]]])
    result = attend_backward(q, k, v, weights, np.ones((1, 1, 2)))
    dq, dk, dv = checks.unpack("attend_backward", result, ("dq", "dk", "dv"))
    checks.assert_close("dv", dv, [[[0.75, 0.75], [0.25, 0.25], [0.0, 0.0]]])
    checks.assert_close("dq", dq, [[[0.375, 0.0, 0.0, 0.0]]])
    # The text has three decimals.
    expected = np.zeros((1, 3, 4))
    expected[0, :, 0] = [0.824, -0.824, 0.0]
    checks.assert_close("dk", dk, expected, atol=6e-4)


@test_case(name="Central differences of your own attend", points=None, hidden=False)
def test_by_differences(attend, attend_backward):
    """Central differences of your own attend"""
    import numpy as np
    from seqlab import checks, gradients

    B, T, S, d, e = 2, 3, 4, 5, 2
    rng = np.random.default_rng(2)
    arrays = {
        "q": rng.normal(size=(B, T, d)),
        "k": rng.normal(size=(B, S, d)),
        "v": rng.normal(size=(B, S, e)),
    }
    mask = np.array([[[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]] * B, dtype=bool)
    factors = rng.normal(size=(B, T, e))

    # With this loss, the gradient of the output is `factors`.
    def loss(some):
        return float(np.sum(factors * attend(some["q"], some["k"], some["v"], mask)[0]))

    numerical = gradients.numerical_gradients(loss, arrays)
    weights = np.asarray(attend(*arrays.values(), mask)[1])
    result = attend_backward(*arrays.values(), weights, factors)
    found = checks.unpack("attend_backward", result, ("dq", "dk", "dv"))
    gradients.assert_gradients(dict(zip("qkv", found)), numerical)
