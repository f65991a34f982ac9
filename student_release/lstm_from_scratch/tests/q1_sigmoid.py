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


@test_case(
    name="Numbers of ten thousand: right, without a warning, and the argument does not change",
    points=None,
    hidden=False,
)
def test_large_numbers(sigmoid, np):
    """Numbers of ten thousand: right, without a warning, and the argument does not change"""
    import numpy
    from seqlab import checks

    # `np` is the notebook's own. Where it would warn, it raises here.
    settings = np.geterr()
    np.seterr(over="raise", invalid="raise")
    try:
        x = numpy.array([[-1e4, 0.0], [1e4, -numpy.log(3.0)]])
        with checks.unchanged(x=x):
            values = sigmoid(x)
    except FloatingPointError:
        raise checks.CheckError(
            "NumPy warns: an exponential overflows, perhaps in a branch that is not used."
        ) from None
    finally:
        np.seterr(**settings)
    checks.assert_close("sigmoid of large numbers", values, [[0.0, 0.5], [1.0, 0.25]])
