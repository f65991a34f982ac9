from otter.test_files import test_case

OK_FORMAT = False

name = "q3_batches"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 7954136123362603189


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


@test_case(
    name="What is read and what is predicted",
    points=2,
    hidden=True,
    failure_message="Write inputs and targets of one sentence below each other. The network reads the start symbol first, and it never reads the full stop.",
)
def test_shift(padded_batch, In):
    """What is read and what is predicted"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "padded_batch")
    rng = np.random.default_rng([SEMESTER, 301])
    letters = "^." + "abcdefgh"
    parts = ("inputs", "targets", "mask")
    char_to_index = {c: int(i) for c, i in zip(letters, rng.permutation(len(letters)))}
    sentences = ["".join(rng.choice(list("abcdefgh"), size=n)) + "." for n in (6, 1, 9, 3)]
    given = list(sentences)
    with checks.unchanged(sentences=given):
        result = padded_batch(given, char_to_index)
    inputs, targets, mask = checks.unpack("padded_batch", result, parts)
    for name, array in [("inputs", inputs), ("targets", targets)]:
        checks.assert_shape(name, array, (4, 10))
        checks.assert_dtype(name, array, np.int64)
    for row, sentence in enumerate(sentences):
        codes = np.array([char_to_index[c] for c in "^" + sentence])
        valid = slice(0, len(sentence))
        where = f"of sentence {row}, which has {len(sentence)} characters"
        checks.assert_equal(f"inputs {where}", inputs[row][valid], codes[:-1], axes="T")
        checks.assert_equal(f"targets {where}", targets[row][valid], codes[1:], axes="T")


@test_case(
    name="Mask and padding of ragged batches",
    points=2,
    hidden=True,
    failure_message="As wide as the longest sentence of this batch; a one in the mask for each character of a sentence, the full stop included; index 0 in the padding.",
)
def test_padding(padded_batch, In):
    """Mask and padding of ragged batches"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "padded_batch")
    rng = np.random.default_rng([SEMESTER, 302])
    parts = ("inputs", "targets", "mask")
    # In the first alphabet no character has the index 0, in the second a frequent one has it.
    for first, longest in ((1, 12), (0, 5)):
        char_to_index = {c: first + i for i, c in enumerate("ab^.")}
        lengths = [int(n) for n in rng.permutation([1, 2, longest, longest - 1])]
        if first:
            lengths.sort(reverse=True)  # the first sentence is the longest
        sentences = ["a" * (n - 1) + "." for n in lengths]
        result = padded_batch(sentences, char_to_index)
        inputs, targets, mask = checks.unpack("padded_batch", result, parts)
        expected = np.arange(longest) < np.array(lengths)[:, None]
        checks.assert_dtype("mask", mask, np.float64)
        checks.assert_equal("mask", mask, expected.astype(np.float64), axes="BT")
        for name, array in [("inputs", inputs), ("targets", targets)]:
            checks.assert_shape(name, array, expected.shape)
            checks.assert_equal(
                f"the padding of {name}", np.where(expected, 0, array), 0 * expected, axes="BT"
            )


@test_case(
    name="Each index once, in batches of the right size",
    points=1,
    hidden=True,
    failure_message="Every sentence belongs to exactly one batch. What becomes of the last ones when the batches do not divide evenly?",
)
def test_each_once(bucket, In):
    """Each index once, in batches of the right size"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "bucket")
    rng = np.random.default_rng([SEMESTER, 303])
    for count, size in [(24, 4), (23, 4), (5, 8), (7, 1), (12, 12)]:
        # Lengths that are no indices: they are all larger.
        lengths = rng.integers(100, 140, size=count)
        with checks.unchanged(lengths=lengths):
            batches = list(bucket(lengths, size, rng))
        where = f"{count} sentences in batches of {size}"
        indices.assert_each_once(where, batches, count)
        sizes = sorted(len(batch) for batch in batches)
        full, rest = divmod(count, size)
        if sizes != [rest] * (rest > 0) + [size] * full:
            raise checks.CheckError(f"{where}: the batches do not have the right sizes.")


@test_case(
    name="No more padding than sorting gives",
    points=2,
    hidden=True,
    failure_message="Which sentences belong together, if little is to be filled up? And what is shuffled: sentences before the cut, or whole batches after it?",
)
def test_little_padding(bucket, In):
    """No more padding than sorting gives"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "bucket")
    rng = np.random.default_rng([SEMESTER, 304])
    for count, size in [(40, 5), (60, 10), (33, 4), (64, 2)]:
        lengths = rng.integers(1, 60, size=count)
        ascending = np.sort(lengths)
        allowed = max(
            sum(int((part.max() - part).sum()) for part in parts)
            for parts in (
                [ascending[i : i + size] for i in range(0, count, size)],
                [ascending[::-1][i : i + size] for i in range(0, count, size)],
            )
        )
        batches = list(bucket(lengths, size, rng))
        indices.assert_each_once(f"{count} sentences in batches of {size}", batches, count)
        rows = [lengths[np.asarray(batch)] for batch in batches]
        padding = sum(int((row.max() - row).sum()) for row in rows)
        if padding > allowed:
            raise checks.CheckError(
                f"{count} sentences in batches of {size}: your batches have {padding} padded "
                f"steps, more than sorting by length gives."
            )


@test_case(
    name="The batches are shuffled, by the generator",
    points=1,
    hidden=True,
    failure_message="The batches come in an order that the generator draws: with the same generator the same, with another one another.",
)
def test_random_order(bucket, In):
    """The batches are shuffled, by the generator"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "bucket")
    seeds = np.random.default_rng([SEMESTER, 305]).integers(2**32, size=3)
    lengths = np.arange(10, 90)
    orders = []
    for seed in (seeds[0], seeds[0], seeds[1], seeds[2]):
        rng = np.random.Generator(np.random.PCG64(int(seed)))
        batches = list(bucket(lengths, 4, rng))
        indices.assert_each_once("80 sentences in batches of 4", batches, 80)
        orders.append([int(np.min(batch)) for batch in batches])
    if orders[0] != orders[1]:
        raise checks.CheckError("The same generator led to different batches: draw from rng.")
    if orders[0] == orders[2] or orders[2] == orders[3]:
        raise checks.CheckError("Different generators led to the same order of the batches.")
    if sorted(orders[0]) in (orders[0], orders[0][::-1]):
        raise checks.CheckError("The batches are in the order of their lengths.")
