from otter.test_files import test_case

OK_FORMAT = False

name = "q11_floor"
points = 4


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
