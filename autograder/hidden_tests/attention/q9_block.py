from otter.test_files import test_case

OK_FORMAT = False

name = "q9_block"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 7982211706137233869


@test_case(
    name="The shape of the logits, and the number of parameters from the text",
    points=None,
    hidden=False,
)
def test_shapes(TransformerLM):
    """The shape of the logits, and the number of parameters from the text"""
    import torch
    from seqlab import checks

    model = TransformerLM(4, 32, 2, 22)
    count = sum(parameter.numel() for parameter in model.parameters())
    checks.assert_equal("the number of parameters", int(count), 13732)
    logits = model(torch.zeros(3, 5, dtype=torch.int64))
    checks.assert_shape("the logits", logits, (3, 5, 4))


@test_case(name="The last token changes only the last logits", points=None, hidden=False)
def test_future(TransformerLM):
    """The last token changes only the last logits"""
    import torch
    from seqlab import checks

    model = TransformerLM(4, 8, 2, 10)
    first = model(torch.tensor([[0, 1, 2, 3, 0]])).detach()
    second = model(torch.tensor([[0, 1, 2, 3, 1]])).detach()
    checks.assert_close("the logits of the first four tokens", second[:, :4], first[:, :4])
    if torch.allclose(first[:, 4], second[:, 4], atol=1e-4):
        raise checks.CheckError("The last token does not change its own logits.")


@test_case(
    name="The logits, computed once more from the model's own parameters",
    points=4,
    hidden=True,
    failure_message="Follow the four lines of the text. What is normalised, and when? What is added to what? Which of the three norms comes where?",
)
def test_same_function(TransformerLM):
    """The logits, computed once more from the model's own parameters"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models

    rng = np.random.default_rng([SEMESTER, 901])
    for B, T, V, D, heads, longest in [(3, 6, 5, 8, 2, 9), (2, 4, 3, 6, 3, 4)]:
        model = TransformerLM(V, D, heads, longest)
        state = models.load_random(model, rng)
        tokens = torch.tensor(rng.integers(0, V, size=(B, T)))
        expected = models.transformer(state, tokens, V, D, heads, longest)
        # The model computes in float32.
        checks.assert_close("the logits", model(tokens), expected, rtol=1e-3, atol=1e-4, axes="BTV")


@test_case(
    name="A change of one token reaches later logits of its own sequence, and no others",
    points=2,
    hidden=True,
    failure_message="The prediction of a token may depend on itself and on the tokens before it in its own sequence, and it must depend on all of them.",
)
def test_who_sees_whom(TransformerLM):
    """A change of one token reaches later logits of its own sequence, and no others"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models

    rng = np.random.default_rng([SEMESTER, 902])
    B, T, V, D = 3, 7, 6, 8
    model = TransformerLM(V, D, 2, 12)
    model.double()
    models.load_random(model, rng)
    tokens = rng.integers(0, V, size=(B, T))
    sequence, place = 1, 3
    other = tokens.copy()
    other[sequence, place] = (tokens[sequence, place] + 1 + rng.integers(V - 1)) % V
    logits = []
    for array in (tokens, other):
        found = model(torch.tensor(array))
        checks.assert_shape("the logits", found, (B, T, V))
        checks.assert_finite("the logits", found)
        logits.append(np.asarray(found.detach()))
    moved = np.abs(logits[1] - logits[0]).max(axis=-1) > 1e-9
    if np.any(moved[sequence, :place]):
        raise checks.CheckError("A token changes the logits of an earlier one.")
    if np.any(moved[[0, 2]]):
        raise checks.CheckError("A token changes the logits of another sequence.")
    if not np.all(moved[sequence, place:]):
        raise checks.CheckError("A token does not change its own logits and all later ones.")


@test_case(
    name="The same token everywhere, and the past in another order",
    points=2,
    hidden=True,
    failure_message="Two equal tokens at different places differ by their positions alone. Which row of the table does the first token get, and does the order of the past matter?",
)
def test_positions(TransformerLM):
    """The same token everywhere, and the past in another order"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models

    rng = np.random.default_rng([SEMESTER, 903])
    V, D, heads, longest = 5, 6, 2, 8
    model = TransformerLM(V, D, heads, longest)
    state = models.load_random(model, rng)
    same = torch.full((1, longest), int(rng.integers(V)))
    orders = torch.tensor([[0, 1, 2, 3, 4], [2, 0, 1, 3, 4], [3, 2, 1, 0, 4]])
    for name, tokens in (("one token, repeated", same), ("tokens in several orders", orders)):
        expected = models.transformer(state, tokens, V, D, heads, longest)
        found = model(tokens)
        checks.assert_close(
            f"{name}: the logits", found, expected, rtol=1e-3, atol=1e-4, axes="BTV"
        )


@test_case(
    name="As many tokens as positions, one more, and one alone",
    points=2,
    hidden=True,
    failure_message="A table of positions ends somewhere. How many tokens fit exactly, and what happens with one more? One token and one sequence are not special cases.",
)
def test_limits(TransformerLM):
    """As many tokens as positions, one more, and one alone"""
    import numpy as np
    import torch
    from seqlab import checks
    from testing import models

    rng = np.random.default_rng([SEMESTER, 904])
    for V, D, heads, longest in [(4, 6, 1, 5), (3, 4, 4, 1)]:
        model = TransformerLM(V, D, heads, longest)
        state = models.load_random(model, rng)
        for T in (1, longest):
            tokens = torch.tensor(rng.integers(0, V, size=(1, T)))
            expected = models.transformer(state, tokens, V, D, heads, longest)
            checks.assert_close(
                f"with {longest} positions and {T} tokens: the logits",
                model(tokens),
                expected,
                rtol=1e-3,
                atol=1e-4,
            )
        tokens = torch.tensor(rng.integers(0, V, size=(2, longest + 1)))
        checks.assert_raises(
            ValueError, model, tokens, because="there are more tokens than positions"
        )
