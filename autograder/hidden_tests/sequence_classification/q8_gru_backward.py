from otter.test_files import test_case

OK_FORMAT = False

name = "q8_gru_backward"
points = 16

# Hidden inputs are those of one semester.
SEMESTER = 3692066057013164154


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(gru_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "gru_backward")
    params = {
        "W": np.array([[0.0, 0.0, 1.0]]),
        "U": np.array([[0.0, 0.0, 2.0]]),
        "b": np.array([0.0, np.log(3.0), 0.0]),
        "c": np.array([0.0, 0.0, 1.0]),
    }
    gates = np.array([[[0.5, 0.75, 0.0, 2.0]]])
    h = np.array([[[0.5], [0.375]]])
    grads = gru_backward(params, np.array([[[-1.0]]]), h, gates, np.array([[[1.0]]]))
    checks.assert_keys("grads", grads, params)
    checks.assert_close('grads["b"]', grads["b"], [0.125, 0.09375, 0.25])
    checks.assert_close('grads["c"]', grads["c"], [0.125, 0.09375, 0.125])
    checks.assert_close('grads["W"]', grads["W"], [[-0.125, -0.09375, -0.25]])
    checks.assert_close('grads["U"]', grads["U"], [[0.0625, 0.046875, 0.0625]])


@test_case(
    name="A gradient check on a small network, with your own forward pass",
    points=None,
    hidden=False,
)
def test_gradient_check(gru_forward, gru_backward):
    """A gradient check on a small network, with your own forward pass"""
    import numpy as np
    from seqlab import gradients

    B, T, D, H = 2, 3, 4, 3
    rng = np.random.default_rng(8)
    sizes = {"W": (D, 3 * H), "U": (H, 3 * H), "b": (3 * H,), "c": (3 * H,)}
    params = {name: rng.normal(0, 0.7, size=size) for name, size in sizes.items()}
    x, start, dh = (rng.normal(size=size) for size in ((B, T, D), (B, H), (B, T, H)))

    # With this loss, the gradient of the states is dh.
    def loss(p):
        return float(np.sum(dh * gru_forward(p, x, start)[0][:, 1:]))

    numerical = gradients.numerical_gradients(loss, params)
    grads = gru_backward(params, x, *gru_forward(params, x, start), dh)
    gradients.assert_gradients(grads, numerical)


@test_case(
    name="A single step, with an initial state that is not zero",
    points=4,
    hidden=True,
    failure_message="With a single step there is no future. Follow lines 1 to 4 in order: which blocks belong to the side of the input, and which to the side of the state?",
)
def test_one_step(gru_backward, In):
    """A single step, with an initial state that is not zero"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import gru

    checks.assert_numpy_only(In, "gru_backward")
    rng = np.random.default_rng([SEMESTER, 801])
    for B, D, H in [(4, 3, 5), (1, 5, 2)]:
        params = gru.random_params(D, H, rng)
        x, dh = rng.normal(size=(B, 1, D)), rng.normal(size=(B, 1, H))
        h0 = rng.normal(size=(B, H))
        h = gru.states(params, x, h0)
        expected = gru.gradients(params, x, h0, dh)
        grads = gru_backward(params, x, h, gru.gates(params, x, h), dh)
        checks.assert_keys("grads", grads, params)
        gradients.assert_gradients(grads, expected)


@test_case(
    name="Seven steps, with a gradient from outside at each, against autograd",
    points=4,
    hidden=True,
    failure_message="Do the gradients from outside and from the future meet before line 1? Along how many paths does a state send its gradient back?",
)
def test_through_time(gru_backward, In):
    """Seven steps, with a gradient from outside at each, against autograd"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import gru

    checks.assert_numpy_only(In, "gru_backward")
    B, T, D, H = 3, 7, 5, 4
    rng = np.random.default_rng([SEMESTER, 802])
    params = gru.random_params(D, H, rng)
    x, dh = rng.normal(size=(B, T, D)), rng.normal(size=(B, T, H))
    h0 = rng.normal(size=(B, H))
    h = gru.states(params, x, h0)
    expected = gru.gradients(params, x, h0, dh)
    grads = gru_backward(params, x, h, gru.gates(params, x, h), dh)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients(grads, expected)


@test_case(
    name="Twelve steps back from the last state, against central differences",
    points=3,
    hidden=True,
    failure_message="Here a gradient arrives only at the last state, as in a classifier. Does it reach the first word, both through the gates and past them?",
)
def test_from_the_end(gru_backward, In):
    """Twelve steps back from the last state, against central differences"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import gru

    checks.assert_numpy_only(In, "gru_backward")
    B, T, D, H = 2, 12, 2, 3
    rng = np.random.default_rng([SEMESTER, 803])
    params = gru.random_params(D, H, rng)
    x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
    dh = np.zeros((B, T, H))
    dh[:, -1] = rng.normal(size=(B, H))

    def loss(biases):
        changed = {**params, **biases}
        return float(np.sum(dh[:, -1] * gru.states(changed, x, h0)[:, -1]))

    expected = gradients.numerical_gradients(loss, {name: params[name] for name in ("b", "c")})
    h = gru.states(params, x, h0)
    grads = gru_backward(params, x, h, gru.gates(params, x, h), dh)
    checks.assert_keys("grads", grads, params)
    gradients.assert_gradients({name: grads[name] for name in ("b", "c")}, expected)


@test_case(
    name="The gradients of W and U, with a gradient from outside at some steps only",
    points=3,
    hidden=True,
    failure_message="Which state does U multiply at step t, and which one at the first step? Both matrices are used at every step.",
)
def test_matrices(gru_backward, In):
    """The gradients of W and U, with a gradient from outside at some steps only"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import gru

    checks.assert_numpy_only(In, "gru_backward")
    B, T, D, H = 4, 5, 3, 6
    rng = np.random.default_rng([SEMESTER, 804])
    params = gru.random_params(D, H, rng, 0.5)
    x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
    ends = np.arange(T) == rng.integers(0, T, size=(B, 1))
    dh = rng.normal(size=(B, T, H)) * ends[:, :, None]
    expected = gru.gradients(params, x, h0, dh)
    h = gru.states(params, x, h0)
    grads = gru_backward(params, x, h, gru.gates(params, x, h), dh)
    checks.assert_keys("grads", grads, params)
    chosen = {name: expected[name] for name in ("W", "U")}
    gradients.assert_gradients({name: grads[name] for name in chosen}, chosen)


@test_case(
    name="The arguments are not modified, and a second call gives the same gradient",
    points=2,
    hidden=True,
    failure_message="The caller still needs the states, the gates and the gradient that it passed. Adding to a slice of an argument changes the argument.",
)
def test_arguments_unchanged(gru_backward, In):
    """The arguments are not modified, and a second call gives the same gradient"""
    import numpy as np
    from seqlab import checks, gradients
    from testing import gru

    checks.assert_numpy_only(In, "gru_backward")
    B, T, D, H = 2, 4, 3, 5
    rng = np.random.default_rng([SEMESTER, 805])
    params = gru.random_params(D, H, rng)
    x, dh = rng.normal(size=(B, T, D)), rng.normal(size=(B, T, H))
    h0 = rng.normal(size=(B, H))
    h = gru.states(params, x, h0)
    gates = gru.gates(params, x, h)
    expected = gru.gradients(params, x, h0, dh)
    with checks.unchanged(params=params, x=x, h=h, gates=gates, dh=dh):
        grads = gru_backward(params, x, h, gates, dh)
    checks.assert_keys("grads", grads, params)
    # Only the direction of one array: other tests check the rest.
    found = np.asarray(grads["b"]) / max(np.linalg.norm(grads["b"]), 1e-9)
    wanted = expected["b"] / np.linalg.norm(expected["b"])
    checks.assert_close('the direction of grads["b"]', found, wanted)
    once = {name: np.array(array) for name, array in grads.items()}
    gradients.assert_gradients(gru_backward(params, x, h, gates, dh), once)
