"""No loop over time: forward, backward and writing are recursive, as the formulas are."""

import numpy as np


def rnn_forward(params, x, h0):
    def states(t):
        """h_0, ..., h_t"""
        if t == 0:
            return [h0]
        before = states(t - 1)
        z = x[:, t - 1] @ params["W_xh"] + before[-1] @ params["W_hh"] + params["b_h"]
        return [*before, np.tanh(z)]

    h = np.stack(states(x.shape[1]), axis=1)
    return h[:, 1:] @ params["W_hy"] + params["b_y"], h


def rnn_backward(params, x, h, dlogits):
    def backward(t):
        """The gradient of h_t, and those of the parameters from all steps that follow."""
        if t == x.shape[1]:
            return 0.0, {name: np.zeros_like(array) for name, array in params.items()}
        dh, grads = backward(t + 1)
        dh = dh + dlogits[:, t] @ params["W_hy"].T
        dz = dh - dh * h[:, t + 1] ** 2
        here = {
            "W_xh": x[:, t].T @ dz,
            "W_hh": h[:, t].T @ dz,
            "b_h": np.ones(len(x)) @ dz,
            "W_hy": h[:, t + 1].T @ dlogits[:, t],
            "b_y": np.ones(len(x)) @ dlogits[:, t],
        }
        return dz @ params["W_hh"].T, {name: grads[name] + here[name] for name in params}

    return backward(0)[1]


def softmax(logits):
    largest = np.max(logits, axis=-1, keepdims=True)
    # Once the largest logit is 0, there is nothing left to subtract.
    if np.any(largest != 0):
        return softmax(logits - largest)
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if len(prefix) == 0:
        raise ValueError("no prefix")
    if temperature < 0:
        raise ValueError("negative temperature")

    def read(tokens, h):
        if not tokens:
            return h
        h = np.tanh(params["W_xh"][tokens[0]] + h @ params["W_hh"] + params["b_h"])
        return read(tokens[1:], h)

    def write(h, left):
        if left == 0:
            return []
        z = h @ params["W_hy"] + params["b_y"]
        if temperature == 0:
            token = int(np.flatnonzero(z == z.max())[0])
        else:
            token = int(np.sum(np.cumsum(softmax(z / temperature))[:-1] <= rng.random()))
        return [token] if token == stop else [token, *write(read([token], h), left - 1)]

    return write(read(list(prefix), np.zeros(len(params["b_h"]))), max_tokens)
