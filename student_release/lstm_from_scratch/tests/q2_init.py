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
