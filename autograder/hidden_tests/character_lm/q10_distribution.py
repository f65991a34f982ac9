from otter.test_files import test_case

OK_FORMAT = False

name = "q10_distribution"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 2032295505371360186


@test_case(name="The example from the text", points=None, hidden=False)
def test_example(next_distribution, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    logits = np.log([4.0, 2.0, 1.0])
    for temperature, top_k, weights in [
        (1.0, None, [4, 2, 1]),
        (0.5, None, [16, 4, 1]),
        (2.0, None, [2, np.sqrt(2), 1]),
        (1.0, 2, [4, 2, 0]),
        (0, None, [1, 0, 0]),
    ]:
        p = next_distribution(logits, temperature, top_k)
        name = f"the probabilities at temperature {temperature} with top_k {top_k}"
        checks.assert_close(name, p, np.array(weights) / np.sum(weights))


@test_case(name="A negative temperature, and no character left", points=None, hidden=False)
def test_bad_arguments(next_distribution):
    """A negative temperature, and no character left"""
    import numpy as np
    from seqlab import checks

    checks.assert_raises(
        ValueError, next_distribution, np.zeros(3), -1.0, None, because="the temperature is below 0"
    )
    checks.assert_raises(
        ValueError, next_distribution, np.zeros(3), 1.0, 0, because="top_k is below 1"
    )


@test_case(
    name="Ratios of probabilities at many temperatures",
    points=3,
    hidden=True,
    failure_message="The logarithm of the ratio of two probabilities is the difference of their logits, divided by the temperature. Is it, in your answer? And does `rng.choice` accept what you make of float32 logits?",
)
def test_ratios(next_distribution, In):
    """Ratios of probabilities at many temperatures"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    rng = np.random.default_rng([SEMESTER, 1001])
    for temperature in (0.3, 0.8, 1.0, 1.7, 6.0):
        logits = rng.uniform(-2, 2, size=int(rng.integers(3, 9)))
        given = logits.copy()
        with checks.unchanged(logits=given):
            p = next_distribution(given, temperature, None)
        name = f"at temperature {temperature}:"
        checks.assert_shape(f"{name} the probabilities", p, logits.shape)
        p = np.asarray(p, dtype=np.float64)
        checks.assert_close(f"{name} the sum of the probabilities", p.sum(), 1.0)
        if not np.all(p > 0):
            raise checks.CheckError(f"{name} every character should have a probability above 0.")
        expected = (logits - logits[0]) / temperature
        checks.assert_close(f"{name} ln p(i) - ln p(0)", np.log(p) - np.log(p[0]), expected)
    for _ in range(20):
        logits = rng.normal(scale=3, size=19).astype(np.float32)
        p = next_distribution(logits, 1.0, None)
        checks.assert_shape("the probabilities of float32 logits", p, (19,))
        try:
            rng.choice(19, p=np.asarray(p))
        except ValueError:
            raise checks.CheckError(
                "`rng.choice` refuses the probabilities of float32 logits: they do not sum to 1 "
                "closely enough."
            ) from None


@test_case(
    name="The largest logits alone, with ties",
    points=2,
    hidden=True,
    failure_message="First strike out, then share what is left: exactly top_k characters keep a probability, and together they have all of it. Of equal logits, the smaller index stays.",
)
def test_top_k(next_distribution, In):
    """The largest logits alone, with ties"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    rng = np.random.default_rng([SEMESTER, 1002])
    for V, top_k, temperature in [(6, 3, 1.0), (9, 1, 0.7), (5, 5, 2.0), (4, 11, 0.5), (8, 4, 1.5)]:
        # Quarters between -1 and 1: some are equal.
        for logits in (rng.normal(size=V), rng.integers(-4, 5, size=V) / 4, np.zeros(V)):
            order = sorted(range(V), key=lambda i: (-logits[i], i))[:top_k]
            expected = np.zeros(V)
            expected[order] = np.exp(logits[order] / temperature)
            expected /= expected.sum()
            p = next_distribution(logits.copy(), temperature, top_k)
            checks.assert_close(f"the probabilities with top_k {top_k}", p, expected)


@test_case(
    name="Temperature 0, with and without ties",
    points=1,
    hidden=True,
    failure_message="At temperature 0 there is nothing to divide by: one character has all the probability, the first of those with the largest logit.",
)
def test_arg_max(next_distribution, In):
    """Temperature 0, with and without ties"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    rng = np.random.default_rng([SEMESTER, 1003])
    for top_k in (None, 1, 3):
        for logits in (rng.normal(size=7), rng.integers(0, 2, size=7) + 0.5, np.full(4, -3.0)):
            expected = np.zeros(len(logits))
            expected[list(logits).index(max(logits))] = 1.0
            p = next_distribution(logits.copy(), 0, top_k)
            checks.assert_close(f"the probabilities with top_k {top_k}", p, expected)


@test_case(
    name="Large logits, and temperatures from 0.0001 to 10,000",
    points=1,
    hidden=True,
    failure_message="Very cold is nearly arg max, very hot is nearly uniform, and nothing overflows on the way. Which exponent is never positive?",
)
def test_extremes(next_distribution, np, In):
    """Large logits, and temperatures from 0.0001 to 10,000"""
    import numpy
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    shift = numpy.random.default_rng([SEMESTER, 1004]).uniform(-0.3, 0.3)
    # With these settings NumPy raises where it would warn. `np` is the notebook's own.
    before = np.seterr(over="raise", invalid="raise", divide="raise")
    try:
        for logits, temperature, weights in [
            ([1e4, -1e4, 9e3], 1.0, [1, 0, 0]),
            ([-1e4, -1e4 - 1, -1e4 + 1], 0.0001, [0, 0, 1]),
            ([0.2 + shift, 0.1, shift - 1], 1e-4, [1, 0, 0] if shift > -0.1 else [0, 1, 0]),
            ([1e4, 1e4 - 1, -1e4], 1.0, [1, numpy.exp(-1), 0]),
            ([1.0, 0.0, shift], 1e4, [1, 1, 1]),
        ]:
            if abs(shift + 0.1) < 0.02 and temperature == 1e-4:
                continue
            p = next_distribution(numpy.array(logits), temperature, None)
            expected = numpy.array(weights) / numpy.sum(weights)
            name = f"the probabilities at temperature {temperature:g}"
            checks.assert_close(name, p, expected, atol=1e-4)
    except FloatingPointError:
        raise checks.CheckError("For large numbers something overflows or is invalid.") from None
    finally:
        np.seterr(**before)


@test_case(
    name="A negative temperature or a top_k below 1 raises a ValueError",
    points=1,
    hidden=True,
    failure_message="Check the arguments first: a negative temperature would make the least probable character the most probable one.",
)
def test_refused_arguments(next_distribution, In):
    """A negative temperature or a top_k below 1 raises a ValueError"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "next_distribution")
    logits = np.random.default_rng([SEMESTER, 1005]).normal(size=5)
    p = np.exp(logits) / np.exp(logits).sum()
    checks.assert_close("the probabilities", next_distribution(logits.copy(), 1.0, None), p)
    for temperature, top_k, reason in [
        (-0.5, None, "the temperature is negative"),
        (-1e-9, 2, "the temperature is negative"),
        (1.0, 0, "top_k is 0"),
        (0, -2, "top_k is negative"),
    ]:
        checks.assert_raises(
            ValueError, next_distribution, logits.copy(), temperature, top_k, because=reason
        )
