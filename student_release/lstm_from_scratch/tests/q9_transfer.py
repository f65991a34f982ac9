from otter.test_files import test_case

OK_FORMAT = False

name = "q9_transfer"
points = 10


@test_case(name="The model computes what your lstm_forward computes", points=None, hidden=False)
def test_same_numbers(LSTMLanguageModel, load_numpy_params, lstm_forward):
    """The model computes what your lstm_forward computes"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 2, 6, 3, 4
    rng = np.random.default_rng(9)
    params = cases.lstm_params(V, H, rng)
    inputs = rng.normal(size=(B, T, V))
    rest = np.zeros((B, H))
    expected = np.array(lstm_forward(params, inputs, rest, rest)[0])
    model = LSTMLanguageModel(V, H).double()
    with checks.unchanged(params=params):
        loaded = load_numpy_params(model, params)
    if loaded is None:
        raise checks.CheckError("load_numpy_params returned None. It should return the model.")
    logits, _ = loaded(torch.tensor(inputs))
    checks.assert_close("logits", logits, expected, rtol=0, atol=1e-12, axes="BTV")
