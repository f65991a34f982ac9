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
