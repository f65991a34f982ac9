from otter.test_files import test_case

OK_FORMAT = False

name = "q3_batches"
points = 8


@test_case(name="The table from the text", points=None, hidden=False)
def test_two_sentences(padded_batch, In):
    """The table from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "padded_batch")
    char_to_index = {"^": 1, "a": 2, "b": 3, ".": 4}
    result = padded_batch(["ab.", "b."], char_to_index)
    inputs, targets, mask = checks.unpack("padded_batch", result, ("inputs", "targets", "mask"))
    checks.assert_equal("inputs", inputs, np.array([[1, 2, 3], [1, 3, 0]]), axes="BT")
    checks.assert_equal("targets", targets, np.array([[2, 3, 4], [3, 4, 0]]), axes="BT")
    checks.assert_equal("mask", mask, np.array([[1.0, 1, 1], [1, 1, 0]]), axes="BT")
    for name, array, dtype in [("inputs", inputs, np.int64), ("mask", mask, np.float64)]:
        checks.assert_dtype(name, array, dtype)


@test_case(name="The example with four lengths", points=None, hidden=False)
def test_four_lengths(bucket, In):
    """The example with four lengths"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bucket")
    batches = bucket(np.array([5, 9, 4, 8]), 2, np.random.default_rng(0))
    found = sorted(sorted(int(i) for i in batch) for batch in batches)
    checks.assert_equal("the batches, sorted", found, [[0, 2], [1, 3]])
