"""Random inputs for checks.

Every entry is random, even the biases: if a parameter is 0, a check cannot see that its term is
missing, and if all weights are tiny, it cannot see a wrong derivative of the tanh.
"""

import sys

import numpy as np


def rnn_shapes(V, H):
    """Return the shapes of the parameters of an RNN, by name."""
    return {"W_xh": (V, H), "W_hh": (H, H), "b_h": (H,), "W_hy": (H, V), "b_y": (V,)}


def rnn_params(V, H, rng, scale=0.7):
    """Return parameters of an RNN with entries drawn from a normal distribution."""
    return {name: rng.normal(0, scale, size=shape) for name, shape in rnn_shapes(V, H).items()}


def lstm_shapes(V, H):
    """Return the shapes of the parameters of an LSTM, by name."""
    return {"W_x": (V, 4 * H), "W_h": (H, 4 * H), "b": (4 * H,), "W_y": (H, V), "b_y": (V,)}


def lstm_params(V, H, rng, scale=0.7):
    """Return parameters of an LSTM with entries drawn from a normal distribution."""
    return {name: rng.normal(0, scale, size=shape) for name, shape in lstm_shapes(V, H).items()}


def torch_state(model, rng, scale=0.5):
    """Return a state for a PyTorch model's load_state_dict(), with random parameters.

    Buffers stay as they are: a model may keep an initial state of zeros in one.
    """
    state = dict(model.state_dict())
    for name, old in model.named_parameters():
        state[name] = old.new_tensor(rng.normal(0, scale, size=tuple(old.shape)))
    return state


def torch_weights(model):
    """Return the parameters of a PyTorch model as float64 arrays: a list for each shape.

    Students may name their layers freely; if V and H differ, the shape tells which array it is.
    """
    weights = {}
    for parameter in model.parameters():
        array = np.array(parameter.detach(), dtype=np.float64)
        weights.setdefault(array.shape, []).append(array)
    return weights


def torch_inputs(model, array):
    """Return an array as a tensor of the dtype in which a PyTorch model computes."""
    torch = sys.modules["torch"]  # there is a model; the first assignment does without PyTorch
    dtype = next((p.dtype for p in model.parameters()), torch.float32)
    return torch.tensor(array, dtype=dtype)
