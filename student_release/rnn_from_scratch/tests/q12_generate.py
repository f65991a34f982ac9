from otter.test_files import test_case

OK_FORMAT = False

name = "q12_generate"
points = 6


@test_case(name="A network that says 0, 1, 2, 0, 1, 2, ...", points=None, hidden=False)
def test_round_and_round(generate):
    """A network that says 0, 1, 2, 0, 1, 2, ..."""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": 3 * np.eye(3),
        "W_hh": np.zeros((3, 3)),
        "b_h": np.zeros(3),
        "W_hy": 9 * np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        "b_y": np.zeros(3),
    }
    tokens = generate(params, [0], 5, 0, None, np.random.default_rng(0))
    checks.assert_equal("the tokens after 0", tokens, [1, 2, 0, 1, 2])
    tokens = generate(params, [0, 1], 5, 0, 0, np.random.default_rng(0))
    checks.assert_equal("the tokens after 0, 1 with stop = 0", tokens, [2, 0])


@test_case(
    name="A network that says what it read two tokens ago, and one that says nothing",
    points=None,
    hidden=False,
)
def test_memory(generate):
    """A network that says what it read two tokens ago, and one that says nothing"""
    import numpy as np
    from seqlab import checks

    # Units 0 to 2 hold the last token, units 3 to 5 the one before it.
    params = {
        "W_xh": 4 * np.eye(3, 6),
        "W_hh": 4 * np.eye(6, k=3),
        "b_h": np.zeros(6),
        "W_hy": 9 * np.eye(6, 3, k=-3),
        "b_y": np.zeros(3),
    }
    tokens = generate(params, [2, 1], 4, 0, None, np.random.default_rng(1))
    checks.assert_equal("the tokens after 2, 1", list(tokens), [2, 1, 2, 1])
    tokens = generate(params, [2, 1], 0, 0, None, np.random.default_rng(1))
    checks.assert_equal("no tokens, for max_tokens = 0", list(tokens), [])


@test_case(
    name="A network that says 3i or 3i + 1 (modulo 9) after i, each with probability 1/2",
    points=None,
    hidden=False,
)
def test_one_of_two(generate):
    """A network that says 3i or 3i + 1 (modulo 9) after i, each with probability 1/2"""
    import numpy as np
    from seqlab import checks

    # What can follow 3i cannot follow 3i + 1.
    V, tripled = 9, np.arange(0, 27, 3) % 9
    params = {
        "W_xh": 5 * np.eye(V),
        "W_hh": np.zeros((V, V)),
        "b_h": np.zeros(V),
        "W_hy": 50 * (np.eye(V)[tripled] + np.eye(V)[tripled + 1]),
        "b_y": np.zeros(V),
    }
    texts = [list(generate(params, [5], 40, 1.0, None, np.random.default_rng(8))) for _ in range(2)]
    checks.assert_equal("the text with a generator of the same seed", texts[0], texts[1])
    rests = {(after - 3 * before) % V for before, after in zip([5, *texts[0]], texts[0])}
    if not rests <= {0, 1}:
        raise checks.CheckError("A token came that cannot follow the one before it.")
    if rests != {0, 1}:
        raise checks.CheckError("In forty steps both possible tokens should occur.")


@test_case(
    name="The temperatures 1, 100 and 0.0001, with three tokens of different logits",
    points=None,
    hidden=False,
)
def test_temperatures(generate):
    """The temperatures 1, 100 and 0.0001, with three tokens of different logits"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.eye(3),
        "W_hh": np.zeros((3, 3)),
        "b_h": np.zeros(3),
        "W_hy": np.zeros((3, 3)),
        "b_y": np.array([3.0, 0.0, 1.5]),
    }
    for temperature, low, high in [(1.0, 65, 95), (100.0, 15, 60), (1e-4, 100, 100)]:
        tokens = list(generate(params, [0], 100, temperature, None, np.random.default_rng(4)))
        if not low <= tokens.count(0) <= high:
            raise checks.CheckError(
                f"At temperature {temperature:g} the most probable token comes too "
                f"{'rarely' if tokens.count(0) < low else 'often'}."
            )


@test_case(name="An empty prefix and a negative temperature", points=None, hidden=False)
def test_bad_arguments(generate):
    """An empty prefix and a negative temperature"""
    import numpy as np
    from seqlab import checks

    params = {
        "W_xh": np.eye(2),
        "W_hh": np.eye(2),
        "b_h": np.zeros(2),
        "W_hy": np.eye(2),
        "b_y": np.zeros(2),
    }
    rng = np.random.default_rng(0)
    checks.assert_raises(
        ValueError, generate, params, [], 3, 1.0, None, rng, because="the prefix is empty"
    )
    checks.assert_raises(
        ValueError, generate, params, [0], 3, -1.0, None, rng, because="the temperature is negative"
    )
