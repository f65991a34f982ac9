from otter.test_files import test_case

OK_FORMAT = False

name = "q1_vocabulary"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 5087837790496273500


@test_case(name="The example from the text", points=None, hidden=False)
def test_small_vocabulary(build_vocabulary):
    """The example from the text"""
    from seqlab import checks

    token_to_index, tokens = build_vocabulary([["b", "a", "a", "EOS"], ["a", "b"]])
    checks.assert_equal("tokens", tokens, ["a", "b", "EOS", "UNK"])
    checks.assert_equal("token_to_index", token_to_index, {"a": 0, "b": 1, "EOS": 2, "UNK": 3})


@test_case(
    name="Tokens that are equally frequent: the one that appears first comes first",
    points=None,
    hidden=False,
)
def test_ties(build_vocabulary):
    """Tokens that are equally frequent: the one that appears first comes first"""
    from seqlab import checks

    _, tokens = build_vocabulary([list("qxerta"), list("xq"), ["EOS"]])
    checks.assert_equal("tokens", tokens, ["q", "x", "e", "r", "t", "a", "EOS", "UNK"])


@test_case(name="Encoding a known and an unknown token", points=None, hidden=False)
def test_small_encoding(encode):
    """Encoding a known and an unknown token"""
    import numpy as np
    from seqlab import checks

    indices = encode(["b", "c"], {"a": 0, "b": 1, "EOS": 2, "UNK": 3})
    checks.assert_shape("the result of encode", indices, (2,))
    checks.assert_dtype("the result of encode", indices, np.int64)
    checks.assert_equal("the result of encode", indices, np.array([1, 3]), axes="T")


@test_case(name="No token at all, and a dictionary that stays as it is", points=None, hidden=False)
def test_empty_encoding(encode):
    """No token at all, and a dictionary that stays as it is"""
    import numpy as np
    from seqlab import checks

    token_to_index = {"m": 0, "n": 1, "o": 2, "UNK": 3}
    with checks.unchanged(token_to_index=token_to_index):
        nothing = encode([], token_to_index)
        encode(["p", "o"], token_to_index)
    checks.assert_shape("encode([], ...)", nothing, (0,))
    checks.assert_dtype("encode([], ...)", nothing, np.int64)


@test_case(
    name="Frequent tokens first, ties by first appearance, UNK last",
    points=3,
    hidden=True,
    failure_message="Count each token over all sequences. Which of two equally frequent tokens comes first, and does that depend on the alphabet or on chance? Where does UNK go?",
)
def test_order(build_vocabulary):
    """Frequent tokens first, ties by first appearance, UNK last"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 101])
    for _ in range(5):
        names = [f"w{i}" for i in rng.permutation(100)[:8]]
        # Three tokens occur 4 times, three 2 times, two once.
        counts = [4, 2, 1, 4, 2, 1, 4, 2]
        # Every token once, in the order of `names`, so that this is the order of first appearance.
        rest = [name for name, count in zip(names, counts) for _ in range(count - 1)]
        rest = [rest[i] for i in rng.permutation(len(rest))]
        sequences = [names[:5], names[5:], rest[:4], rest[4:]]
        tokens_expected = [names[i] for i in (0, 3, 6, 1, 4, 7, 2, 5)] + ["UNK"]
        token_to_index, tokens = build_vocabulary(sequences)
        checks.assert_equal("tokens", tokens, tokens_expected)
        expected = {token: i for i, token in enumerate(tokens_expected)}
        checks.assert_equal("token_to_index", token_to_index, expected)


@test_case(
    name="Unknown tokens, and a dictionary that does not change",
    points=2,
    hidden=True,
    failure_message="A token that is not in the dictionary gets the index that the dictionary gives to UNK. Looking a token up must not add it to the dictionary.",
)
def test_unknown_tokens(encode):
    """Unknown tokens, and a dictionary that does not change"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 102])
    tokens = [f"w{i}" for i in range(6)] + ["UNK"]
    token_to_index = {token: i for i, token in enumerate(tokens)}
    expected = rng.integers(0, 7, size=15)
    expected[3] = 6
    sequence = [tokens[i] if i < 6 else f"new{k}" for k, i in enumerate(expected)]
    with checks.unchanged(token_to_index=token_to_index):
        indices = encode(sequence, token_to_index)
    checks.assert_equal("the result of encode", indices, expected, "T")


@test_case(
    name="Shape and dtype, for sequences of 0, 1 and 9 tokens",
    points=1,
    hidden=True,
    failure_message="Return the indices as an int64 array of shape (T,), even for a sequence without tokens.",
)
def test_shape_and_dtype(encode):
    """Shape and dtype, for sequences of 0, 1 and 9 tokens"""
    import numpy as np
    from seqlab import checks

    token_to_index = {"x": 0, "y": 1, "UNK": 2}
    for sequence, expected in [
        (["y"], [1]),
        (list("xyzyxxyzx"), [0, 1, 2, 1, 0, 0, 1, 2, 0]),
        ([], []),
    ]:
        indices = encode(sequence, token_to_index)
        checks.assert_shape("the result of encode", indices, (len(expected),))
        checks.assert_dtype("the result of encode", indices, np.int64)
        checks.assert_equal("the result of encode", indices, np.array(expected, dtype=np.int64))
