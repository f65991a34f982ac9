from otter.test_files import test_case

OK_FORMAT = False

name = "q6_positions"
points = 6


@test_case(name="The example from the text", points=None, hidden=False)
def test_by_hand(sinusoids, In):
    """The example from the text"""
    from seqlab import checks

    checks.assert_numpy_only(In, "sinusoids")
    expected = [[0.0, 1.0, 0.0, 1.0], [0.841, 0.540, 0.010, 1.0], [0.909, -0.416, 0.020, 1.0]]
    # The text has three decimals.
    checks.assert_close("the table", sinusoids(3, 4), expected, atol=6e-4)
