from otter.test_files import test_case

OK_FORMAT = False

name = "q2_vocabulary"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 8916506628892260736


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


@test_case(
    name="Frequent words first, ties by first appearance",
    points=1,
    hidden=True,
    failure_message="Count each word over all rows. Which of two equally frequent words comes first, and does that depend on the alphabet or on chance? Which two indices are taken before the first word?",
)
def test_order(build_vocabulary):
    """Frequent words first, ties by first appearance"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 201])
    for _ in range(3):
        names = [f"w{i}" for i in rng.permutation(100)[:8]]
        counts = [4, 2, 1, 4, 2, 1, 4, 2]
        # Every word once, in the order of `names`, so that this is the order of first appearance.
        rest = [name for name, count in zip(names, counts) for _ in range(count - 1)]
        rest = [rest[i] for i in rng.permutation(len(rest))]
        rows = [names[:5], [], names[5:], rest[:4], rest[4:]]
        order = ["<pad>", "<unk>", *(names[i] for i in (0, 3, 6, 1, 4, 7, 2, 5))]
        expected = {name: i for i, name in enumerate(order)}
        found = build_vocabulary(rows, 1)
        checks.assert_equal("the vocabulary", found, expected)
        checks.assert_equal("the indices", [found[name] for name in order], np.arange(10))


@test_case(
    name="Rare words are left out",
    points=1,
    hidden=True,
    failure_message="A word stays when it appears min_count times or more, counted over all rows together.",
)
def test_min_count(build_vocabulary):
    """Rare words are left out"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 202])
    names = [f"w{i}" for i in rng.permutation(100)[:6]]
    # Word k appears k + 1 times, at most once in each row.
    rows = [[names[k] for k in range(6) if i <= k] for i in range(6)]
    for least in (1, 2, 4, 6, 7):
        kept = [names[k] for k in range(5, -1, -1) if k + 1 >= least]
        expected = {name: i for i, name in enumerate(["<pad>", "<unk>", *kept])}
        found = build_vocabulary(rows, least)
        checks.assert_equal(f"the vocabulary with min_count = {least}", found, expected)
        indices = [found[name] for name in expected]
        checks.assert_equal("the indices", indices, np.arange(len(expected)))


@test_case(
    name="Rows of different lengths, with unknown words",
    points=2,
    hidden=True,
    failure_message="A word that is not in the dictionary becomes index 1, and looking it up must not add it. Where does each row begin, and what stands after its last word?",
)
def test_batch(pad_batch):
    """Rows of different lengths, with unknown words"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 203])
    vocabulary = {"<pad>": 0, "<unk>": 1, **{f"w{i}": i for i in range(2, 9)}}
    expected_lengths = rng.permutation([4, 9, 1, 6, 3])
    expected = np.zeros((5, 9), dtype=np.int64)
    rows = []
    for i, length in enumerate(expected_lengths):
        expected[i, :length] = rng.integers(1, 9, size=length)
        rows.append([f"w{t}" if t > 1 else f"new{t}" for t in expected[i, :length]])
    with checks.unchanged(vocabulary=vocabulary):
        result = pad_batch(rows, vocabulary)
    tokens, lengths = checks.unpack("pad_batch", result, ("tokens", "lengths"))
    checks.assert_dtype("tokens", tokens, np.int64)
    checks.assert_dtype("lengths", lengths, np.int64)
    checks.assert_equal("tokens", tokens, expected, axes="BT")
    checks.assert_equal("lengths", lengths, expected_lengths, axes="B")


@test_case(
    name="Empty rows, a single row, and dtypes",
    points=1,
    hidden=True,
    failure_message="An empty row is a row: it has the length 0 and consists of padding. Both results are int64 arrays, whatever the rows contain.",
)
def test_empty_rows(pad_batch):
    """Empty rows, a single row, and dtypes"""
    import numpy as np
    from seqlab import checks

    vocabulary = {"<pad>": 0, "<unk>": 1, "x": 2, "y": 3}
    for text, expected in [
        (["xyz", ""], [[2, 3, 1], [0, 0, 0]]),
        (["", "y", ""], [[0], [3], [0]]),
        (["yx"], [[3, 2]]),
    ]:
        result = pad_batch([list(row) for row in text], vocabulary)
        tokens, lengths = checks.unpack("pad_batch", result, ("tokens", "lengths"))
        for name, array in (("tokens", tokens), ("lengths", lengths)):
            checks.assert_dtype(name, array, np.int64)
        checks.assert_equal("tokens", tokens, np.array(expected), axes="BT")
        checks.assert_equal("lengths", lengths, np.array([len(row) for row in text]), axes="B")
