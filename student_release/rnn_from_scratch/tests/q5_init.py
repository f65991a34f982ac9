from otter.test_files import test_case

OK_FORMAT = False

name = "q5_init"
points = 5


@test_case(name="Keys, shapes and zero biases", points=None, hidden=False)
def test_shapes(init_rnn):
    """Keys, shapes and zero biases"""
    import numpy as np
    from seqlab import checks

    params = init_rnn(4, 7, np.random.default_rng(0))
    shapes = {"W_xh": (4, 7), "W_hh": (7, 7), "b_h": (7,), "W_hy": (7, 4), "b_y": (4,)}
    checks.assert_keys("params", params, shapes)
    for name, shape in shapes.items():
        checks.assert_shape(f'params["{name}"]', params[name], shape)
    checks.assert_close('params["b_h"]', params["b_h"], np.zeros(7))
    checks.assert_close('params["b_y"]', params["b_y"], np.zeros(4))


@test_case(
    name="Orthogonal weights that depend on the generator alone, for V = 6 and H = 4",
    points=None,
    hidden=False,
)
def test_random_orthogonal(init_rnn):
    """Orthogonal weights that depend on the generator alone, for V = 6 and H = 4"""
    import numpy as np
    from seqlab import checks

    first, again, other = (init_rnn(6, 4, np.random.default_rng(seed)) for seed in (5, 5, 55))
    for name, shape in {"W_xh": (6, 4), "W_hh": (4, 4), "W_hy": (4, 6)}.items():
        checks.assert_shape(f'params["{name}"] for V = 6', first[name], shape)
        W = np.asarray(first[name])
        product = W.T @ W if len(W) == 6 else W @ W.T
        label = f'params["{name}"]'
        checks.assert_close(f"the product of {label} and its transpose", product, np.eye(4))
        checks.assert_close(f"{label} with the same seed", again[name], W)
        if np.allclose(other[name], W):
            raise checks.CheckError(f"{label} does not depend on the generator rng.")
