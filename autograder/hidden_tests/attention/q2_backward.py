from otter.test_files import test_case

OK_FORMAT = False

name = "q2_backward"
points = 16

# Hidden inputs are those of one semester.
SEMESTER = 7864944971234268689


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


@test_case(
    name="The gradient of the values",
    points=3,
    hidden=True,
    failure_message="This test checks only dv. A value entered the output of every query, so which axis do you sum over, and which weight does it get from each query?",
)
def test_values(attend_backward, In):
    """The gradient of the values"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import attention

    checks.assert_numpy_only(In, "attend_backward")
    rng = np.random.default_rng([SEMESTER, 201])
    # T = S in the first case: there, a forgotten transpose is no error of shape.
    for B, T, S, d, e in [(2, 5, 5, 3, 4), (3, 4, 6, 5, 2)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        weights = attention.weights(q, k, mask)
        dout = rng.normal(size=(B, T, e))
        expected = attention.gradients(q, k, v, mask, dout)
        returned = attend_backward(q, k, v, weights, dout)
        _, _, dv = checks.unpack("attend_backward", returned, ("dq", "dk", "dv"))
        gradients.assert_gradients({"v": dv}, {"v": expected["v"]})


@test_case(
    name="The gradient of the queries",
    points=4,
    hidden=True,
    failure_message="This test checks only dq. Do the gradients of the scores of one query sum to 0, is the division by the root of d in the backward pass too, and what was the query multiplied by?",
)
def test_queries(attend_backward, In):
    """The gradient of the queries"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import attention

    checks.assert_numpy_only(In, "attend_backward")
    rng = np.random.default_rng([SEMESTER, 202])
    for B, T, S, d, e in [(3, 4, 4, 2, 3), (2, 3, 5, 4, 6)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        weights = attention.weights(q, k, mask)
        dout = rng.normal(size=(B, T, e))
        expected = attention.gradients(q, k, v, mask, dout)
        returned = attend_backward(q, k, v, weights, dout)
        dq, _, _ = checks.unpack("attend_backward", returned, ("dq", "dk", "dv"))
        gradients.assert_gradients({"q": dq}, {"q": expected["q"]})


@test_case(
    name="The gradient of the keys",
    points=4,
    hidden=True,
    failure_message="This test checks only dk. A key was compared with every query: what does its gradient sum over, and what is the factor of each term?",
)
def test_keys(attend_backward, In):
    """The gradient of the keys"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import attention

    checks.assert_numpy_only(In, "attend_backward")
    rng = np.random.default_rng([SEMESTER, 203])
    for B, T, S, d, e in [(3, 5, 5, 3, 2), (2, 6, 3, 4, 5)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        weights = attention.weights(q, k, mask)
        dout = rng.normal(size=(B, T, e))
        expected = attention.gradients(q, k, v, mask, dout)
        returned = attend_backward(q, k, v, weights, dout)
        _, dk, _ = checks.unpack("attend_backward", returned, ("dq", "dk", "dv"))
        gradients.assert_gradients({"k": dk}, {"k": expected["k"]})


@test_case(
    name="All three gradients, where most places are masked, against central differences",
    points=3,
    hidden=True,
    failure_message="Here most queries may look at one or two places only, and some nowhere. What do the weights tell you about a place that is masked, and about a row that is all 0?",
)
def test_ragged_masks(attend_backward, In):
    """All three gradients, where most places are masked, against central differences"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import attention

    checks.assert_numpy_only(In, "attend_backward")
    rng = np.random.default_rng([SEMESTER, 204])
    B, T, S, d, e = 2, 4, 5, 3, 2
    q, k, v, mask = attention.case(rng, B, T, S, d, e, 0.2)
    mask[0, 2] = False
    dout = rng.normal(size=(B, T, e))

    def loss(some):
        seen = attention.weights(some["q"], some["k"], mask)
        return float(np.einsum("bts,bse,bte->", seen, some["v"], dout))

    expected = gradients.numerical_gradients(loss, {"q": q, "k": k, "v": v})
    returned = attend_backward(q, k, v, attention.weights(q, k, mask), dout)
    found = checks.unpack("attend_backward", returned, ("dq", "dk", "dv"))
    gradients.assert_gradients(dict(zip("qkv", found)), expected)


@test_case(
    name="Sizes of 1, and arguments that do not change",
    points=2,
    hidden=True,
    failure_message="One query and one place are not special cases: with a single place, its weight is 1 whatever the score. And the caller still needs all five arrays.",
)
def test_smallest_sizes(attend_backward, In):
    """Sizes of 1, and arguments that do not change"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import attention

    checks.assert_numpy_only(In, "attend_backward")
    rng = np.random.default_rng([SEMESTER, 205])
    for B, T, S, d, e in [(1, 1, 1, 1, 1), (1, 3, 2, 1, 4), (2, 1, 4, 3, 1), (2, 3, 1, 2, 3)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        weights = attention.weights(q, k, mask)
        dout = rng.normal(size=(B, T, e))
        expected = attention.gradients(q, k, v, mask, dout)
        with checks.unchanged(q=q, k=k, v=v, weights=weights, dout=dout):
            returned = attend_backward(q, k, v, weights, dout)
        found = checks.unpack("attend_backward", returned, ("dq", "dk", "dv"))
        gradients.assert_gradients(dict(zip("qkv", found)), expected)
