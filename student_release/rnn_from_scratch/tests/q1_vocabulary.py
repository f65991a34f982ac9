from otter.test_files import test_case

OK_FORMAT = False

name = "q1_vocabulary"
points = 6


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
