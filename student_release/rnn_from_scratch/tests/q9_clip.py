from otter.test_files import test_case

OK_FORMAT = False

name = "q9_clip"
points = 5


@test_case(name="The example from the text", points=None, hidden=False)
def test_three_and_four(clip_gradients):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    grads = {"W": np.array([[3.0]]), "b": np.array([4.0])}
    clipped, norm = clip_gradients(grads, 1.0)
    checks.assert_close("norm", norm, 5.0)
    checks.assert_params("clipped", clipped, {"W": np.array([[0.6]]), "b": np.array([0.8])})


@test_case(
    name="A norm below max_norm, and a gradient of zeros; the arguments do not change",
    points=None,
    hidden=False,
)
def test_short_gradients(clip_gradients):
    """A norm below max_norm, and a gradient of zeros; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    for entries, expected in [((0.6, 0.8), 1.0), ((0.0, 0.0), 0.0)]:
        grads = {"W": np.array([[entries[0]]]), "b": np.array([entries[1]])}
        with checks.unchanged(grads=grads):
            clipped, norm = clip_gradients(grads, 2.0)
        checks.assert_close("norm", norm, expected)
        checks.assert_params("clipped", clipped, grads)
    grads = {"W": np.array([[30.0]]), "b": np.array([40.0])}
    with checks.unchanged(grads=grads):
        clip_gradients(grads, 2.0)
