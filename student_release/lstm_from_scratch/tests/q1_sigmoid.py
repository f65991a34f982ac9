from otter.test_files import test_case

OK_FORMAT = False

name = "q1_sigmoid"
points = 4


@test_case(name="The examples from the text", points=None, hidden=False)
def test_small(sigmoid, In):
    """The examples from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "sigmoid")
    values = sigmoid(np.array([[0.0, np.log(3.0)], [-np.log(3.0), 1000.0]]))
    checks.assert_close("sigmoid of the examples", values, [[0.5, 0.75], [0.25, 1.0]])
