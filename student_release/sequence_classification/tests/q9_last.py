from otter.test_files import test_case

OK_FORMAT = False

name = "q9_last"
points = 8


@test_case(name="Three rows, one of them empty", points=None, hidden=False)
def test_small(last_valid, In):
    """Three rows, one of them empty"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid")
    h = np.arange(15.0).reshape(3, 5, 1)
    last = last_valid(h, np.array([4, 1, 0]))
    checks.assert_close("the last states", last, [[4.0], [6.0], [10.0]], axes="BH")


@test_case(name="The same three rows, back", points=None, hidden=False)
def test_small_backward(last_valid_backward, In):
    """The same three rows, back"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid_backward")
    dh = last_valid_backward(np.array([[1.0], [2.0], [3.0]]), np.array([4, 1, 0]), 4)
    expected = np.array([[0, 0, 0, 1], [2, 0, 0, 0], [0, 0, 0, 0]])[:, :, None]
    checks.assert_close("dh", dh, expected, axes="BTH")
