from otter.test_files import test_case

OK_FORMAT = False

name = "q6_embedding"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 1097620505703870868


@test_case(name="Two rows of three words", points=None, hidden=False)
def test_small_embedding(embed, In):
    """Two rows of three words"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed")
    E = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, 0.5], [3.0, 7.0]])
    vectors = embed(E, np.array([[2, 3, 2], [1, 0, 0]]))
    expected = [[[2, 0.5], [3, 7], [2, 0.5]], [[1, -1], [0, 0], [0, 0]]]
    checks.assert_close("vectors", vectors, expected, axes="BTD")


@test_case(name="The example from the text", points=None, hidden=False)
def test_small_gradient(embed_backward, In):
    """The example from the text"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed_backward")
    dx = np.array([[[1.0, 0.0], [5.0, 5.0], [0.0, 1.0]]])
    dE = embed_backward(np.array([[2, 3, 2]]), dx, 5)
    checks.assert_close("dE", dE, [[0, 0], [0, 0], [1, 1], [5, 5], [0, 0]], axes="VD")


@test_case(
    name="The same vectors as a product with one-hot vectors",
    points=3,
    hidden=True,
    failure_message="The vector of a word is one row of E, wherever the word stands. Compare with the product of one- hot vectors and E.",
)
def test_against_one_hot(embed, In):
    """The same vectors as a product with one-hot vectors"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed")
    rng = np.random.default_rng([SEMESTER, 601])
    for B, T, V, D in [(3, 5, 7, 4), (2, 6, 4, 9), (1, 1, 3, 1)]:
        E = rng.normal(size=(V, D))
        tokens = rng.integers(0, V, size=(B, T))
        expected = (tokens[:, :, None] == np.arange(V)).astype(np.float64) @ E
        with checks.unchanged(E=E, tokens=tokens):
            vectors = embed(E, tokens)
        checks.assert_close("the vectors", vectors, expected, axes="BTD")


@test_case(
    name="The gradient, with words that repeat, against autograd",
    points=4,
    hidden=True,
    failure_message="The same word stands in several places of this batch. Does its row of dE get what arrives at each of them?",
)
def test_gradient(embed_backward, In):
    """The gradient, with words that repeat, against autograd"""
    import numpy as np
    import torch
    from seqlab import checks, gradients

    checks.assert_numpy_only(In, "embed_backward")
    rng = np.random.default_rng([SEMESTER, 602])
    for B, T, V, D in [(4, 6, 5, 3), (2, 9, 8, 4)]:
        # More tokens than words: some word repeats.
        tokens = rng.integers(1, V, size=(B, T))
        dx = rng.normal(size=(B, T, D))
        E = torch.tensor(rng.normal(size=(V, D)), requires_grad=True)
        (torch.nn.functional.embedding(torch.tensor(tokens), E) * torch.tensor(dx)).sum().backward()
        expected = E.grad.numpy()
        with checks.unchanged(tokens=tokens, dx=dx):
            dE = embed_backward(tokens, dx, V)
        gradients.assert_gradients({"E": dE}, {"E": expected})


@test_case(
    name="Padding has no gradient",
    points=2,
    hidden=True,
    failure_message="The vector of the padding is zero and stays zero. What must its gradient be, however many zeros stand in the batch?",
)
def test_padding(embed_backward, In):
    """Padding has no gradient"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed_backward")
    rng = np.random.default_rng([SEMESTER, 603])
    V, D, lengths = 6, 3, rng.permutation([2, 5, 1, 4])
    tokens = rng.integers(1, V, size=(4, 5)) * (np.arange(5) < lengths[:, None])
    dx = rng.normal(size=(4, 5, D))
    expected = np.stack([dx[tokens == v].sum(axis=0) * (v > 0) for v in range(V)])
    dE = embed_backward(tokens, dx, V)
    checks.assert_shape("dE", dE, (V, D))
    checks.assert_close("row 0 of dE", np.asarray(dE)[0], np.zeros(D))
    checks.assert_close("dE", dE, expected, axes="VD")


@test_case(
    name="A single word, and words that the batch does not contain",
    points=1,
    hidden=True,
    failure_message="dE has a row for each word of the vocabulary, also for the words after the largest index in the batch.",
)
def test_unused_words(embed_backward, In):
    """A single word, and words that the batch does not contain"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "embed_backward")
    rng = np.random.default_rng([SEMESTER, 604])
    for V, D in [(9, 2), (4, 5)]:
        dx = rng.normal(size=(1, 1, D))
        token = int(rng.integers(1, V - 1))
        expected = np.zeros((V, D))
        expected[token] = dx[0, 0]
        dE = embed_backward(np.array([[token]]), dx, V)
        checks.assert_close(f"dE with V = {V}", dE, expected, axes="VD")
