from otter.test_files import test_case

OK_FORMAT = False

name = "q3_batch"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 8848619541114636184


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


@test_case(
    name="The targets are the inputs, one step ahead",
    points=3,
    hidden=True,
    failure_message="The target of a time step is the token that the model has not seen yet. Compare inputs and targets of one sequence, token by token, with the table in the text.",
)
def test_shift(make_batch):
    """The targets are the inputs, one step ahead"""
    import copy

    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 301])
    names = ["w", "x", "y", "z", "UNK"]
    token_to_index = {name: i for i, name in enumerate(names)}
    rows = [rng.integers(0, 4, size=length) for length in (6, 3, 9, 2)]
    sequences = [[names[i] for i in row] for row in rows]
    # One token that is not in the dictionary.
    sequences[2][4], rows[2][4] = "unheard", names.index("UNK")
    given = copy.deepcopy(sequences)
    with checks.unchanged(sequences=given):
        inputs, targets, mask = make_batch(given, token_to_index)
    for name, array in [("inputs", inputs), ("targets", targets), ("mask", mask)]:
        checks.assert_shape(name, array, (4, 8))
    for i, row in enumerate(rows):
        valid = slice(0, len(row) - 1)
        name = f"row {i}, where the sequence has {len(row)} tokens:"
        checks.assert_equal(f"{name} inputs", inputs[i][valid], row[:-1], axes="T")
        checks.assert_equal(f"{name} targets", targets[i][valid], row[1:], axes="T")


@test_case(
    name="Mask and padding of ragged sequences",
    points=3,
    hidden=True,
    failure_message="A sequence of L tokens asks for L - 1 predictions. The mask is 1.0 for these and 0.0 after them, and the padding has index 0, whether or not that index belongs to a token.",
)
def test_padding(make_batch):
    """Mask and padding of ragged sequences"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 302])
    names = ["v", "w", "x", "y", "z", "UNK"]
    token_to_index = {name: i for i, name in enumerate(names)}
    lengths = [5, 11, 2, 7, 11]
    # No token with index 0, so that a zero is padding.
    rows = [rng.integers(1, 5, size=length) for length in lengths]
    inputs, targets, mask = make_batch([[names[i] for i in row] for row in rows], token_to_index)
    expected = (np.arange(10) < np.array(lengths)[:, None] - 1).astype(np.float64)
    checks.assert_dtype("mask", mask, np.float64)
    checks.assert_equal("mask", mask, expected, axes="BT")
    for name, array in [("inputs", inputs), ("targets", targets)]:
        checks.assert_dtype(name, array, np.int64)
        checks.assert_equal(
            f"the padding of {name}", np.asarray(array) != 0, expected == 1, axes="BT"
        )


@test_case(
    name="A single sequence, and sequences of two tokens",
    points=2,
    hidden=True,
    failure_message="One sequence is a batch too, and two tokens are enough for one prediction. T is the longest length minus one, whatever the number of sequences.",
)
def test_smallest_batches(make_batch):
    """A single sequence, and sequences of two tokens"""
    import numpy as np
    from seqlab import checks

    token_to_index = {"a": 0, "b": 1, "c": 2, "UNK": 3}
    for text, inputs_expected, targets_expected in [
        (["cb"], [[2]], [[1]]),
        (["bcab"], [[1, 2, 0]], [[2, 0, 1]]),
        (["ab", "ca", "bb"], [[0], [2], [1]], [[1], [0], [1]]),
    ]:
        inputs, targets, mask = make_batch([list(row) for row in text], token_to_index)
        checks.assert_equal("inputs", inputs, np.array(inputs_expected), axes="BT")
        checks.assert_equal("targets", targets, np.array(targets_expected), axes="BT")
        checks.assert_equal("mask", mask, np.ones(np.shape(inputs_expected)), axes="BT")
