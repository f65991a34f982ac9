from otter.test_files import test_case

OK_FORMAT = False

name = "q4_softmax"
points = 5


@test_case(
    name="The example from the text, and probabilities that sum to 1",
    points=None,
    hidden=False,
)
def test_small(softmax):
    """The example from the text, and probabilities that sum to 1"""
    import numpy as np
    from seqlab import checks

    checks.assert_close("softmax of (0, ln 3)", softmax(np.log([1.0, 3.0])), [0.25, 0.75])
    probabilities = softmax(np.arange(24.0).reshape(2, 3, 4))
    checks.assert_shape("softmax of an array of shape (2, 3, 4)", probabilities, (2, 3, 4))
    sums = np.asarray(probabilities).sum(axis=-1)
    checks.assert_close(
        "the sum of the probabilities over the tokens", sums, np.ones((2, 3)), axes="BT"
    )


@test_case(
    name="Logits of ten thousand beside others; the argument does not change",
    points=None,
    hidden=False,
)
def test_large_logits(softmax):
    """Logits of ten thousand beside others; the argument does not change"""
    import numpy as np
    from seqlab import checks

    logits = np.array([[1e4, 0.0], [-1e4, np.log(3.0) - 1e4]])
    with checks.unchanged(logits=logits):
        probabilities = softmax(logits)
    checks.assert_close("softmax of the logits", probabilities, [[1.0, 0.0], [0.25, 0.75]], 1e-4)
