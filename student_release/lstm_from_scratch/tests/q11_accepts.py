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


@test_case(
    name="The shortest sequence, and a wrong token in the middle; the predictions do not change",
    points=None,
    hidden=False,
)
def test_shortest(accepts):
    """The shortest sequence, and a wrong token in the middle; the predictions do not change"""
    import numpy as np
    from seqlab import checks

    for row, n, expected in [
        ([9, 4], 1, True),
        ([9, 7], 1, False),
        ([7, 7, 7, 7, 7, 7, 7, 4], 4, True),
        ([7, 7, 7, 7, 7, 9, 7, 4], 4, False),
        ([7, 7, 7, 7, 9, 7, 7, 4], 4, False),
    ]:
        predictions = np.array(row)
        with checks.unchanged(predictions=predictions):
            result = accepts(predictions, n, 7, 4)
        if bool(result) != expected:
            raise checks.CheckError(
                f"With b = 7, EOS = 4, n = {n} and predictions {row} it should return {expected}."
            )
