from otter.test_files import test_case

OK_FORMAT = False

name = "q1_sigmoid"
points = 4

# Hidden inputs are those of one semester.
SEMESTER = 9135092396399773294


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


@test_case(
    name="Random numbers with one to four axes",
    points=2,
    hidden=True,
    failure_message="Compute each entry separately, on both sides of 0. What do you get at 0, and do the values at x and at -x sum to 1?",
)
def test_against_torch(sigmoid, In):
    """Random numbers with one to four axes"""
    import numpy as np
    import torch
    from seqlab import checks

    checks.assert_numpy_only(In, "sigmoid")
    rng = np.random.default_rng([SEMESTER, 101])
    for shape in [(7,), (3, 4), (2, 1, 5), (2, 3, 4, 2), (1,)]:
        x = rng.normal(0, 4, size=shape)
        expected = torch.sigmoid(torch.tensor(x)).numpy()
        with checks.unchanged(x=x):
            values = sigmoid(x)
        checks.assert_close(f"sigmoid of an array of shape {shape}", values, expected, atol=1e-7)


@test_case(
    name="Numbers of plus and minus ten thousand",
    points=1,
    hidden=True,
    failure_message="Far from 0 the gate is fully open or fully closed, never nan. Which of the two forms of the formula divides infinity by infinity?",
)
def test_extreme_numbers(sigmoid, In):
    """Numbers of plus and minus ten thousand"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "sigmoid")
    x = np.array([[1e4, 710.0, 40.0, 0.0], [-1e4, -710.0, -40.0, -0.0]])
    expected = np.array([[1.0, 1.0, 1.0, 0.5], [0.0, 0.0, 0.0, 0.5]])
    checks.assert_close("sigmoid of extreme numbers", sigmoid(x), expected, atol=1e-12)


@test_case(
    name="No overflow on either side of 0",
    points=1,
    hidden=True,
    failure_message="A warning means that an exponent was large and positive somewhere, even if that entry is thrown away afterwards. Which exponent cannot be positive, whatever the sign of x?",
)
def test_no_warning(sigmoid, np, In):
    """No overflow on either side of 0"""
    import numpy
    from seqlab import checks

    checks.assert_numpy_only(In, "sigmoid")
    # With these settings NumPy raises where it would warn. `np` is the notebook's own.
    before = np.seterr(over="raise", invalid="raise", divide="raise")
    try:
        for x in (1e4, 800.0, -1e4, -800.0):
            values = sigmoid(numpy.array([x, 0.0]))
            checks.assert_close(
                "sigmoid of an extreme number and of 0", values, [float(x > 0), 0.5]
            )
    except FloatingPointError:
        raise checks.CheckError(
            "NumPy warns here: something overflows or is invalid, perhaps in entries that are "
            "thrown away afterwards."
        ) from None
    finally:
        np.seterr(**before)
