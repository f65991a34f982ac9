from otter.test_files import test_case

OK_FORMAT = False

name = "q7_gru_forward"
points = 12

# Hidden inputs are those of one semester.
SEMESTER = 3121550793579184234


@test_case(name="The example from the text: one unit, one step", points=None, hidden=False)
def test_by_hand(gru_forward, In):
    """The example from the text: one unit, one step"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "gru_forward")
    params = {
        "W": np.array([[0.0, 0.0, 1.0]]),
        "U": np.array([[0.0, 0.0, 2.0]]),
        "b": np.array([0.0, np.log(3.0), 0.0]),
        "c": np.array([0.0, 0.0, 1.0]),
    }
    result = gru_forward(params, np.array([[[-1.0]]]), np.array([[0.5]]))
    h, gates = checks.unpack("gru_forward", result, ("h", "gates"))
    checks.assert_close("h", h, [[[0.5], [0.375]]], axes="BTH")
    checks.assert_close("gates", gates, [[[0.5, 0.75, 0.0, 2.0]]], axes="BTH")


@test_case(name="Shapes, with B, T, D and H all different", points=None, hidden=False)
def test_shapes(gru_forward):
    """Shapes, with B, T, D and H all different"""
    import numpy as np
    from seqlab import checks

    B, T, D, H = 2, 3, 5, 4
    rng = np.random.default_rng(7)
    sizes = {"W": (D, 3 * H), "U": (H, 3 * H), "b": (3 * H,), "c": (3 * H,)}
    params = {name: rng.normal(size=size) for name, size in sizes.items()}
    start = rng.normal(size=(B, H))
    result = gru_forward(params, rng.normal(size=(B, T, D)), start)
    h, gates = checks.unpack("gru_forward", result, ("h", "gates"))
    checks.assert_shape("h", h, (B, 1 + T, H))
    checks.assert_shape("gates", gates, (B, T, H * 4))
    checks.assert_close("h[:, 0]", np.asarray(h)[:, 0], start, axes="BH")


@test_case(
    name="The states equal those of torch.nn.GRU",
    points=5,
    hidden=True,
    failure_message="Take one step and go through the five formulas in order. What does the reset gate multiply, is the bias c_n inside, and which state survives where z is 1?",
)
def test_states(gru_forward, In):
    """The states equal those of torch.nn.GRU"""
    import numpy as np
    from seqlab import checks
    from testing import gru

    checks.assert_numpy_only(In, "gru_forward", "sigmoid")
    rng = np.random.default_rng([SEMESTER, 701])
    for B, T, D, H in [(3, 6, 5, 4), (2, 4, 3, 7)]:
        params = gru.random_params(D, H, rng)
        x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
        expected = gru.states(params, x, h0)
        h, _ = checks.unpack("gru_forward", gru_forward(params, x, h0), ("h", "gates"))
        checks.assert_close("h", h, expected, axes="BTH")


@test_case(
    name="The four blocks that the backward pass needs",
    points=3,
    hidden=True,
    failure_message="The four blocks of gates are r, z, n and u, each with H columns. Which of them have been through an activation, and does u contain its bias?",
)
def test_gates(gru_forward, In):
    """The four blocks that the backward pass needs"""
    import numpy as np
    from seqlab import checks
    from testing import gru

    checks.assert_numpy_only(In, "gru_forward", "sigmoid")
    B, T, D, H = 2, 5, 3, 4
    rng = np.random.default_rng([SEMESTER, 702])
    params = gru.random_params(D, H, rng)
    x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
    h, gates = checks.unpack("gru_forward", gru_forward(params, x, h0), ("h", "gates"))
    checks.assert_shape("h", h, (B, T + 1, H))
    checks.assert_finite("h", h, axes="BTH")
    checks.assert_shape("gates", gates, (B, T, 4 * H))
    # From the states that were returned: another test checks these.
    expected = gru.gates(params, x, np.asarray(h, dtype=np.float64))
    for k, name in enumerate("rznu"):
        block = slice(k * H, (k + 1) * H)
        found = np.asarray(gates)[..., block]
        checks.assert_close(f"block {name} of gates", found, expected[..., block], axes="BTH")


@test_case(
    name="B = 1, T = 1, D = 1, H = 1, and a long sequence",
    points=2,
    hidden=True,
    failure_message="The first token must work like all others, from an initial state that is not zero. One sequence, one step and one unit are not special cases.",
)
def test_smallest_sizes(gru_forward, In):
    """B = 1, T = 1, D = 1, H = 1, and a long sequence"""
    import numpy as np
    from seqlab import checks
    from testing import gru

    checks.assert_numpy_only(In, "gru_forward", "sigmoid")
    rng = np.random.default_rng([SEMESTER, 703])
    for B, T, D, H in [(1, 3, 2, 4), (3, 1, 4, 2), (2, 4, 1, 3), (2, 3, 4, 1), (2, 30, 3, 4)]:
        params = gru.random_params(D, H, rng, 0.5)
        x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
        expected = gru.states(params, x, h0)
        h, _ = checks.unpack("gru_forward", gru_forward(params, x, h0), ("h", "gates"))
        label = f"with B = {B}, T = {T}, D = {D}, H = {H}: h"
        checks.assert_close(label, h, expected, axes="BTH")


@test_case(
    name="The arguments are not modified, and a second half continues the first",
    points=2,
    hidden=True,
    failure_message="The function is called repeatedly with the same arguments, and a long text can be read in pieces: each piece starts from the state where the last one ended.",
)
def test_arguments_unchanged(gru_forward, In):
    """The arguments are not modified, and a second half continues the first"""
    import numpy as np
    from seqlab import checks
    from testing import gru

    checks.assert_numpy_only(In, "gru_forward", "sigmoid")
    B, T, D, H = 3, 6, 4, 5
    rng = np.random.default_rng([SEMESTER, 704])
    params = gru.random_params(D, H, rng)
    x, h0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H))
    expected = gru.states(params, x, h0)
    with checks.unchanged(params=params, x=x, h0=h0):
        first, _ = checks.unpack("gru_forward", gru_forward(params, x[:, :2], h0), ("h", "gates"))
    checks.assert_close("h of the first part", first, expected[:, :3], axes="BTH")
    middle = np.asarray(first)[:, -1]
    second, _ = checks.unpack("gru_forward", gru_forward(params, x[:, 2:], middle), ("h", "gates"))
    checks.assert_close("h of the second part", second, expected[:, 2:], axes="BTH")
