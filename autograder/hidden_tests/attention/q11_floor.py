from otter.test_files import test_case

OK_FORMAT = False

name = "q11_floor"
points = 4

# Hidden inputs are those of one semester.
SEMESTER = 4305299818153766214


@test_case(
    name="The example from the text, and the shortest sequence alone",
    points=None,
    hidden=False,
)
def test_by_hand(floor_without_positions, In):
    """The example from the text, and the shortest sequence alone"""
    from seqlab import checks

    checks.assert_numpy_only(In, "floor_without_positions")
    # The text has three decimals.
    checks.assert_close("the floor for max_n = 2", floor_without_positions(2), 0.955, atol=6e-4)
    checks.assert_close("the floor for max_n = 1", floor_without_positions(1), 0.0)


@test_case(
    name="The task of this course, and one that is a little longer",
    points=2,
    hidden=True,
    failure_message="How many a's are there in all sequences together, and after how many of them comes a b? Divide by the number of sequences at the end.",
)
def test_our_task(floor_without_positions, In):
    """The task of this course, and one that is a little longer"""
    from seqlab import anbn, checks
    from testing import attention

    checks.assert_numpy_only(In, "floor_without_positions")
    for max_n in (anbn.MAX_N, anbn.MAX_N + 2):
        expected = attention.shuffled_floor(max_n)
        checks.assert_close("the floor", floor_without_positions(max_n), expected)


@test_case(
    name="Other largest lengths",
    points=2,
    hidden=True,
    failure_message="The same reasoning for any largest n. With a single sequence nothing is uncertain, and 0 times its logarithm counts as 0.",
)
def test_other_lengths(floor_without_positions, In):
    """Other largest lengths"""
    import numpy as np
    from seqlab import checks
    from testing import attention

    checks.assert_numpy_only(In, "floor_without_positions")
    rng = np.random.default_rng([SEMESTER, 1101])
    for max_n in (1, 3, int(rng.integers(4, 9)), int(rng.integers(14, 30))):
        expected = attention.shuffled_floor(max_n)
        checks.assert_close("the floor", floor_without_positions(max_n), expected)
