from otter.test_files import test_case

OK_FORMAT = False

name = "q11_accepts"
points = 6


@test_case(name="The example from the text", points=None, hidden=False)
def test_small(accepts):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    for predictions, expected in [
        ([0, 0, 0, 1, 1, 2], True),
        ([1, 2, 3, 1, 1, 2], True),
        ([0, 0, 0, 1, 2, 2], False),
        ([0, 0, 0, 1, 1, 1], False),
    ]:
        result = accepts(np.array(predictions), 3, 1, 2)
        if type(result) not in (bool, np.bool_):
            raise checks.CheckError("accepts should return True or False.")
        if bool(result) != expected:
            raise checks.CheckError(
                f"With a = 0, b = 1, EOS = 2, n = 3 and the predictions {predictions} it should "
                f"return {expected}."
            )
