from otter.test_files import test_case

OK_FORMAT = False

name = "q12_generate"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 6431197151924438837


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


@test_case(
    name="Temperature 0: prefixes of several tokens, stop and max_tokens",
    points=2,
    hidden=True,
    failure_message="Read the whole prefix, keep the state from step to step, feed each new token back, return only new tokens, and end right after stop.",
)
def test_greedy(generate):
    """Temperature 0: prefixes of several tokens, stop and max_tokens"""
    import numpy as np
    from seqlab import checks

    V, H = 6, 8
    rng = np.random.default_rng([SEMESTER, 1201])
    for case in range(6):
        params = {
            "W_xh": rng.normal(size=(V, H)),
            "W_hh": 1.4 * np.linalg.qr(rng.normal(size=(H, H)))[0],
            "b_h": rng.normal(0, 0.3, size=H),
            "W_hy": rng.normal(size=(H, V)),
            "b_y": rng.normal(0, 0.3, size=V),
        }
        prefix = [int(i) for i in rng.integers(0, V, size=1 + case % 4)]
        state, expected, token = np.zeros(H), [], None
        for token in prefix:
            state = np.tanh(params["W_xh"][token] + state.dot(params["W_hh"]) + params["b_h"])
        for _ in range(12):
            token = int(np.argmax(state.dot(params["W_hy"]) + params["b_y"]))
            expected.append(token)
            state = np.tanh(params["W_xh"][token] + state.dot(params["W_hh"]) + params["b_h"])
        tokens = generate(params, prefix, 12, 0, None, np.random.default_rng([SEMESTER, 1202]))
        if not all(isinstance(token, int | np.integer) for token in tokens):
            raise checks.CheckError("The tokens should be integers: they are used as indices.")
        checks.assert_equal("the tokens without a stop token", list(tokens), expected)
        stop = expected[7]
        tokens = generate(params, prefix, 12, 0, stop, np.random.default_rng([SEMESTER, 1202]))
        checks.assert_equal(
            "the tokens up to stop", list(tokens), expected[: expected.index(stop) + 1]
        )
        tokens = generate(params, prefix, 3, 0, None, np.random.default_rng([SEMESTER, 1202]))
        checks.assert_equal("the tokens with max_tokens = 3", list(tokens), expected[:3])

    # After token i this network says i + 2 (modulo 5). The token that ends a text may be the first
    # of the vocabulary, and it may stand in the prefix.
    params = {
        "W_xh": 3 * np.eye(5),
        "W_hh": np.zeros((5, 5)),
        "b_h": np.zeros(5),
        "W_hy": 9 * np.roll(np.eye(5), 2, axis=1),
        "b_y": np.zeros(5),
    }
    rng = np.random.default_rng([SEMESTER, 1206])
    tokens = generate(params, [0, 4], 9, 0, 0, rng)
    checks.assert_equal("the tokens up to stop = 0", list(tokens), [1, 3, 0])
    tokens = generate(params, [0, 4], 0, 0, None, rng)
    checks.assert_equal("the tokens with max_tokens = 0", list(tokens), [])


@test_case(
    name="Each token follows from the token before it",
    points=2,
    hidden=True,
    failure_message="The network must read each drawn token next, as a one-hot vector. Does the text you return contain exactly the tokens that the network has read?",
)
def test_feeds_back_tokens(generate):
    """Each token follows from the token before it"""
    import numpy as np
    from seqlab import checks

    # After token i this network says 2i or 2i + 1 (modulo 8), each with probability 1/2. What can
    # follow 2i cannot follow 2i + 1: a network that reads a mixture of the two gives itself away.
    V = 8
    after = np.eye(V)[2 * np.arange(V) % V] + np.eye(V)[(2 * np.arange(V) + 1) % V]
    params = {
        "W_xh": 4 * np.eye(V),
        "W_hh": np.zeros((V, V)),
        "b_h": np.zeros(V),
        "W_hy": 60 * after,
        "b_y": np.zeros(V),
    }
    seeds = np.random.default_rng([SEMESTER, 1203])
    bits = []
    for seed in seeds.integers(2**32, size=4):
        rng, again = (np.random.Generator(np.random.PCG64(int(seed))) for _ in range(2))
        tokens = [2, *generate(params, [5, 2], 30, 1.0, None, rng)]
        if tokens[1:] != list(generate(params, [5, 2], 30, 1.0, None, again)):
            raise checks.CheckError(
                "Two generators with the same seed led to different texts. Take all random numbers "
                "from rng."
            )
        if len(tokens) != 31:
            raise checks.CheckError("With max_tokens = 30 and no stop there should be 30 tokens.")
        bits += [(tokens[i + 1] - 2 * tokens[i]) % V for i in range(30)]
        if set(bits) - {0, 1}:
            raise checks.CheckError("A token appeared that cannot follow the token before it.")
    # 120 fair coins: outside 0.5 +- 0.25 once in ten million.
    if not 0.25 < np.mean(bits) < 0.75:
        raise checks.CheckError("Of two equally probable tokens, one is drawn far too often.")


@test_case(
    name="Very small temperatures, and the frequencies of the tokens at 0.5, 1 and 3",
    points=1,
    hidden=True,
    failure_message="What must happen to the probabilities when the temperature goes to 0, and when it becomes very large? Divide the logits, not the probabilities, and then apply the softmax.",
)
def test_temperature(generate):
    """Very small temperatures, and the frequencies of the tokens at 0.5, 1 and 3"""
    import numpy as np
    from seqlab import checks

    V, H, count = 4, 3, 600
    logits = np.array([1.0, 0.0, -1.0, 0.4])
    # No weight leads to the logits: each token is drawn from the same distribution.
    params = {
        "W_xh": np.ones((V, H)),
        "W_hh": np.eye(H),
        "b_h": np.zeros(H),
        "W_hy": np.zeros((H, V)),
        "b_y": logits,
    }
    seeds = np.random.default_rng([SEMESTER, 1204])
    for temperature in (0.001, 0.0001):
        rng = np.random.Generator(np.random.PCG64(int(seeds.integers(2**32))))
        tokens = list(generate(params, [1], 5, temperature, None, rng))
        checks.assert_equal(f"the tokens at temperature {temperature}", tokens, [0] * 5)
    for temperature in (0.5, 1.0, 3.0):
        p = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
        drawn = []
        for case in range(count // 20):
            rng = np.random.Generator(np.random.PCG64(int(seeds.integers(2**32))))
            drawn += list(generate(params, [case % V], 20, temperature, None, rng))
        frequencies = np.bincount(np.array(drawn, dtype=int), minlength=V)[:V] / count
        # Five standard deviations: a right answer fails once in two million.
        if np.any(np.abs(frequencies - p) > 5 * np.sqrt(p * (1 - p) / count)):
            raise checks.CheckError(
                f"At temperature {temperature}, tokens are not drawn with the right frequencies."
            )


@test_case(
    name="An empty prefix and a negative temperature raise a ValueError",
    points=1,
    hidden=True,
    failure_message="Check the arguments before the first step: the network cannot start without a token, and a negative temperature would turn the most probable token into the least probable one.",
)
def test_refused_arguments(generate):
    """An empty prefix and a negative temperature raise a ValueError"""
    import numpy as np
    from seqlab import checks

    # This network repeats what it reads.
    params = {
        "W_xh": 3 * np.eye(4),
        "W_hh": np.zeros((4, 4)),
        "b_h": np.zeros(4),
        "W_hy": 5 * np.eye(4),
        "b_y": np.zeros(4),
    }
    rng = np.random.default_rng([SEMESTER, 1205])
    checks.assert_equal(
        "the tokens after 2", list(generate(params, [2], 3, 0, None, rng)), [2, 2, 2]
    )
    checks.assert_raises(
        ValueError, generate, params, [], 3, 0, None, rng, because="the prefix is empty"
    )
    checks.assert_raises(
        ValueError, generate, params, [0], 3, -0.5, None, rng, because="the temperature is negative"
    )
