from otter.test_files import test_case

OK_FORMAT = False

name = "q5_limit"
points = 8


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(best_possible):
    """The example from the text"""
    from seqlab import checks

    weights, p = [0.5, 0.25, 0.25], [0.9, 0.1, 0.0]
    for keys, right, loss in [(["x", "x", "y"], 0.725, 0.493), ([1, 2, 3], 0.925, 0.244)]:
        pair = checks.unpack("best_possible", best_possible(keys, weights, p), ("accuracy", "nats"))
        # The text has three decimals.
        checks.assert_close("accuracy", pair[0], right, atol=6e-4)
        checks.assert_close("nats", pair[1], loss, atol=6e-4)
