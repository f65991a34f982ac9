from otter.test_files import test_case

OK_FORMAT = False

name = "q1_attend"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 1882501761844852419


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


@test_case(
    name="The weights of each query",
    points=3,
    hidden=True,
    failure_message="Each query has its own softmax, over the places that it may look at. Which axis are these, by which number do you divide the scores, and is a forbidden place left out before the softmax or after it?",
)
def test_weights(attend, In):
    """The weights of each query"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "attend")
    rng = np.random.default_rng([SEMESTER, 101])
    for B, T, S, d in [(3, 4, 6, 5), (2, 5, 5, 2)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, 3)
        expected = attention.weights(q, k, mask)
        _, weights = checks.unpack("attend", attend(q, k, v, mask), ("out", "weights"))
        checks.assert_close("weights", weights, expected)


@test_case(
    name="The output, against PyTorch's own attention",
    points=3,
    hidden=True,
    failure_message="The output of a query is a mean of values, weighted by the weights of this query. Values may have another number of entries than keys.",
)
def test_output(attend, In):
    """The output, against PyTorch's own attention"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "attend")
    rng = np.random.default_rng([SEMESTER, 102])
    for B, T, S, d, e in [(2, 3, 5, 4, 6), (3, 4, 4, 7, 7)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        tensors = (torch.tensor(array) for array in (q, k, v))
        expected = torch.nn.functional.scaled_dot_product_attention(
            *tensors, attn_mask=torch.tensor(mask)
        ).numpy()
        out, _ = checks.unpack("attend", attend(q, k, v, mask), ("out", "weights"))
        checks.assert_close("out", out, expected)


@test_case(
    name="Queries that may look nowhere, and huge scores, without a warning",
    points=2,
    hidden=True,
    failure_message="A row of the mask may be all False, and scores may be in the thousands. Which number do you subtract before the exponential, and what do you divide by when nothing is left?",
)
def test_extremes(attend, np, In):
    """Queries that may look nowhere, and huge scores, without a warning"""
    import numpy
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "attend")
    rng = numpy.random.default_rng([SEMESTER, 103])
    q, k, v, mask = attention.case(rng, 3, 4, 5, 2, 6)
    mask[0, 1] = mask[2] = False
    expected = attention.weights(q, k, mask)
    huge = 1e4 * q, k
    expected_huge = attention.weights(*huge, mask)
    # With these settings NumPy raises where it would warn. `np` is the notebook's own.
    before = np.seterr(over="raise", invalid="raise", divide="raise")
    try:
        for name, arguments, wanted in (
            ("some rows without a True", (q, k), expected),
            ("huge scores", huge, expected_huge),
        ):
            returned = attend(*arguments, v, mask)
            out, weights = checks.unpack("attend", returned, ("out", "weights"))
            checks.assert_close(f"with {name}: weights", weights, wanted)
            checks.assert_close(
                f"with {name}: out", out, numpy.einsum("bts,bse->bte", wanted, v), atol=1e-5
            )
    except FloatingPointError:
        raise checks.CheckError(
            "NumPy warns here: something overflows, or 0 is divided by 0."
        ) from None
    finally:
        np.seterr(**before)


@test_case(
    name="Sizes of 1, and arguments that do not change",
    points=2,
    hidden=True,
    failure_message="One sequence, one query and one place are not special cases. And the caller still needs all four arrays.",
)
def test_smallest_sizes(attend, In):
    """Sizes of 1, and arguments that do not change"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "attend")
    rng = np.random.default_rng([SEMESTER, 104])
    for B, T, S, d, e in [(1, 1, 1, 1, 1), (1, 4, 3, 2, 5), (2, 1, 6, 3, 1), (3, 2, 1, 4, 2)]:
        q, k, v, mask = attention.case(rng, B, T, S, d, e)
        expected = attention.weights(q, k, mask)
        expected_out = np.einsum("bts,bse->bte", expected, v)
        with checks.unchanged(q=q, k=k, v=v, mask=mask):
            returned = attend(q, k, v, mask)
        out, weights = checks.unpack("attend", returned, ("out", "weights"))
        label = f"with B = {B}, T = {T}, S = {S}, d = {d}, e = {e}:"
        checks.assert_close(f"{label} weights", weights, expected)
        checks.assert_close(f"{label} out", out, expected_out)
