from otter.test_files import test_case

OK_FORMAT = False

name = "q5_init"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 3828055269810703994


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


@test_case(
    name="Random orthogonal weights, with fewer tokens than hidden units",
    points=3,
    hidden=True,
    failure_message="Look at the singular values of each weight matrix, np.linalg.svd(W, compute_uv=False). What are they for an orthogonal matrix? Do your weights come from rng?",
)
def test_orthogonal(init_rnn):
    """Random orthogonal weights, with fewer tokens than hidden units"""
    import numpy as np
    from seqlab import checks

    V, H = 4, 9
    params = init_rnn(V, H, np.random.default_rng([SEMESTER, 501]))
    again = init_rnn(V, H, np.random.default_rng([SEMESTER, 501]))
    other = init_rnn(V, H, np.random.default_rng([SEMESTER, 502]))
    for name, shape in {"W_xh": (V, H), "W_hh": (H, H), "W_hy": (H, V)}.items():
        label = f'params["{name}"]'
        checks.assert_shape(label, params[name], shape)
        checks.assert_finite(label, params[name])
        values = np.linalg.svd(np.asarray(params[name]), compute_uv=False)
        checks.assert_close(
            f"the singular values of {label}", values, np.ones(min(shape)), atol=1e-8
        )
        checks.assert_close(
            f"{label} of a second call with the same seed", again[name], params[name]
        )
        if np.allclose(other[name], params[name], atol=1e-3):
            raise checks.CheckError(f"{label} is the same for two different seeds.")
    checks.assert_close('params["b_h"]', params["b_h"], np.zeros(H))
    checks.assert_close('params["b_y"]', params["b_y"], np.zeros(V))


@test_case(
    name="More tokens than hidden units, and a single unit",
    points=2,
    hidden=True,
    failure_message="V may be larger than H, and both may be 1. Which can be orthonormal then, the rows or the columns?",
)
def test_other_sizes(init_rnn):
    """More tokens than hidden units, and a single unit"""
    import numpy as np
    from seqlab import cases, checks

    for V, H in [(8, 3), (6, 1), (5, 5)]:
        params = init_rnn(V, H, np.random.default_rng([SEMESTER, 503]))
        other = init_rnn(V, H, np.random.default_rng([SEMESTER, 504]))
        shapes = cases.rnn_shapes(V, H)
        checks.assert_keys("params", params, shapes)
        for name, shape in shapes.items():
            label = f'with V = {V} and H = {H}, params["{name}"]'
            checks.assert_shape(label, params[name], shape)
            checks.assert_finite(label, params[name])
            if name.startswith("W"):
                values = np.linalg.svd(np.asarray(params[name]), compute_uv=False)
                checks.assert_close(
                    f"{label}: the singular values", values, np.ones(min(shape)), atol=1e-8
                )
                if max(shape) > 1 and np.allclose(other[name], params[name], atol=1e-3):
                    raise checks.CheckError(f"{label} is the same for two different seeds.")
            else:
                checks.assert_close(label, params[name], np.zeros(shape))
