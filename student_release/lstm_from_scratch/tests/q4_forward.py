from otter.test_files import test_case

OK_FORMAT = False

name = "q4_forward"
points = 8


@test_case(
    name="The example from the text, as one sequence of two steps",
    points=None,
    hidden=False,
)
def test_by_hand(lstm_forward, In):
    """The example from the text, as one sequence of two steps"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "lstm_forward", "lstm_step")
    ln3 = np.log(3.0)
    params = {
        "W_x": np.array([[ln3, ln3, ln3 / 2, 0.0], [0.0, 0.0, 0.0, ln3]]),
        "W_h": np.array([[0.0, 0.0, 1.0, 0.0]]),
        "b": np.zeros(4),
        "W_y": np.array([[2.0, -1.0]]),
        "b_y": np.array([0.0, 1.0]),
    }
    twice = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    result = lstm_forward(params, twice, np.zeros((1, 1)), np.zeros((1, 1)))
    logits, h, c, gates = checks.unpack("lstm_forward", result, ("logits", "h", "c", "gates"))
    checks.assert_close("h", h, [[[0.0], [0.179], [0.317]]], atol=6e-4, axes="BTH")
    checks.assert_close("c", c, [[[0.0], [0.375], [0.748]]], atol=6e-4, axes="BTH")
    checks.assert_close("logits", logits, [[[0.358, 0.821], [0.634, 0.683]]], atol=2e-3)
    checks.assert_shape("gates", gates, (1, 2, 4))


@test_case(
    name="Two sequences at once are what each is alone, and end in a second half's beginning",
    points=None,
    hidden=False,
)
def test_one_after_the_other(lstm_forward):
    """Two sequences at once are what each is alone, and end in a second half's beginning"""
    import numpy as np
    from seqlab import cases, checks

    V, H = 2, 3
    rng = np.random.default_rng(44)
    params, x = cases.lstm_params(V, H, rng), rng.normal(size=(2, 7, V))
    h0, c0 = start = rng.normal(size=(2, 2, H))
    with checks.unchanged(x=x, h0=h0, c0=c0, params=params):
        both = lstm_forward(params, x, *start)
    parts = ("logits", "h", "c", "gates")
    checks.unpack("lstm_forward", both, parts)
    second = lstm_forward(params, x[1:], *start[:, 1:])
    early = lstm_forward(params, x[:, :4], *start)
    late = lstm_forward(params, x[:, 4:], np.array(early[1])[:, 4], np.array(early[2])[:, 4])
    for name, whole, alone, first, rest in zip(parts, both, second, early, late):
        whole = np.asarray(whole)
        checks.assert_close(f"{name} of the second sequence alone", alone, whole[1:])
        skip = int(name in "hc")
        halves = np.concatenate([first, np.asarray(rest)[:, skip:]], axis=1)
        checks.assert_close(f"{name} of two halves", halves, whole)


@test_case(name="Shapes, with B, T, V and H all different", points=None, hidden=False)
def test_shapes(lstm_forward):
    """Shapes, with B, T, V and H all different"""
    import numpy as np
    from seqlab import cases, checks

    B, T, V, H = 2, 3, 5, 4
    rng = np.random.default_rng(4)
    params = cases.lstm_params(V, H, rng)
    initial = rng.normal(size=(2, B, H))
    result = lstm_forward(params, rng.normal(size=(B, T, V)), *initial)
    shapes = {
        "logits": (B, T, V),
        "h": (B, T + 1, H),
        "c": (B, T + 1, H),
        "gates": (B, T, 4 * H),
    }
    arrays = dict(zip(shapes, checks.unpack("lstm_forward", result, tuple(shapes))))
    for name, shape in shapes.items():
        checks.assert_shape(name, arrays[name], shape)
    for name, state in zip("hc", initial):
        checks.assert_close(f"{name}[:, 0]", np.asarray(arrays[name])[:, 0], state, axes="BH")
