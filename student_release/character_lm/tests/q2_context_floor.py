from otter.test_files import test_case

OK_FORMAT = False

name = "q2_context_floor"
points = 10


@test_case(name="The example from the text", points=None, hidden=False)
def test_hihello(context_floor, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "context_floor")
    floor = context_floor(["hihello"], [1.0], 1)
    checks.assert_close("the floor of hihello with k = 1", floor, 4 * np.log(2))
    floor = context_floor(["hihello"], [1.0], 2)
    checks.assert_close("the floor of hihello with k = 2", floor, 0.0)
    unigram = 4 * np.log(7 / 2) + 3 * np.log(7)
    floor = context_floor(["hihello"], [1.0], 0)
    checks.assert_close("the floor of hihello with k = 0", floor, unigram)


@test_case(
    name="Two sentences that differ in their first character: 3/4 \"ab\", 1/4 \"cb\".",
    points=None,
    hidden=False,
)
def test_two_sentences(context_floor):
    """Two sentences that differ in their first character: 3/4 "ab", 1/4 "cb"."""
    import numpy as np
    from seqlab import checks

    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    for k in (1, 2, 9):
        floor = context_floor(["ab", "cb"], [0.75, 0.25], k)
        checks.assert_close(f"the floor with k = {k}", floor, entropy)
