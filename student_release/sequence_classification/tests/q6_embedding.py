from otter.test_files import test_case

OK_FORMAT = False

name = "q6_embedding"
points = 10


@test_case(name="Two rows of three words", points=None, hidden=False)
def test_small_embedding(embed, In):
    """Two rows of three words"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed")
    E = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, 0.5], [3.0, 7.0]])
    vectors = embed(E, np.array([[2, 3, 2], [1, 0, 0]]))
    expected = [[[2, 0.5], [3, 7], [2, 0.5]], [[1, -1], [0, 0], [0, 0]]]
    checks.assert_close("vectors", vectors, expected, axes="BTD")


@test_case(name="The example from the text", points=None, hidden=False)
def test_small_gradient(embed_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed_backward")
    dx = np.array([[[1.0, 0.0], [5.0, 5.0], [0.0, 1.0]]])
    dE = embed_backward(np.array([[2, 3, 2]]), dx, 5)
    checks.assert_close("dE", dE, [[0, 0], [0, 0], [1, 1], [5, 5], [0, 0]], axes="VD")
