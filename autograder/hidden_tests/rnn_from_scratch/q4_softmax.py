from otter.test_files import test_case

OK_FORMAT = False

name = "q4_softmax"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 7858782951344748685


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


@test_case(
    name="Random logits with one to four axes",
    points=3,
    hidden=True,
    failure_message="The probabilities of one time step sum to 1 over the vocabulary, which is the last axis, however many axes come before it.",
)
def test_against_torch(softmax):
    """Random logits with one to four axes"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 401])
    for shape in [(5,), (3, 4), (2, 3, 5), (2, 1, 3, 6), (4, 2, 1)]:
        logits = rng.normal(0, 3, size=shape)
        expected = torch.softmax(torch.tensor(logits), dim=-1).numpy()
        with checks.unchanged(logits=logits):
            probabilities = softmax(logits)
        checks.assert_close(f"softmax of an array of shape {shape}", probabilities, expected)


@test_case(
    name="Logits of plus and minus ten thousand",
    points=2,
    hidden=True,
    failure_message="Adding the same number to all logits of a time step does not change the probabilities. Which number rules out an overflow, for each time step separately?",
)
def test_extreme_logits(softmax):
    """Logits of plus and minus ten thousand"""
    import numpy as np
    from seqlab import checks

    logits = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -9999.0], [3.0, 3.0, 3.0]])
    small, large = 1 / (2 + np.e), np.e / (2 + np.e)
    expected = np.array([[1.0, 0.0, 0.0], [small, small, large], [1 / 3, 1 / 3, 1 / 3]])
    checks.assert_close("softmax of extreme logits", softmax(logits), expected, axes="TV")
