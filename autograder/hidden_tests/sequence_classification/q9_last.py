from otter.test_files import test_case

OK_FORMAT = False

name = "q9_last"
points = 8

# Hidden inputs are those of one semester.
SEMESTER = 2329450606161452423


@test_case(name="Three rows, one of them empty", points=None, hidden=False)
def test_small(last_valid, In):
    """Three rows, one of them empty"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid")
    h = np.arange(15.0).reshape(3, 5, 1)
    last = last_valid(h, np.array([4, 1, 0]))
    checks.assert_close("the last states", last, [[4.0], [6.0], [10.0]], axes="BH")


@test_case(name="The same three rows, back", points=None, hidden=False)
def test_small_backward(last_valid_backward, In):
    """The same three rows, back"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid_backward")
    dh = last_valid_backward(np.array([[1.0], [2.0], [3.0]]), np.array([4, 1, 0]), 4)
    expected = np.array([[0, 0, 0, 1], [2, 0, 0, 0], [0, 0, 0, 0]])[:, :, None]
    checks.assert_close("dh", dh, expected, axes="BTH")


@test_case(
    name="Random lengths, with the longest and the shortest possible row",
    points=3,
    hidden=True,
    failure_message="Number the states of one row: 0 is the initial state, 1 the state after the first word. Which number has the state after the last of its words?",
)
def test_states(last_valid, In):
    """Random lengths, with the longest and the shortest possible row"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid")
    rng = np.random.default_rng([SEMESTER, 901])
    for B, T, H in [(5, 7, 3), (2, 4, 6), (1, 1, 2)]:
        h = rng.normal(size=(B, T + 1, H))
        lengths = rng.integers(1, T + 1, size=B)
        lengths[0] = T
        expected = np.array([h[i][length] for i, length in enumerate(lengths)])
        with checks.unchanged(h=h, lengths=lengths):
            last = last_valid(h, lengths)
        checks.assert_close("the last states", last, expected, axes="BH")


@test_case(
    name="Rows without words",
    points=1,
    hidden=True,
    failure_message="A review without words leaves the network in its initial state. Does an index become -1 somewhere? In NumPy that is the last one.",
)
def test_empty_rows(last_valid, In):
    """Rows without words"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid")
    rng = np.random.default_rng([SEMESTER, 902])
    h, lengths = rng.normal(size=(4, 6, 3)), rng.permutation([0, 5, 0, 2])
    expected = np.stack([row[length] for row, length in zip(h, lengths)])
    checks.assert_close("the last states", last_valid(h, lengths), expected, axes="BH")


@test_case(
    name="The gradient of the last states, against autograd",
    points=3,
    hidden=True,
    failure_message="Column t of dh belongs to the state after word number t + 1. Each row has one column that is not zero: which one?",
)
def test_backward(last_valid_backward, In):
    """The gradient of the last states, against autograd"""
    import numpy as np
    import torch
    from seqlab import checks, gradients

    checks.assert_numpy_only(In, "last_valid_backward")
    rng = np.random.default_rng([SEMESTER, 903])
    for B, T, H in [(6, 5, 3), (2, 7, 4), (1, 1, 2)]:
        lengths = rng.integers(1, T + 1, size=B)
        lengths[-1] = T
        dlast = rng.normal(size=(B, H))
        h = torch.zeros(B, T + 1, H, dtype=torch.float64, requires_grad=True)
        picked = torch.stack([row[length] for row, length in zip(h, lengths)])
        (picked * torch.tensor(dlast)).sum().backward()
        expected = h.grad.numpy()[:, 1:]
        with checks.unchanged(dlast=dlast, lengths=lengths):
            dh = last_valid_backward(dlast, lengths, T)
        checks.assert_shape("dh", dh, (B, T, H))
        gradients.assert_gradients({"h": dh}, {"h": expected}, {"h": "BTH"})


@test_case(
    name="Rows without words have no gradient here, and no row is as long as T",
    points=1,
    hidden=True,
    failure_message="The gradient of an empty row goes to the initial state, which has no column in dh. Is its row zero, in the last column too? And how many columns are there?",
)
def test_backward_of_empty_rows(last_valid_backward, In):
    """Rows without words have no gradient here, and no row is as long as T"""
    import numpy as np
    from seqlab import checks

    checks.assert_numpy_only(In, "last_valid_backward")
    rng = np.random.default_rng([SEMESTER, 904])
    T, lengths = 7, rng.permutation([0, 3, 0, 5, 1])
    dlast = rng.normal(size=(5, 2))
    here = np.arange(1, T + 1) == lengths[:, None]
    expected = np.einsum("bt,bh->bth", here.astype(float), dlast)
    checks.assert_close("dh", last_valid_backward(dlast, lengths, T), expected, axes="BTH")
