from otter.test_files import test_case

OK_FORMAT = False

name = "q4_stream"
points = 8


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
