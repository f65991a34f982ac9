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
