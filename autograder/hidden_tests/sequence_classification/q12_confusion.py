from otter.test_files import test_case

OK_FORMAT = False

name = "q12_confusion"
points = 4

# Hidden inputs are those of one semester.
SEMESTER = 3175619577683768069


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(confusion_matrix, recall):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    expected = np.array([[2, 0, 1], [0, 1, 0], [0, 0, 0]])
    matrix = confusion_matrix(np.array([0, 0, 1, 0]), np.array([0, 2, 1, 0]), 3)
    checks.assert_dtype("the matrix", matrix, np.int64)
    checks.assert_equal("the matrix", matrix, expected)
    found = recall(expected)
    checks.assert_shape("the recall", found, (3,))
    checks.assert_close("the recall of classes 0 and 1", np.asarray(found)[:2], [2 / 3, 1.0])
    if not np.isnan(np.asarray(found)[2]):
        raise checks.CheckError("A class without rows should have the recall nan.")


@test_case(
    name="Random classes, more often confused in one direction",
    points=2,
    hidden=True,
    failure_message="Take one row of the data: its true class gives the row of the matrix, its prediction the column. How many rows and columns are there if the last class never occurs?",
)
def test_matrix(confusion_matrix):
    """Random classes, more often confused in one direction"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1201])
    for N, C in [(60, 4), (25, 7), (9, 2)]:
        true = rng.integers(0, C - 1, size=N)
        predicted = np.where(rng.random(N) < 0.6, true, rng.integers(0, C, size=N))
        expected = np.zeros((C, C), dtype=np.int64)
        for i, j in zip(true, predicted):
            expected[i, j] += 1
        with checks.unchanged(true=true, predicted=predicted):
            matrix = confusion_matrix(true, predicted, C)
        checks.assert_dtype("the matrix", matrix, np.int64)
        checks.assert_equal("the matrix", matrix, expected)


@test_case(
    name="Recall, for classes with and without rows, and no warning",
    points=2,
    hidden=True,
    failure_message="Recall asks: of those that really are of class i, which share was found? Does 0 / 0 happen somewhere, even in an entry that is replaced afterwards?",
)
def test_recall(recall, np):
    """Recall, for classes with and without rows, and no warning"""
    import numpy
    from seqlab import checks

    rng = numpy.random.default_rng([SEMESTER, 1202])
    # With these settings NumPy raises where it would warn. `np` is the notebook's own.
    before = np.seterr(over="raise", invalid="raise", divide="raise")
    try:
        for C in (5, 3):
            matrix = rng.integers(0, 9, size=(C, C))
            matrix[:, 1] += 5
            matrix[0, 0] += 1
            empty = int(rng.integers(1, C))
            matrix[empty] = 0
            single = (empty + 1) % C
            matrix[single] = numpy.arange(C) == single
            full = matrix.sum(axis=1) > 0
            expected = [matrix[i, i] / matrix[i].sum() for i in range(C) if full[i]]
            with checks.unchanged(matrix=matrix):
                found = recall(matrix)
            checks.assert_shape("the recall", found, (C,))
            values = numpy.asarray(found, dtype=float)
            checks.assert_close("the recall of classes with rows", values[full], expected)
            if not numpy.all(numpy.isnan(values[~full])):
                raise checks.CheckError("The recall of a class without rows should be nan.")
    except FloatingPointError:
        raise checks.CheckError(
            "NumPy warns here: something is divided by zero, perhaps in entries that are replaced "
            "afterwards."
        ) from None
    finally:
        np.seterr(**before)
