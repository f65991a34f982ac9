"""The training keeps all parameters in one flat vector, of which the five arrays are views."""

# ruff: noqa: F821 - the forward pass, the loss and the backward pass are those of the notebook

import numpy as np
from seqlab.progress import track


def flatten(arrays):
    return np.concatenate([np.ravel(array) for array in arrays.values()])


def unflatten(vector, like):
    """The opposite of flatten(): views, so that a change of the vector changes the arrays."""
    arrays, start = {}, 0
    for name, array in like.items():
        arrays[name] = vector[start : start + array.size].reshape(array.shape)
        start += array.size
    return arrays


def clip_gradients(grads, max_norm):
    vector = flatten(grads)
    norm = np.sqrt(vector @ vector)
    if norm > max_norm:
        vector *= max_norm / norm
    return unflatten(vector, grads), norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    # Sorted by name, so that the order of the keys does not matter.
    p, g, v = (flatten(dict(sorted(arrays.items()))) for arrays in (params, grads, velocity))
    v = momentum * v + g
    like = dict(sorted(params.items()))
    return unflatten(p - learning_rate * v, like), unflatten(v, like)


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    vector = flatten(params)
    weights = unflatten(vector, params)
    velocity = np.zeros_like(vector)
    h0 = np.zeros((len(x), len(params["b_h"])))
    losses = np.zeros(steps)
    for k in track(steps):
        logits, h = rnn_forward(weights, x, h0)
        losses[k], dlogits = cross_entropy(logits, targets, mask)
        grads = rnn_backward(weights, x, h, dlogits)
        g = flatten({name: grads[name] for name in params})
        g /= max(1.0, np.linalg.norm(g) / max_norm)
        velocity *= momentum
        velocity += g
        vector -= learning_rate * (1 - 0.95 * k / steps) * velocity
    return weights, losses
