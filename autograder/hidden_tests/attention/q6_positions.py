from otter.test_files import test_case

OK_FORMAT = False

name = "q6_positions"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 1690284132319954135


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(sinusoids, In):
    """The example from the text"""
    from seqlab import checks

    checks.assert_numpy_only(In, "sinusoids")
    expected = [[0.0, 1.0, 0.0, 1.0], [0.841, 0.540, 0.010, 1.0], [0.909, -0.416, 0.020, 1.0]]
    # The text has three decimals.
    checks.assert_close("the table", sinusoids(3, 4), expected, atol=6e-4)


@test_case(
    name="Entry by entry",
    points=3,
    hidden=True,
    failure_message="Which angle belongs to a pair of columns? The exponent runs from 0 towards -1, and the first pair turns fastest.",
)
def test_table(sinusoids, In):
    """Entry by entry"""
    import math

    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "sinusoids")
    for T, D in [(7, 6), (20, 10), (300, 4)]:
        expected = np.empty((T, D))
        for t, j in np.ndindex(T, D):
            angle = t / 10000 ** (2 * (j // 2) / D)
            expected[t, j] = math.cos(angle) if j % 2 else math.sin(angle)
        checks.assert_close(
            f"the table with T = {T}, D = {D}", sinusoids(T, D), expected, axes="TD"
        )


@test_case(
    name="To go some positions further is to turn each pair of columns",
    points=2,
    hidden=True,
    failure_message="Take the sine and the cosine of one angle as a point on a circle. A shift by n positions turns all these points, each pair of columns by its own angle.",
)
def test_shift_is_a_rotation(sinusoids, In):
    """To go some positions further is to turn each pair of columns"""
    import cmath

    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "sinusoids")
    rng = np.random.default_rng([SEMESTER, 601])
    for D in (8, 2 * int(rng.integers(5, 9))):
        T, n = 30, int(rng.integers(2, 12))
        table = np.asarray(sinusoids(T, D))
        checks.assert_shape("the table", table, (T, D))
        checks.assert_finite("the table", table)
        checks.assert_close("the first position", table[0], np.arange(D) % 2)
        # Cosine and sine as the two parts of a complex number on the unit circle.
        points = table[:, 1::2] + 1j * table[:, 0::2]
        checks.assert_close("the radius of each pair", np.abs(points), np.ones((T, D // 2)))
        for i in range(D // 2):
            turn = cmath.exp(1j * n * 10000 ** (-2 * i / D))
            difference = points[n:, i] - points[:-n, i] * turn
            checks.assert_close(
                f"what a rotation leaves over in columns {2 * i} and {2 * i + 1}",
                np.abs(difference),
                np.zeros(T - n),
            )


@test_case(
    name="T = 1 and D = 2",
    points=1,
    hidden=True,
    failure_message="One position, and a table of two columns, are not special cases.",
)
def test_smallest_sizes(sinusoids, In):
    """T = 1 and D = 2"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "sinusoids")
    first = np.tile([0.0, 1.0], (1, 5))
    checks.assert_close("the table with T = 1, D = 10", sinusoids(1, 10), first)
    t = np.arange(9.0)
    expected = np.stack([np.sin(t), np.cos(t)], axis=1)
    checks.assert_close("the table with T = 9, D = 2", sinusoids(9, 2), expected)
