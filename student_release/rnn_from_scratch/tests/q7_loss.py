from otter.test_files import test_case

OK_FORMAT = False

name = "q7_loss"
points = 10


@test_case(name="All logits are zero: every prediction costs ln V", points=None, hidden=False)
def test_uniform(cross_entropy):
    """All logits are zero: every prediction costs ln V"""
    import numpy as np
    from seqlab import checks

    targets = np.array([[0, 1, 2], [2, 0, 0]])
    mask = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    loss, dlogits = cross_entropy(np.zeros((2, 3, 4)), targets, mask)
    # 4 predictions count, in 2 sequences.
    checks.assert_close("the loss", loss, 4 * np.log(4) / 2)
    checks.assert_shape("dlogits", dlogits, (2, 3, 4))
    first = np.asarray(dlogits)[0, 0]
    checks.assert_close("dlogits[0, 0]", first, np.array([-0.75, 0.25, 0.25, 0.25]) / 2)


@test_case(
    name="Targets with a probability near 0; the arguments do not change",
    points=None,
    hidden=False,
)
def test_improbable_targets(cross_entropy):
    """Targets with a probability near 0; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    logits = np.array([[[900.0, -100.0], [-1000.0, 0.0]]])
    targets, mask = np.array([[1, 0]]), np.ones((1, 2))
    with checks.unchanged(targets=targets, mask=mask, logits=logits):
        result = cross_entropy(logits, targets, mask)
    loss, dlogits = checks.unpack("cross_entropy", result, ("loss", "dlogits"))
    checks.assert_close("the loss of two targets with logits 1000 too small", loss, 2000.0)
    checks.assert_close("dlogits", dlogits, [[[1.0, -1.0], [-1.0, 1.0]]], axes="BTV")


@test_case(
    name="The gradient equals central differences of your own loss",
    points=None,
    hidden=False,
)
def test_gradient_by_differences(cross_entropy):
    """The gradient equals central differences of your own loss"""
    import numpy as np
    from seqlab import gradients

    rng = np.random.default_rng(7)
    logits = rng.normal(size=(2, 3, 4))
    targets = rng.integers(0, 4, size=(2, 3))
    mask = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    _, dlogits = cross_entropy(logits, targets, mask)
    numerical = gradients.numerical_gradient(lambda z: cross_entropy(z, targets, mask)[0], logits)
    gradients.assert_gradients({"logits": dlogits}, {"logits": numerical}, axes={"logits": "BTV"})
