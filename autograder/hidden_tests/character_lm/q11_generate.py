from otter.test_files import test_case

OK_FORMAT = False

name = "q11_generate"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 7630365572831464274


@test_case(name="A model that always prefers the same character", points=None, hidden=False)
def test_no_choice(CharLM, generate):
    """A model that always prefers the same character"""
    import numpy as np
    import torch
    from seqlab import checks

    model = CharLM(4, 3, 5)
    state = {name: torch.zeros(p.shape) for name, p in model.named_parameters()}
    # Without weights the logits are the bias of the linear layer.
    state.update({n: torch.tensor([0.0, 1, 3, 2]) for n, p in state.items() if p.shape == (4,)})
    model.load_state_dict(state)
    rng = np.random.default_rng(0)
    tokens = generate(model, [0, 1], 5, 0, None, None, rng)
    checks.assert_equal("five characters at temperature 0", list(tokens), [2] * 5)
    tokens = generate(model, [0], 5, 0, None, 2, rng)
    checks.assert_equal("the characters with stop = 2", list(tokens), [2])
    checks.assert_raises(
        ValueError, generate, model, [], 3, 1.0, None, None, rng, because="the prefix is empty"
    )


@test_case(
    name="Temperature 0: prefixes of several characters, stop and max_tokens",
    points=2,
    hidden=True,
    failure_message="Read the whole prefix, then each new character once, with the state. Return only new ones, and end right after stop.",
)
def test_greedy(CharLM, generate):
    """Temperature 0: prefixes of several characters, stop and max_tokens"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    V, E, H = 9, 7, 8
    rng = np.random.default_rng([SEMESTER, 1101])
    for case in range(4):
        model = CharLM(V, E, H)
        model.double()
        params = networks.random_parameters(V, E, H, rng, 1.5)
        # Open forget gates: what was read long ago still matters, and twice is not once.
        params["b_ih"][H : 2 * H] += 5.0
        networks.load(model, params)
        params = networks.parameters_of(model, V, E, H)
        prefix = [int(i) for i in rng.integers(0, V, size=1 + case)]
        read = list(prefix)
        for _ in range(10):
            read.append(int(np.argmax(networks.logits_of(params, [read])[0, -1])))
        expected = read[len(prefix) :]
        tokens = generate(model, prefix, 10, 0, None, None, np.random.default_rng([SEMESTER, 1102]))
        if not all(isinstance(token, int | np.integer) for token in tokens):
            raise checks.CheckError("The characters should be integers: they are indices.")
        checks.assert_equal("the characters without a stop", list(tokens), expected)
        stop = expected[6]
        tokens = generate(model, prefix, 10, 0, None, stop, np.random.default_rng([SEMESTER, 1102]))
        checks.assert_equal(
            "the characters up to stop", list(tokens), expected[: expected.index(stop) + 1]
        )
        # The character that ends a text may stand in the prefix.
        prefix.append(next(c for c in range(V) if c not in expected[:3]))
        read = list(prefix)
        for _ in range(4):
            read.append(int(np.argmax(networks.logits_of(params, [read])[0, -1])))
        expected = read[len(prefix) :]
        if prefix[-1] not in expected:
            tokens = generate(model, prefix, 4, 0, None, prefix[-1], np.random.default_rng([SEMESTER, 1102]))
            checks.assert_equal("the characters after a stop in the prefix", list(tokens), expected)
        tokens = generate(model, prefix, 0, 0, None, None, np.random.default_rng([SEMESTER, 1102]))
        checks.assert_equal("the characters with max_tokens = 0", list(tokens), [])
    # And it may be the first one of the alphabet.
    networks.load(model, {**{k: 0 * p for k, p in params.items()}, "b": -1.0 * np.arange(V)})
    tokens = generate(model, [3], 5, 0, None, 0, np.random.default_rng([SEMESTER, 1102]))
    checks.assert_equal("the characters up to stop = 0", list(tokens), [0])


@test_case(
    name="The texts are as probable as they should be",
    points=2,
    hidden=True,
    failure_message="Does the model read the character that was drawn, and does it remember what came before? Is each character drawn from the prediction made right before it, at the temperature that was asked for?",
)
def test_drawn_from_the_model(CharLM, generate):
    """The texts are as probable as they should be"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    V, E, H, count, runs = 7, 6, 10, 50, 4
    rng = np.random.default_rng([SEMESTER, 1103])
    for temperature in (0.6, 1.6):
        model = CharLM(V, E, H)
        params = networks.random_parameters(V, E, H, rng, 1.2)
        params["b_ih"][H : 2 * H] += 3.0
        networks.load(model, params)
        params = networks.parameters_of(model, V, E, H)
        surplus, variance = 0.0, 0.0
        for seed in rng.integers(2**32, size=runs):
            prefix = [int(i) for i in rng.integers(0, V, size=2)]
            drawing, again = (np.random.Generator(np.random.PCG64(int(seed))) for _ in range(2))
            tokens = generate(model, prefix, count, temperature, None, None, drawing)
            tokens = [int(token) for token in tokens]
            if len(tokens) != count or not set(tokens) <= set(range(V)):
                raise checks.CheckError("With max_tokens = 50 there should be 50 indices.")
            if tokens[:9] != list(generate(model, prefix, 9, temperature, None, None, again)):
                raise checks.CheckError(
                    "Two generators with the same seed led to different texts. Take all random "
                    "numbers from rng."
                )
            z = networks.logits_of(params, [prefix + tokens[:-1]])[0, 1:] / temperature
            log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
            p = np.exp(log_p)
            # What a drawn character costs is, on average, the entropy of its prediction.
            costs = log_p[np.arange(count), tokens]
            expected = (p * log_p).sum(axis=-1)
            surplus += (costs - expected).sum()
            variance += ((p * log_p**2).sum(axis=-1) - expected**2).sum()
        # Five standard deviations: a right answer fails once in a million.
        if abs(surplus) > 5 * np.sqrt(variance):
            kind = "probable" if surplus > 0 else "improbable"
            raise checks.CheckError(
                f"At temperature {temperature}, the texts are far too {kind} for this model."
            )


@test_case(
    name="Only the most probable characters are drawn",
    points=1,
    hidden=True,
    failure_message="The number of characters to choose from is an argument too. Does it reach the distribution?",
)
def test_top_k(CharLM, generate):
    """Only the most probable characters are drawn"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    V, E, H, count = 8, 5, 6, 50
    rng = np.random.default_rng([SEMESTER, 1104])
    for top_k in (1, 2, 4):
        model = CharLM(V, E, H)
        networks.load(model, networks.random_parameters(V, E, H, rng, 1.0))
        params = networks.parameters_of(model, V, E, H)
        seed = int(rng.integers(2**32))
        drawing = np.random.Generator(np.random.PCG64(seed))
        tokens = [int(t) for t in generate(model, [1], count, 1.5, top_k, None, drawing)]
        if len(tokens) != count or not set(tokens) <= set(range(V)):
            raise checks.CheckError("With max_tokens = 50 there should be 50 indices below V.")
        logits = networks.logits_of(params, [[1, *tokens[:-1]]])[0]
        least = np.sort(logits, axis=1)[:, -top_k]
        # The model computes in float32.
        if np.any(logits[np.arange(count), tokens] < least - 1e-4):
            raise checks.CheckError(f"With top_k = {top_k}, another character was drawn.")
        if top_k > 1 and np.all(logits[np.arange(count), tokens] > logits.max(axis=1) - 1e-6):
            raise checks.CheckError(f"With top_k = {top_k}, only the largest logit is drawn.")


@test_case(
    name="An empty prefix raises a ValueError, and any other one is left as it is",
    points=1,
    hidden=True,
    failure_message="Check the arguments before the first step: what would the model read?",
)
def test_refused_prefix(CharLM, generate):
    """An empty prefix raises a ValueError, and any other one is left as it is"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    V, E, H = 5, 4, 3
    rng = np.random.default_rng([SEMESTER, 1105])
    model = CharLM(V, E, H)
    networks.load(model, networks.random_parameters(V, E, H, rng))
    prefix = [3, 0]
    with checks.unchanged(prefix=prefix):
        tokens = generate(model, prefix, 4, 1.0, None, None, rng)
    if len(tokens) != 4:
        raise checks.CheckError("With max_tokens = 4 there should be four characters.")
    checks.assert_raises(
        ValueError, generate, model, [], 4, 1.0, None, None, rng, because="the prefix is empty"
    )
