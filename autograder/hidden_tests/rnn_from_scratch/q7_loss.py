from otter.test_files import test_case

OK_FORMAT = False

name = "q7_loss"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 1155876633482539695


@test_case(name="All logits are zero: every prediction costs ln V", points=None, hidden=False)
def test_uniform(cross_entropy):
    """All logits are zero: every prediction costs ln V"""
    import numpy as np
    from seqlab import checks

    targets = np.array([[0, 1, 2], [2, 0, 0]])
    mask = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    loss, dlogits = cross_entropy(np.zeros((2, 3, 4)), targets, mask)
    # 4 predictions count, in 2 sequences.
    checks.assert_close("the loss", loss, 4 * np.log(4) / 2)
    checks.assert_shape("dlogits", dlogits, (2, 3, 4))
    first = np.asarray(dlogits)[0, 0]
    checks.assert_close("dlogits[0, 0]", first, np.array([-0.75, 0.25, 0.25, 0.25]) / 2)


@test_case(
    name="Targets with a probability near 0; the arguments do not change",
    points=None,
    hidden=False,
)
def test_improbable_targets(cross_entropy):
    """Targets with a probability near 0; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    logits = np.array([[[500.0, -500.0], [-800.0, 200.0]]])
    targets, mask = np.array([[1, 0]]), np.ones((1, 2))
    with checks.unchanged(targets=targets, mask=mask, logits=logits):
        result = cross_entropy(logits, targets, mask)
    loss, dlogits = checks.unpack("cross_entropy", result, ("loss", "dlogits"))
    checks.assert_close("the loss of two targets with logits 1000 too small", loss, 2000.0)
    checks.assert_close("dlogits", dlogits, [[[1.0, -1.0], [-1.0, 1.0]]], axes="BTV")


@test_case(
    name="The gradient equals central differences of your own loss",
    points=None,
    hidden=False,
)
def test_gradient_by_differences(cross_entropy):
    """The gradient equals central differences of your own loss"""
    import numpy as np
    from seqlab import gradients

    rng = np.random.default_rng(7)
    logits = rng.normal(size=(2, 3, 4))
    targets = rng.integers(0, 4, size=(2, 3))
    mask = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    _, dlogits = cross_entropy(logits, targets, mask)
    numerical = gradients.numerical_gradient(lambda z: cross_entropy(z, targets, mask)[0], logits)
    gradients.assert_gradients({"logits": dlogits}, {"logits": numerical}, axes={"logits": "BTV"})


@test_case(
    name="The loss of a ragged batch, in nats per sequence",
    points=3,
    hidden=True,
    failure_message="The loss is summed over the time steps that count and divided by the number of sequences. What do you divide by, and what does the mask do?",
)
def test_loss(cross_entropy):
    """The loss of a ragged batch, in nats per sequence"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 701])
    for B, T, V in [(3, 7, 5), (5, 4, 3), (1, 6, 2), (4, 1, 6)]:
        logits = rng.normal(0, 2, size=(B, T, V))
        targets = rng.integers(0, V, size=(B, T))
        mask = (np.arange(T) < rng.integers(1, T + 1, size=(B, 1))).astype(np.float64)
        each = torch.nn.functional.cross_entropy(
            torch.tensor(logits).reshape(B * T, V),
            torch.tensor(targets).reshape(-1),
            reduction="none",
        )
        expected = float((each.numpy() * mask.reshape(-1)).sum() / B)
        with checks.unchanged(logits=logits, targets=targets, mask=mask):
            loss, _ = cross_entropy(logits, targets, mask)
        checks.assert_close(f"the loss with B = {B}, T = {T}, V = {V}", loss, expected)


@test_case(
    name="The gradient of a ragged batch equals that of PyTorch",
    points=4,
    hidden=True,
    failure_message="dlogits must be the derivative of exactly your loss. What was predicted, what was true, and which constant factors does the loss have in front of this term?",
)
def test_gradient(cross_entropy):
    """The gradient of a ragged batch equals that of PyTorch"""
    import numpy as np
    import torch
    from seqlab import checks, gradients

    rng = np.random.default_rng([SEMESTER, 702])
    for B, T, V in [(3, 7, 5), (5, 4, 3), (1, 1, 4)]:
        logits = rng.normal(0, 2, size=(B, T, V))
        targets = rng.integers(0, V, size=(B, T))
        mask = (np.arange(T) < rng.integers(1, T + 1, size=(B, 1))).astype(np.float64)
        z = torch.tensor(logits, requires_grad=True)
        each = torch.nn.functional.cross_entropy(
            z.reshape(B * T, V), torch.tensor(targets).reshape(-1), reduction="none"
        )
        (each * torch.tensor(mask).reshape(-1)).sum().div(B).backward()
        _, dlogits = cross_entropy(logits, targets, mask)
        axes = {"logits": "BTV"}
        gradients.assert_gradients({"logits": dlogits}, {"logits": z.grad.numpy()}, axes)
        padding = np.asarray(dlogits)[mask == 0]
        checks.assert_close("dlogits where the mask is 0", padding, np.zeros_like(padding))


@test_case(
    name="Logits of plus and minus one thousand",
    points=2,
    hidden=True,
    failure_message="The logarithm of a probability that was rounded to 0 is -inf, and a small number inside the logarithm hides the problem but gives the wrong loss. Compute the logarithm of the softmax without computing the softmax first. Each time step has its own largest logit.",
)
def test_extreme_logits(cross_entropy):
    """Logits of plus and minus one thousand"""
    import numpy as np
    from seqlab import checks

    # One prediction in each of two sequences: here a mean over tokens is one over sequences.
    logits = np.array([[[1000.0, 0.0, -1000.0]], [[-1000.0, -1000.0, 1000.0]]])
    loss, dlogits = cross_entropy(logits, np.array([[1], [2]]), np.ones((2, 1)))
    checks.assert_close("the loss", loss, 500.0)
    expected = np.array([[[0.5, -0.5, 0.0]], [[0.0, 0.0, 0.0]]])
    checks.assert_close("dlogits", dlogits, expected, axes="BTV")
    loss, dlogits = cross_entropy(logits, np.array([[2], [0]]), np.ones((2, 1)))
    checks.assert_close("the loss of two wrong predictions", loss, 2000.0)
    # The largest logit of one time step says nothing about another step's.
    apart = np.array([[[1000.0, 1000.0]], [[-1000.0, -1000.0]]])
    loss, _ = cross_entropy(apart, np.array([[0], [1]]), np.ones((2, 1)))
    checks.assert_close("the loss where the time steps lie far apart", loss, np.log(2.0))


@test_case(
    name="More padding changes neither the loss nor the gradient",
    points=1,
    hidden=True,
    failure_message="Append ten columns of padding to a batch. May the loss change? May the gradient of the other columns change?",
)
def test_padding_changes_nothing(cross_entropy):
    """More padding changes neither the loss nor the gradient"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 703])
    B, T, V, more = 3, 4, 5, 6
    logits = rng.normal(size=(B, T + more, V))
    targets = rng.integers(0, V, size=(B, T + more))
    mask = np.ones((B, T + more))
    mask[:, T:] = 0.0
    loss, dlogits = cross_entropy(logits[:, :T], targets[:, :T], mask[:, :T])
    p = np.exp(logits[:, :T]) / np.exp(logits[:, :T]).sum(axis=-1, keepdims=True)
    right = np.take_along_axis(p, targets[:, :T, None], axis=-1)
    checks.assert_close("the loss without padding", loss, float(-np.log(right).sum() / B))
    padded_loss, padded = cross_entropy(logits, targets, mask)
    checks.assert_close("the loss with padding", padded_loss, float(loss))
    checks.assert_close(
        "dlogits with padding", np.asarray(padded)[:, :T], np.asarray(dlogits), axes="BTV"
    )
