from otter.test_files import test_case

OK_FORMAT = False

name = "q4_bag"
points = 6


@test_case(name="The example from the text, and a shorter row", points=None, hidden=False)
def test_small(bag_of_words, In):
    """The example from the text, and a shorter row"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bag_of_words")
    bags = bag_of_words(np.array([[3, 4, 3], [5, 0, 0]]), np.array([3, 1]), 6)
    checks.assert_close("the bags", bags, [[0, 0, 0, 2, 1, 0], [0, 0, 0, 0, 0, 1]], axes="BV")
