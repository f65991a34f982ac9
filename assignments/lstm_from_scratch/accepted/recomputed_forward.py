"""The backward pass runs forward again from the initial states, and keeps tapes of its own."""

# ruff: noqa: F821

import numpy as np


def lstm_backward(params, x, h, c, gates, dlogits):
    _, h, c, gates = lstm_forward(params, x, h[:, 0], c[:, 0])
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    dh = dc = np.zeros_like(h[:, 0])
    for t in reversed(range(x.shape[1])):
        grads["W_y"] += h[:, t + 1].T @ dlogits[:, t]
        grads["b_y"] += dlogits[:, t].sum(axis=0)
        dh = dh + dlogits[:, t] @ params["W_y"].T
        dh, dc, dz = lstm_step_backward(params, h[:, t], c[:, t], c[:, t + 1], gates[:, t], dh, dc)
        grads["W_x"] += x[:, t].T @ dz
        grads["W_h"] += h[:, t].T @ dz
        grads["b"] += dz.sum(axis=0)
    return grads
