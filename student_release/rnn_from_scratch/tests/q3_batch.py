from otter.test_files import test_case

OK_FORMAT = False

name = "q3_batch"
points = 8


@test_case(name="The example from the text", points=None, hidden=False)
def test_two_sequences(make_batch):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    token_to_index = {"a": 0, "b": 1, "EOS": 2, "UNK": 3}
    sequences = [["a", "b", "EOS"], ["a", "a", "b", "b", "EOS"]]
    inputs, targets, mask = make_batch(sequences, token_to_index)
    for name, array, dtype in [
        ("inputs", inputs, np.int64),
        ("targets", targets, np.int64),
        ("mask", mask, np.float64),
    ]:
        checks.assert_shape(name, array, (2, 4))
        checks.assert_dtype(name, array, dtype)
    checks.assert_equal("inputs", inputs, np.array([[0, 1, 0, 0], [0, 0, 1, 1]]), axes="BT")
    checks.assert_equal("targets", targets, np.array([[1, 2, 0, 0], [0, 1, 1, 2]]), axes="BT")
    checks.assert_equal("mask", mask, np.array([[1.0, 1, 0, 0], [1, 1, 1, 1]]), axes="BT")


@test_case(
    name="A token that is not in the dictionary; the sequences do not change",
    points=None,
    hidden=False,
)
def test_unheard_token(make_batch):
    """A token that is not in the dictionary; the sequences do not change"""
    import numpy as np
    from seqlab import checks

    sequences = [["s", "what?", "s"], ["s", "r"]]
    with checks.unchanged(sequences=sequences):
        inputs, targets, _ = make_batch(sequences, {"r": 0, "s": 1, "UNK": 2})
    checks.assert_equal("inputs", inputs, np.array([[1, 2], [1, 0]]), axes="BT")
    checks.assert_equal("targets", targets, np.array([[2, 1], [0, 0]]), axes="BT")
