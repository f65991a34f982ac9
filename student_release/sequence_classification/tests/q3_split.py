from otter.test_files import test_case

OK_FORMAT = False

name = "q3_split"
points = 5


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(stratified_split):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    labels = list("aaabbbbbb")
    result = stratified_split(labels, 1 / 3, np.random.default_rng(0))
    checks.unpack("stratified_split", result, ("train", "valid"))
    checks.assert_dtype("train", result[0], np.int64)
    checks.assert_dtype("valid", result[1], np.int64)
    together = sorted([int(i) for rows in result for i in rows])
    checks.assert_equal("all row numbers, sorted,", together, list(range(9)))
    checks.assert_equal(
        "the sorted labels in valid", sorted(labels[i] for i in result[1]), list("abb")
    )
