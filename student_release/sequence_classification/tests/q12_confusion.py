from otter.test_files import test_case

OK_FORMAT = False

name = "q12_confusion"
points = 4


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
