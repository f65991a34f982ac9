from otter.test_files import test_case

OK_FORMAT = False

name = "q7_masked_loss"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 1055494307644314245


@test_case(name="The example from the text", points=None, hidden=False)
def test_example(masked_loss, bits_per_character, perplexity):
    """The example from the text"""
    import numpy as np
    import torch
    from seqlab import checks

    # Softmax probabilities 1/2, 1/4, 1/4 for the characters 0, 1, 2.
    logits = torch.tensor([2.0, 1.0, 1.0]).log().expand(2, 3, 3)
    targets = torch.tensor([[0, 1, 0], [2, 0, 0]])
    mask = torch.tensor([[1.0, 1, 1], [1, 0, 0]])
    loss = masked_loss(logits, targets, mask)
    checks.assert_close("the loss of the example", loss, 3 * np.log(2))
    nats = 6 * np.log(2)
    checks.assert_close("bits_per_character(6 ln 2, 4)", bits_per_character(nats, 4), 1.5)
    checks.assert_close("perplexity(6 ln 2, 4)", perplexity(nats, 4), 2**1.5)


@test_case(
    name="Ragged batches, computed once more",
    points=3,
    hidden=True,
    failure_message="Which sum, and divided by what? Each character counts once, whichever sentence it is in, and the unit is nats per sentence.",
)
def test_against_numpy(masked_loss):
    """Ragged batches, computed once more"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 701])
    for B, T, V in [(4, 7, 5), (1, 3, 2), (6, 2, 9)]:
        logits = rng.normal(0, 2, size=(B, T, V))
        targets = rng.integers(0, V, size=(B, T))
        # Ragged: the first row is full, and the others have at least one character.
        lengths = np.append(T, rng.integers(1, T + 1, size=B - 1))
        mask = np.arange(T) < lengths[:, None]
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        each = -np.take_along_axis(log_p, targets[:, :, None], axis=-1)[:, :, 0]
        expected = each[mask].sum() / B
        for name, given in [("floats", torch.tensor(mask * 1.0)), ("bools", torch.tensor(mask))]:
            loss = masked_loss(torch.tensor(logits), torch.tensor(targets), given)
            checks.assert_close(f"the loss with a mask of {name}", loss, expected)


@test_case(
    name="More padding, and other padding",
    points=2,
    hidden=True,
    failure_message="May ten columns of padding change the loss? What if other logits and targets stand there?",
)
def test_padding_does_not_matter(masked_loss):
    """More padding, and other padding"""
    import numpy as np
    import torch
    from seqlab import checks

    B, T, V, more = 3, 5, 6, 10
    rng = np.random.default_rng([SEMESTER, 702])
    logits = rng.normal(size=(B, T + more, V))
    targets = rng.integers(0, V, size=(B, T + more))
    mask = np.arange(T + more) < np.array([[5], [2], [4]])
    expected = masked_loss(
        torch.tensor(logits[:, :T]), torch.tensor(targets[:, :T]), torch.tensor(mask[:, :T] * 1.0)
    )
    checks.assert_shape("the loss", expected, ())
    checks.assert_finite("the loss", expected)
    if np.asarray(expected).dtype.kind != "f":
        raise checks.CheckError("The loss should be a number with digits behind the point.")
    expected = float(expected)
    if not expected > 0:
        raise checks.CheckError("The loss of random logits should be positive.")
    for scale in (1.0, 50.0):
        logits[~mask] = rng.normal(0, scale, size=logits[~mask].shape)
        targets[~mask] = rng.integers(0, V, size=targets[~mask].shape)
        loss = masked_loss(torch.tensor(logits), torch.tensor(targets), torch.tensor(mask * 1.0))
        checks.assert_close("the loss with ten more columns of padding", loss, expected)
    # What counts does matter, the character with the index 0 too.
    targets[0, 0] = 0
    losses = []
    for shift in (0.0, 3.0):
        logits[0, 0, 0] = shift
        losses.append(
            masked_loss(torch.tensor(logits), torch.tensor(targets), torch.tensor(mask * 1.0))
        )
    if not float(losses[1]) < float(losses[0]) - 1e-3:
        raise checks.CheckError(
            "A larger logit for the right character should lower the loss, whatever its index."
        )


@test_case(
    name="Bits per character and perplexity of random losses",
    points=3,
    hidden=True,
    failure_message="Per what, and to which base? The two numbers say the same: the perplexity is 2 to the power of the bits per character.",
)
def test_units(bits_per_character, perplexity):
    """Bits per character and perplexity of random losses"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 703])
    for _ in range(5):
        characters = int(rng.integers(2, 400))
        # As uncertain as a choice among so many characters.
        choices = rng.uniform(1.5, 60)
        nats = characters * np.log(choices)
        bits = bits_per_character(nats, characters)
        checks.assert_close("bits per character", bits, np.log2(choices))
        checks.assert_close("the perplexity", perplexity(nats, characters), choices)
    checks.assert_close("the perplexity of a sure thing", perplexity(0.0, 7), 1.0)
