from otter.test_files import test_case

OK_FORMAT = False

name = "q12_generate"
points = 6


@test_case(name="A network that says 0, 1, 2, 0, 1, 2, ...", points=None, hidden=False)
def test_round_and_round(generate):
    """A network that says 0, 1, 2, 0, 1, 2, ..."""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": 3 * np.eye(3),
        "W_hh": np.zeros((3, 3)),
        "b_h": np.zeros(3),
        "W_hy": 9 * np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        "b_y": np.zeros(3),
    }
    tokens = generate(params, [0], 5, 0, None, np.random.default_rng(0))
    checks.assert_equal("the tokens after 0", tokens, [1, 2, 0, 1, 2])
    tokens = generate(params, [0, 1], 5, 0, 0, np.random.default_rng(0))
    checks.assert_equal("the tokens after 0, 1 with stop = 0", tokens, [2, 0])


@test_case(name="An empty prefix and a negative temperature", points=None, hidden=False)
def test_bad_arguments(generate):
    """An empty prefix and a negative temperature"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.eye(2),
        "W_hh": np.eye(2),
        "b_h": np.zeros(2),
        "W_hy": np.eye(2),
        "b_y": np.zeros(2),
    }
    rng = np.random.default_rng(0)
    checks.assert_raises(
        ValueError, generate, params, [], 3, 1.0, None, rng, because="the prefix is empty"
    )
    checks.assert_raises(
        ValueError, generate, params, [0], 3, -1.0, None, rng, because="the temperature is negative"
    )
