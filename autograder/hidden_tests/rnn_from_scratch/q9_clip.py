from otter.test_files import test_case

OK_FORMAT = False

name = "q9_clip"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 4334127051086258525


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


@test_case(
    name="Several arrays with a norm above max_norm",
    points=3,
    hidden=True,
    failure_message="There is one norm for all arrays together, and one factor. Is the clipped gradient a multiple of the old one? Is the returned norm the one before clipping?",
)
def test_large_gradients(clip_gradients):
    """Several arrays with a norm above max_norm"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 901])
    shapes = {"W_xh": (4, 5), "W_hh": (5, 5), "b_h": (5,), "W_hy": (5, 4), "b_y": (4,)}
    for max_norm in (0.25, 1.0, 3.0):
        grads = {name: rng.normal(0, 10 ** rng.uniform(0, 1), size=s) for name, s in shapes.items()}
        flat = np.concatenate([grad.ravel() for grad in grads.values()])
        norm_expected = np.linalg.norm(flat)
        expected = {name: grad / norm_expected * max_norm for name, grad in grads.items()}
        with checks.unchanged(grads=grads):
            clipped, norm = clip_gradients(grads, max_norm)
        # PyTorch divides by norm + 1e-6, which is accepted as well.
        checks.assert_params("clipped", clipped, expected)
        checks.assert_close("norm", norm, norm_expected)


@test_case(
    name="Gradients below max_norm, and gradients of zeros",
    points=2,
    hidden=True,
    failure_message="A gradient that is short enough stays as it is: clipping never makes it longer. And a gradient of zeros has norm 0, and you cannot divide by that.",
)
def test_small_gradients(clip_gradients):
    """Gradients below max_norm, and gradients of zeros"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 902])
    grads = {"W": rng.normal(0, 0.01, size=(3, 4)), "b": rng.normal(0, 0.01, size=4)}
    norm_expected = np.sqrt(np.sum(grads["W"] ** 2) + np.sum(grads["b"] ** 2))
    with checks.unchanged(grads=grads):
        clipped, norm = clip_gradients(grads, 1.0)
    checks.assert_params("clipped", clipped, grads)
    checks.assert_close("norm", norm, norm_expected)
    zeros = {"W": np.zeros((3, 4)), "b": np.zeros(4)}
    clipped, norm = clip_gradients(zeros, 1.0)
    checks.assert_params("clipped, for gradients of zeros", clipped, zeros)
    checks.assert_close("norm, for gradients of zeros", norm, 0.0)
