from otter.test_files import test_case

OK_FORMAT = False

name = "q10_momentum"
points = 5


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(momentum_update):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    params, grads, velocity = {"p": np.array([1.0])}, {"p": np.array([3.0])}, {"p": np.array([2.0])}
    params, velocity = momentum_update(params, grads, velocity, 0.1, 0.9)
    checks.assert_params("velocity", velocity, {"p": np.array([4.8])})
    checks.assert_params("params", params, {"p": np.array([0.52])})
