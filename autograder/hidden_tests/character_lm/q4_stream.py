from otter.test_files import test_case

OK_FORMAT = False

name = "q4_stream"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 1811211301539940891


@test_case(name="The example from the text", points=None, hidden=False)
def test_twelve_characters(stream_chunks, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "stream_chunks")
    chunks = stream_chunks(np.arange(12), 2, 2)
    if len(chunks) != 2:
        raise checks.CheckError(f"There should be two chunks, and there are {len(chunks)}.")
    for j, (inputs, targets) in enumerate(chunks):
        expected = np.array([[0, 1], [5, 6]]) + 2 * j
        checks.assert_equal(f"the inputs of chunk {j}", inputs, expected, axes="BT")
        checks.assert_equal(f"the targets of chunk {j}", targets, expected + 1, axes="BT")


@test_case(
    name="Every input and target stands where it should",
    points=4,
    hidden=True,
    failure_message="Number the stream 0, 1, 2, ... and write down where row b of chunk j begins. A target is the character after its input, in the stream and not in the chunk.",
)
def test_places(stream_chunks, In):
    """Every input and target stands where it should"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "stream_chunks")
    rng = np.random.default_rng([SEMESTER, 401])
    for N, B, K in [(100, 3, 7), (61, 5, 4), (257, 4, 16)]:
        # All different, so that each entry says where it comes from.
        tokens = rng.permutation(1000)[:N]
        L = (N - 1) // B
        given = tokens.copy()
        with checks.unchanged(tokens=given):
            chunks = list(stream_chunks(given, B, K))
        for j, pair in enumerate(chunks[: L // K]):
            inputs, targets = checks.unpack(f"chunk {j}", pair, ("inputs", "targets"))
            inputs, targets = (indices.as_indices(f"chunk {j}", part) for part in pair)
            places = np.arange(B)[:, None] * L + j * K + np.arange(K)
            checks.assert_equal(f"the inputs of chunk {j}", inputs, tokens[places], axes="BT")
            checks.assert_equal(f"the targets of chunk {j}", targets, tokens[places + 1], axes="BT")
        if len(chunks) < L // K:
            raise checks.CheckError(
                f"A stream of {N} characters in {B} rows has more complete chunks of {K} than that."
            )


@test_case(
    name="The chunks of a row, side by side, are a piece of the text",
    points=2,
    hidden=True,
    failure_message="Put the chunks of one row side by side: do you get a piece of the text back, without gap and repetition?",
)
def test_reassembled(stream_chunks, In):
    """The chunks of a row, side by side, are a piece of the text"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "stream_chunks")
    rng = np.random.default_rng([SEMESTER, 402])
    for B, K in [(1, 5), (6, 3), (4, 1)]:
        tokens = rng.permutation(5000)[:200]
        place = {int(token): i for i, token in enumerate(tokens)}
        chunks = list(stream_chunks(tokens.copy(), B, K))
        if not chunks:
            raise checks.CheckError("There are no chunks.")
        rows, ahead = (
            np.concatenate([indices.as_indices("a chunk", pair[i]) for pair in chunks], axis=1)
            for i in (0, 1)
        )
        checks.assert_shape("the inputs of all chunks, side by side", rows, (B, rows.shape[1]))
        checks.assert_shape("the targets of all chunks, side by side", ahead, rows.shape)
        for b in range(B):
            found = np.array([place[int(token)] for token in rows[b]])
            if np.any(np.diff(found) != 1):
                raise checks.CheckError(f"The inputs of row {b} are not one piece of the text.")
            found = np.array([place[int(token)] for token in ahead[b]]) - found
            if np.any(found != 1):
                raise checks.CheckError(f"In row {b}, a target does not follow its input.")


@test_case(
    name="How many chunks there are, and which characters are left over",
    points=2,
    hidden=True,
    failure_message="How many predictions does a stream of N characters have? Try a length that divides evenly, one more, and one that is too short for a single chunk.",
)
def test_lengths(stream_chunks, In):
    """How many chunks there are, and which characters are left over"""
    import numpy as np
    from seqlab import checks
    from testing import indices

    checks.assert_numpy_only(In, "stream_chunks")
    first = int(np.random.default_rng([SEMESTER, 403]).integers(10, 90))
    # 24 predictions are two rows of 12, and 12 are three chunks of 4.
    for N, B, K, count in [(25, 2, 4, 3), (24, 2, 4, 2), (26, 2, 4, 3), (9, 2, 4, 1), (8, 2, 4, 0)]:
        chunks = list(stream_chunks(first + np.arange(N), B, K))
        if len(chunks) != count:
            raise checks.CheckError(
                f"{N} characters, {B} rows, chunks of {K}: the number of chunks is wrong."
            )
        for inputs, targets in chunks:
            checks.assert_shape("inputs", inputs, (B, K))
            checks.assert_shape("targets", targets, (B, K))
            both = [indices.as_indices("a chunk", part) for part in (inputs, targets)]
            if np.any(both[1] != both[0] + 1) or both[0].min() < first:
                raise checks.CheckError("A target does not follow its input.")
