from otter.test_files import test_case

OK_FORMAT = False

name = "q1_bounded"
points = 4

# Hidden inputs are those of one semester.
SEMESTER = 15896534326067219


@test_case(name="The example from the text, and the warm-up", points=None, hidden=False)
def test_example(bounded_floor, In):
    """The example from the text, and the warm-up"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bounded_floor")
    floor = bounded_floor(3, np.log(3) / 2)
    checks.assert_close("bounded_floor(3, ln(3) / 2)", floor, np.log(5 / 3))
    floor = bounded_floor(5, 1.0)
    if not 0.43 < floor < 0.44:
        raise checks.CheckError(
            "The losses of the warm-up come close to 0.4327, and none is smaller. Your floor for 5 "
            "classes and the bound 1 is not there."
        )


@test_case(
    name="No logits within the bound are better, and some are as good",
    points=2,
    hidden=True,
    failure_message="Write down the softmax of the right class when its logit is as large and the others are as small as they may be. How many others are there?",
)
def test_minimum(bounded_floor, In):
    """No logits within the bound are better, and some are as good"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bounded_floor")
    rng = np.random.default_rng([SEMESTER, 101])
    for classes in (2, 3, 7, 40):
        bound = rng.uniform(0.2, 2.5)
        # A linear function of each weight exp(logit): the minimum is at a corner of the box.
        corners = np.where(np.tril(np.ones((classes, classes))) > 0, bound, -bound)
        weights = np.exp(corners)
        losses = np.log(weights.sum(axis=1)) - np.log(weights[:, 0])
        floor = bounded_floor(classes, bound)
        name = f"the floor with {classes} classes"
        checks.assert_close(name, floor, losses.min())


@test_case(
    name="Bound 0, and a single class",
    points=1,
    hidden=True,
    failure_message="What is the loss when all logits must be equal, and when there is nothing to choose from?",
)
def test_ends(bounded_floor, In):
    """Bound 0, and a single class"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bounded_floor")
    rng = np.random.default_rng([SEMESTER, 102])
    for classes in rng.integers(2, 500, size=4):
        name = "the floor with bound 0"
        checks.assert_close(name, bounded_floor(int(classes), 0.0), np.log(classes))
    for bound in (0.0, rng.uniform(0.5, 3)):
        checks.assert_close("the floor with one class", bounded_floor(1, bound), 0.0)


@test_case(
    name="Bounds up to ten thousand",
    points=1,
    hidden=True,
    failure_message="A large bound allows a probability of almost 1. Which form of the softmax has no large exponent in it?",
)
def test_large_bounds(bounded_floor, np, In):
    """Bounds up to ten thousand"""
    import numpy
    from seqlab import checks

    checks.assert_numpy_only(In, "bounded_floor")
    classes = int(numpy.random.default_rng([SEMESTER, 103]).integers(3, 30))
    # With these settings NumPy raises where it would warn. `np` is the notebook's own.
    before = np.seterr(over="raise", invalid="raise", divide="raise")
    try:
        for bound in (30.0, 400.0, 1e4):
            floor = bounded_floor(classes, bound)
            checks.assert_close(f"the floor with bound {bound:g}", floor, 0.0)
        # Not simply 0 for all that is large.
        checks.assert_close(
            "1000 times the floor with bound 5",
            1000 * bounded_floor(classes, 5.0),
            1000 * (numpy.logaddexp(5.0, numpy.log(classes - 1.0) - 5.0) - 5.0),
        )
    except (FloatingPointError, OverflowError):
        raise checks.CheckError("For a large bound something overflows or is invalid.") from None
    finally:
        np.seterr(**before)
