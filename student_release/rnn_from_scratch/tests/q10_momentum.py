from otter.test_files import test_case

OK_FORMAT = False

name = "q10_momentum"
points = 5


@test_case(name="The example from the text; the arguments do not change", points=None, hidden=False)
def test_by_hand(momentum_update):
    """The example from the text; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    p, g, v = {"p": np.array([1.0])}, {"p": np.array([3.0])}, {"p": np.array([2.0])}
    with checks.unchanged(params=p, grads=g, velocity=v):
        params, velocity = momentum_update(p, g, v, 0.1, 0.9)
    checks.assert_params("velocity", velocity, {"p": np.array([4.8])})
    checks.assert_params("params", params, {"p": np.array([0.52])})
