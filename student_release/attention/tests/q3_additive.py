from otter.test_files import test_case

OK_FORMAT = False

name = "q3_additive"
points = 8


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(additive_scores, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "additive_scores")
    ln3 = np.log(3.0)
    params = {
        "W_q": np.array([[ln3]]),
        "W_k": np.array([[ln3 / 2]]),
        "b": np.array([ln3 / 2]),
        "w": np.array([10.0]),
    }
    q, k = np.array([[[1.0]]]), np.array([[[-2.0], [-1.0], [-3.0]]])
    checks.assert_close("the scores", additive_scores(params, q, k), [[[5.0, 8.0, 0.0]]])


@test_case(name="Shapes, with B, T, S, H, d_q and d_k all different", points=None, hidden=False)
def test_shapes(additive_scores):
    """Shapes, with B, T, S, H, d_q and d_k all different"""
    import numpy as np
    from seqlab import checks

    B, T, S, H, d_q, d_k = 2, 3, 4, 7, 5, 6
    rng = np.random.default_rng(3)
    shapes = {"W_q": (d_q, H), "W_k": (d_k, H), "b": (H,), "w": (H,)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    q = rng.normal(size=(B, T, d_q))
    k = rng.normal(size=(B, S, d_k))
    checks.assert_shape("the scores", additive_scores(params, q, k), (B, T, S))
