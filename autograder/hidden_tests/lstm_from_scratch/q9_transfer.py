from otter.test_files import test_case

OK_FORMAT = False

name = "q9_transfer"
points = 10

# Hidden inputs are those of one semester.
SEMESTER = 8550036954600812575


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


@test_case(
    name="The three matrices, where PyTorch looks for them",
    points=4,
    hidden=True,
    failure_message="PyTorch stores each matrix the other way round. The shape of a square matrix or block does not tell you, so look at the formula z = x W^T + b again.",
)
def test_weights(LSTMLanguageModel, load_numpy_params):
    """The three matrices, where PyTorch looks for them"""
    import numpy as np
    from seqlab import cases, checks

    rng = np.random.default_rng([SEMESTER, 901])
    for V, H in [(5, 4), (3, 7)]:
        params = cases.lstm_params(V, H, rng)
        model = LSTMLanguageModel(V, H)
        model.double()
        model.load_state_dict(cases.torch_state(model, rng))
        load_numpy_params(model, params)
        weights = cases.torch_weights(model)
        for name, shape in {"W_x": (4 * H, V), "W_h": (4 * H, H), "W_y": (V, H)}.items():
            if len(weights.get(shape, [])) != 1:
                raise checks.CheckError(
                    f"The model should have one parameter of the shape {shape}."
                )
            checks.assert_close(
                f"the parameter of the model that holds {name}", weights[shape][0], params[name].T
            )


@test_case(
    name="The biases of the gates and of the logits",
    points=3,
    hidden=True,
    failure_message="The LSTM of PyTorch adds two biases. Both are random in a new model; what must their sum be, and does each of them get a value?",
)
def test_biases(LSTMLanguageModel, load_numpy_params):
    """The biases of the gates and of the logits"""
    import numpy as np
    from seqlab import cases, checks

    rng = np.random.default_rng([SEMESTER, 902])
    for V, H in [(3, 4), (5, 2)]:
        params = cases.lstm_params(V, H, rng)
        model = LSTMLanguageModel(V, H)
        model.double()
        model.load_state_dict(cases.torch_state(model, rng))
        load_numpy_params(model, params)
        weights = cases.torch_weights(model)
        for name, shape, count in (("b", (4 * H,), 2), ("b_y", (V,), 1)):
            if len(weights.get(shape, [])) != count:
                raise checks.CheckError(
                    f"The model should have {count} biases of the shape {shape}."
                )
            checks.assert_close(
                f"the sum of the model's biases that hold {name}", sum(weights[shape]), params[name]
            )


@test_case(
    name="The same logits to twelve digits, over thirty steps",
    points=3,
    hidden=True,
    failure_message="In float64 two programs for the same function agree to about fifteen digits. A difference of about 1e-7 means that something went through float32, a large one that some parameter is wrong.",
)
def test_same_logits(LSTMLanguageModel, load_numpy_params):
    """The same logits to twelve digits, over thirty steps"""
    import numpy as np
    import torch
    from seqlab import cases, checks

    B, T, V, H = 3, 30, 4, 6
    rng = np.random.default_rng([SEMESTER, 903])
    model = LSTMLanguageModel(V, H)
    model.double()

    def logits_of(name, network, x):
        # From its parameters alone: question 8 checks what it computes with them.
        weights = cases.torch_weights(network)
        counts = {(4 * H, V): 1, (4 * H, H): 1, (4 * H,): 2, (V, H): 1, (V,): 1}
        if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
            raise checks.CheckError(f"The parameters of {name} do not have the shapes of the text.")
        lstm = torch.nn.LSTM(V, H, batch_first=True, dtype=torch.float64)
        own = [lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0]
        with torch.no_grad():
            arrays = [array for shape in list(counts)[:3] for array in weights[shape]]
            for parameter, array in zip(own, arrays, strict=True):
                parameter.copy_(torch.tensor(array))
            states = lstm(torch.tensor(x))[0].numpy()
        return states.dot(weights[V, H][0].T) + weights[(V,)][0]

    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    # Twice: the second dictionary replaces all of the first.
    for _ in range(2):
        params = cases.lstm_params(V, H, rng)
        x = rng.normal(size=(B, T, V))
        state, cell = np.zeros((2, B, H))
        expected = []
        for t in range(T):
            z = np.hstack([x[:, t], state]) @ np.vstack([params["W_x"], params["W_h"]])
            gate = scale * np.tanh(scale * (z + params["b"]).reshape(B, 4, H)) + 1 - scale
            cell = gate[:, 1] * cell + gate[:, 0] * gate[:, 2]
            state = gate[:, 3] * np.tanh(cell)
            expected.append(state @ params["W_y"] + params["b_y"])
        expected = np.stack(expected, axis=1)
        with checks.unchanged(params=params):
            loaded = load_numpy_params(model, params)
        if not callable(loaded):
            raise checks.CheckError("load_numpy_params should return the model.")
        for name, network in (("the model", model), ("the returned model", loaded)):
            logits = logits_of(name, network, x)
            checks.assert_close(
                f"the logits of {name}", logits, expected, rtol=1e-12, atol=1e-12, axes="BTV"
            )
