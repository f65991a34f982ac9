from otter.test_files import test_case

OK_FORMAT = False

name = "q1_bounded"
points = 4


@test_case(name="The example from the text, and the warm-up", points=None, hidden=False)
def test_example(bounded_floor, In):
    """The example from the text, and the warm-up"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "bounded_floor")
    floor = bounded_floor(3, np.log(3) / 2)
    checks.assert_close("bounded_floor(3, ln(3) / 2)", floor, np.log(5 / 3))
    floor = bounded_floor(5, 1.0)
    if not 0.43 < floor < 0.44:
        raise checks.CheckError(
            "The losses of the warm-up come close to 0.4327, and none is smaller. Your floor for 5 "
            "classes and the bound 1 is not there."
        )
