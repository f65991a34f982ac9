from otter.test_files import test_case

OK_FORMAT = False

name = "q2_init"
points = 6


@test_case(name="Keys and shapes", points=None, hidden=False)
def test_shapes(init_lstm, In):
    """Keys and shapes"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "init_lstm")
    params = init_lstm(4, 7, np.random.default_rng(0))
    shapes = cases.lstm_shapes(4, 7)
    checks.assert_keys("params", params, shapes)
    for name, shape in shapes.items():
        checks.assert_shape(f'params["{name}"]', params[name], shape)
        checks.assert_finite(f'params["{name}"]', params[name])


@test_case(
    name="An orthogonal block for each gate, from the generator alone; the biases",
    points=None,
    hidden=False,
)
def test_random_orthogonal(init_lstm):
    """An orthogonal block for each gate, from the generator alone; the biases"""
    import numpy as np
    from seqlab import checks

    V, H = 8, 6
    first, again, other = (init_lstm(V, H, np.random.default_rng(seed)) for seed in (2, 2, 22))
    for name in ("W_x", "W_h"):
        label = f'params["{name}"]'
        blocks = np.split(np.asarray(first[name]), 4, axis=1)
        for gate, block in zip("ifgo", blocks):
            product, what = block.T @ block, f"block {gate} of {label}, transposed, times itself"
            checks.assert_close(what, product, np.eye(H))
        if np.allclose(blocks[0], blocks[1]):
            raise checks.CheckError(f"Gates i and f share one block of {label}: draw one for each.")
        checks.assert_close(f"{label} with the same seed", again[name], first[name])
        if np.allclose(other[name], first[name]):
            raise checks.CheckError(f"{label} does not depend on the generator rng.")
    W_y = np.asarray(first["W_y"])
    checks.assert_close('params["W_y"], times itself transposed', W_y @ W_y.T, np.eye(H))
    checks.assert_close('params["b_y"]', first["b_y"], np.zeros(V))
    bias = np.asarray(first["b"]).reshape(4, H)
    expected = np.zeros((4, H))
    expected[1] = 1.0
    checks.assert_close('the rows i, f, g, o of params["b"]', bias, expected)
