from otter.test_files import test_case

OK_FORMAT = False

name = "q2_vocabulary"
points = 5


@test_case(name="The example from the text", points=None, hidden=False)
def test_small_vocabulary(build_vocabulary):
    """The example from the text"""
    from seqlab import checks

    rows = [["good", "good", "plot"], ["plot", "was", "fine"]]
    expected = {"<pad>": 0, "<unk>": 1, "good": 2, "plot": 3, "was": 4, "fine": 5}
    checks.assert_equal("vocabulary", build_vocabulary(rows, 1), expected)
    expected = {"<pad>": 0, "<unk>": 1, "good": 2, "plot": 3}
    checks.assert_equal("the vocabulary with min_count = 2", build_vocabulary(rows, 2), expected)


@test_case(name="Two rows, one of them with an unknown word", points=None, hidden=False)
def test_small_batch(pad_batch):
    """Two rows, one of them with an unknown word"""
    import numpy as np
    from seqlab import checks

    vocabulary = {"<pad>": 0, "<unk>": 1, "good": 2, "plot": 3, "was": 4, "fine": 5}
    result = pad_batch([["plot", "was", "dull"], ["good"]], vocabulary)
    checks.unpack("pad_batch", result, ("tokens", "lengths"))
    for name, array in zip(("tokens", "lengths"), result):
        checks.assert_dtype(name, array, np.int64)
    checks.assert_equal("tokens", result[0], np.array([[3, 4, 1], [2, 0, 0]]), axes="BT")
    checks.assert_equal("lengths", result[1], np.array([3, 1]), axes="B")
