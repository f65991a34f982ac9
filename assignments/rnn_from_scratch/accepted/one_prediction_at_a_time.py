"""Each prediction sends its own gradient back through time, and Householder makes the weights."""

import numpy as np


def init_rnn(vocab_size, hidden_size, rng):
    """A product of reflections I - 2 v v^T / (v^T v) is orthogonal, whatever the v are."""

    def orthogonal(rows, columns):
        size = max(rows, columns)
        result = np.diag(rng.choice([-1.0, 1.0], size=size))
        for v in rng.normal(size=(size, size)):
            result = result - 2 * np.outer(v, v @ result) / (v @ v)
        return result[:rows, :columns]

    V, H = vocab_size, hidden_size
    params = {"b_h": np.zeros((H,)), "b_y": np.zeros((V,))}
    for name, shape in [("W_xh", (V, H)), ("W_hh", (H, H)), ("W_hy", (H, V))]:
        params[name] = orthogonal(*shape)
    return params


def rnn_backward(params, x, h, dlogits):
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    T = x.shape[1]
    for last in range(T):
        grads["W_hy"] += h[:, last + 1].T @ dlogits[:, last]
        grads["b_y"] += dlogits[:, last].sum(axis=0)
        delta = dlogits[:, last] @ params["W_hy"].T
        # The same gradient on its way to the first step; it meets no other one.
        for t in range(last, -1, -1):
            delta = delta * (1 - h[:, t + 1] ** 2)
            grads["W_xh"] += x[:, t].T @ delta
            grads["W_hh"] += h[:, t].T @ delta
            grads["b_h"] += delta.sum(axis=0)
            delta = delta @ params["W_hh"].T
    return grads
