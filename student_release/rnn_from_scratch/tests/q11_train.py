from otter.test_files import test_case

OK_FORMAT = False

name = "q11_train"
points = 10


@test_case(name="Thirty steps on two sequences: the loss falls", points=None, hidden=False)
def test_short_run(train_rnn):
    """Thirty steps on two sequences: the loss falls"""
    import numpy as np
    from seqlab import cases, checks

    V, H, steps = 3, 5, 30
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
