from otter.test_files import test_case

OK_FORMAT = False

name = "q7_gru_forward"
points = 12


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
