from otter.test_files import test_case

OK_FORMAT = False

name = "q7_train"
points = 8


@test_case(name="Thirty steps on two sequences: the loss falls", points=None, hidden=False)
def test_short_run(train_lstm, In):
    """Thirty steps on two sequences: the loss falls"""
    import numpy as np
    from seqlab import cases, checks

    checks.assert_numpy_only(In, "train_lstm", "lstm_forward", "lstm_backward")
    V, H, steps = 3, 5, 30
    params = cases.lstm_params(V, H, np.random.default_rng(7), 0.3)
    inputs = np.array([[0, 1, 0, 0], [0, 0, 1, 1]])
    targets = np.array([[1, 2, 0, 0], [0, 1, 1, 2]])
    mask = np.array([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    with checks.unchanged(params=params):
        result = train_lstm(params, np.eye(V)[inputs], targets, mask, steps, 0.1, 0.9, 1.0)
    new_params, losses = checks.unpack("train_lstm", result, ("params", "losses"))
    checks.assert_keys("the new params", new_params, params)
    checks.assert_shape("losses", losses, (steps,))
    if not losses[-1] < losses[0]:
        raise checks.CheckError("The last loss is not smaller than the first.")
