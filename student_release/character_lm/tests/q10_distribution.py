from otter.test_files import test_case

OK_FORMAT = False

name = "q10_distribution"
points = 8


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
