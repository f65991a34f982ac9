from otter.test_files import test_case

OK_FORMAT = False

name = "q2_init"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 5853559531562798810


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


@test_case(
    name="Random orthogonal blocks, one for each gate",
    points=3,
    hidden=True,
    failure_message="Take one block of H columns and look at its singular values, np.linalg.svd(block, compute_uv=False). What are they for an orthogonal matrix? Does each gate have its own matrix?",
)
def test_orthogonal_blocks(init_lstm, In):
    """Random orthogonal blocks, one for each gate"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "init_lstm")
    V, H = 4, 7
    params = init_lstm(V, H, np.random.default_rng([SEMESTER, 201]))
    again = init_lstm(V, H, np.random.default_rng([SEMESTER, 201]))
    other = init_lstm(V, H, np.random.default_rng([SEMESTER, 202]))
    for name, shape in {"W_x": (V, 4 * H), "W_h": (H, 4 * H), "W_y": (H, V)}.items():
        label = f'params["{name}"]'
        checks.assert_shape(label, params[name], shape)
        array = np.asarray(params[name])
        checks.assert_finite(label, array)
        checks.assert_close(f"{label} of a second call with the same seed", again[name], array)
        if np.allclose(other[name], array, atol=1e-3):
            raise checks.CheckError(f"{label} is the same for two different seeds.")
        if name == "W_y":
            blocks = {label: array}
        else:
            blocks = {
                f"block {gate} of {label}": array[:, k * H : (k + 1) * H]
                for k, gate in enumerate("ifgo")
            }
        for block, values in blocks.items():
            singular = np.linalg.svd(values, compute_uv=False)
            checks.assert_close(
                f"the singular values of {block}", singular, np.ones(min(values.shape)), atol=1e-8
            )
        for first in blocks.values():
            same = [np.allclose(abs(first), abs(second), atol=1e-3) for second in blocks.values()]
            if sum(same) > 1:
                raise checks.CheckError(f"Two gates have the same block in {label}.")


@test_case(
    name="The biases, and which gate has one",
    points=2,
    hidden=True,
    failure_message="A new network should remember, so the gate that keeps the cell state starts more open than the others. Which of the four blocks is that, and which entries of b belong to it?",
)
def test_biases(init_lstm, In):
    """The biases, and which gate has one"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "init_lstm")
    for V, H in [(4, 7), (3, 5)]:
        params = init_lstm(V, H, np.random.default_rng([SEMESTER, 203]))
        expected = {"b": np.repeat([0.0, 1.0, 0.0, 0.0], H), "b_y": np.zeros(V)}
        for name, values in expected.items():
            checks.assert_close(f'params["{name}"]', params[name], values)
            # Training moves them by less than 1.
            if np.asarray(params[name]).dtype.kind != "f":
                raise checks.CheckError(f'params["{name}"] should be an array of floats.')


@test_case(
    name="More tokens than units, and a single unit",
    points=1,
    hidden=True,
    failure_message="V may be larger than 4H, and H may be 1. What is the shape of one block, and how many columns do four of them have together?",
)
def test_other_sizes(init_lstm, In):
    """More tokens than units, and a single unit"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "init_lstm")
    for V, H in [(9, 2), (6, 1), (3, 3), (2, 5)]:
        params = init_lstm(V, H, np.random.default_rng([SEMESTER, 204]))
        shapes = cases.lstm_shapes(V, H)
        checks.assert_keys("params", params, shapes)
        for name, shape in shapes.items():
            label = f'with V = {V} and H = {H}, params["{name}"]'
            checks.assert_shape(label, params[name], shape)
            checks.assert_finite(label, params[name])
        for name in ("W_x", "W_h"):
            blocks = np.stack(np.split(np.asarray(params[name]), 4, axis=1))
            checks.assert_close(
                f'with V = {V} and H = {H}, the singular values of the blocks of params["{name}"]',
                np.linalg.svd(blocks, compute_uv=False),
                np.ones((4, min(blocks.shape[1:]))),
                atol=1e-8,
            )
        checks.assert_close(
            f"with V = {V} and H = {H}, the sum of all biases", np.sum(params["b"]), float(H)
        )
