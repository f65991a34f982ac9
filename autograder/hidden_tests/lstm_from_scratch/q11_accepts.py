from otter.test_files import test_case

OK_FORMAT = False

name = "q11_accepts"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 4945906733692132448


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


@test_case(
    name="Right predictions for many n, and the same with a wrong end",
    points=2,
    hidden=True,
    failure_message="Write the inputs and the predictions for n = 2 below each other. Which token should come after the last b, and at which position of the predictions is it?",
)
def test_right_and_wrong(accepts):
    """Right predictions for many n, and the same with a wrong end"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1101])
    for n in (2, 3, 5, 11, 30):
        b, eos, other = (int(i) for i in rng.permutation(6)[:3])
        right = np.concatenate([rng.integers(0, 6, size=n), np.full(n - 1, b), [eos]])
        early = right.copy()
        early[-2:] = eos, other
        late = right.copy()
        late[-1] = b
        for predictions, expected in [(right, True), (early, False), (late, False)]:
            with checks.unchanged(predictions=predictions):
                result = accepts(predictions, n, b, eos)
            if not isinstance(result, bool | np.bool_):
                raise checks.CheckError("accepts should return True or False.")
            if bool(result) != expected:
                raise checks.CheckError(
                    f"With n = {n} it rejects a right row of predictions."
                    if expected
                    else f"With n = {n} it accepts a wrong row of predictions."
                )


@test_case(
    name="A single wrong token, at each determined position",
    points=2,
    hidden=True,
    failure_message="Every position from the first b on is determined, including the first and the last; and one wrong token is enough.",
)
def test_single_mistakes(accepts):
    """A single wrong token, at each determined position"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1102])
    for n in (2, 4, 7):
        a, b, eos = (int(i) for i in rng.permutation(5)[:3])
        right = np.array([a] * n + [b] * (n - 1) + [eos])
        rows = [(right, True)]
        for place in range(n, 2 * n):
            for token in set(range(5)) - {int(right[place])}:
                wrong = right.copy()
                wrong[place] = token
                rows.append((wrong, False))
        for predictions, expected in rows:
            result = accepts(predictions, n, b, eos)
            if not isinstance(result, bool | np.bool_):
                raise checks.CheckError("accepts should return True or False.")
            if bool(result) != expected:
                raise checks.CheckError(
                    f"With n = {n}: "
                    + ("it rejects right predictions." if expected else "it misses a mistake.")
                )


@test_case(
    name="Anything may be predicted where nothing is determined",
    points=1,
    hidden=True,
    failure_message="After an a, nobody can know what comes next, not even after the last one. Do these predictions affect your answer?",
)
def test_free_places(accepts):
    """Anything may be predicted where nothing is determined"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1103])
    for n in (1, 2, 6, 9):
        a, b, eos = (int(i) for i in rng.permutation(4)[:3])
        for begin in (np.full(n, a), np.full(n, b), np.full(n, eos), rng.integers(0, 4, size=n)):
            for end, expected in ((eos, True), (a, False)):
                predictions = np.concatenate([begin, np.full(n - 1, b), [end]])
                result = accepts(predictions, n, b, eos)
                if not isinstance(result, bool | np.bool_):
                    raise checks.CheckError("accepts should return True or False.")
                if bool(result) != expected:
                    raise checks.CheckError(
                        f"With n = {n}: a prediction after an a affects the answer."
                        if expected
                        else f"With n = {n}: it misses a wrong last prediction."
                    )


@test_case(
    name="n = 1: only one prediction is determined",
    points=1,
    hidden=True,
    failure_message="The shortest sequence is a b EOS. How many predictions are there, and which of them is determined?",
)
def test_shortest_sequence(accepts):
    """n = 1: only one prediction is determined"""
    import numpy as np
    from seqlab import checks

    a, b, eos = (int(i) for i in np.random.default_rng([SEMESTER, 1104]).permutation(8)[:3])
    for predictions, expected in [
        ([a, eos], True),
        ([b, eos], True),
        ([eos, eos], True),
        ([b, b], False),
        ([eos, b], False),
        ([eos, a], False),
    ]:
        result = accepts(np.array(predictions), 1, b, eos)
        if not isinstance(result, bool | np.bool_):
            raise checks.CheckError("accepts should return True or False.")
        if bool(result) != expected:
            raise checks.CheckError(
                "With n = 1 it rejects a right answer."
                if expected
                else "With n = 1 it accepts a wrong answer."
            )
