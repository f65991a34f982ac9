from otter.test_files import test_case

OK_FORMAT = False

name = "q11_train"
points = 10


@test_case(name="Sixty steps on two sequences: the loss falls", points=None, hidden=False)
def test_short_run(train_rnn):
    """Sixty steps on two sequences: the loss falls"""
    import numpy as np
    from seqlab import cases, checks

    V, H, steps = 3, 5, 60
    rng = np.random.default_rng(11)
    params = cases.rnn_params(V, H, rng, 0.3)
    inputs = np.array([[0, 1, 0, 0], [0, 0, 1, 1]])
    targets = np.array([[1, 2, 0, 0], [0, 1, 1, 2]])
    mask = np.array([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    with checks.unchanged(params=params):
        trained, losses = train_rnn(params, np.eye(V)[inputs], targets, mask, steps, 0.05, 0.9, 1.0)
    checks.assert_keys("the trained params", trained, params)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-1] < losses[0]:
        raise checks.CheckError("The last loss is not smaller than the first.")
    if not min(losses) > 0:
        raise checks.CheckError("Each of the losses should be recorded: none of them is 0.")


@test_case(
    name="How far one, two and three steps go, with tiny gradients; the loss before each",
    points=None,
    hidden=False,
)
def test_two_small_steps(train_rnn):
    """How far one, two and three steps go, with tiny gradients; the loss before each"""
    import copy

    import numpy as np
    from seqlab import cases, checks

    V, H, rate, momentum, max_norm = 3, 5, 0.2, 0.6, 1e-3
    inputs, targets, mask = np.array([[0, 1, 1, 2]]), np.array([[1, 1, 2, 0]]), np.ones((1, 4))
    start = cases.rnn_params(V, H, np.random.default_rng(12))
    about = np.eye(V)[inputs], targets, mask

    def way(before, after):
        return np.sqrt(sum(np.sum((after[name] - before[name]) ** 2) for name in before))

    # Copies: who trains in place fails the tests that say so, and no others.
    one, _ = train_rnn(copy.deepcopy(start), *about, 1, rate, momentum, max_norm)
    two, losses = train_rnn(copy.deepcopy(start), *about, 2, rate, momentum, max_norm)
    # The gradient is cut to max_norm, and hardly turns. In a run of two steps the learning rate is
    # 0.2, then 0.2 * (1 - 0.95 / 2) = 0.105, and then the velocity is 1 + 0.6 gradients.
    checks.assert_close("the length of a first step", way(start, one), 2e-4, rtol=1e-3, atol=0)
    checks.assert_close("the length of a second", way(one, two), 1.05e-4 * 1.6, rtol=1e-2, atol=0)
    # In a run of three: 1, 0.6833 and 0.3667 times 0.2, and velocities of 1, 1.6, 1.96 gradients.
    three, _ = train_rnn(copy.deepcopy(start), *about, 3, rate, momentum, max_norm)
    checks.assert_close("the length of three steps", way(start, three), 5.624e-4, rtol=1e-2, atol=0)
    checks.assert_close("losses[1] after a tiny step", losses[1], losses[0], rtol=1e-2)
    # With logits of 0 each of the four predictions costs ln 3.
    zeros = {name: 0 * array for name, array in start.items()}
    _, losses = train_rnn(copy.deepcopy(zeros), *about, 2, 1.0, 0.0, 1.0)
    checks.assert_close("the loss before the first update", losses[0], 4 * np.log(3))
    _, losses = train_rnn(copy.deepcopy(zeros), *about, 15, 0.0, 0.0, 1.0)
    checks.assert_close("the losses with a learning rate of 0", losses, np.full(15, 4 * np.log(3)))
