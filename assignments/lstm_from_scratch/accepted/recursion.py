"""A sequence is a step and a shorter sequence, on the way there and on the way back."""

# ruff: noqa: F821

import numpy as np


def run(params, tokens, h, c):
    """The states after each token, newest first, and the gates, as nested pairs."""
    if len(tokens) == 0:
        return ((h, c, None), None)
    *states, gates = lstm_step(params, tokens[0], h, c)
    return ((h, c, gates), run(params, tokens[1:], *states))


def unfold(pair):
    while pair is not None:
        head, pair = pair
        yield head


def lstm_forward(params, x, h0, c0):
    h, c, gates = zip(*unfold(run(params, x.swapaxes(0, 1), h0, c0)), strict=True)
    h, c, gates = np.stack(h, axis=1), np.stack(c, axis=1), np.stack(gates[:-1], axis=1)
    return h[:, 1:] @ params["W_y"] + params["b_y"], h, c, gates


def lstm_backward(params, x, h, c, gates, dlogits):
    T = x.shape[1]

    def from_step(t):
        """What steps t, t + 1, … send back to the states before t, and their gradients."""
        if t == T:
            nothing = {name: np.zeros_like(array) for name, array in params.items()}
            return np.zeros_like(h[:, 0]), np.zeros_like(c[:, 0]), nothing
        dh, dc, later = from_step(t + 1)
        dh = dh + dlogits[:, t] @ params["W_y"].T
        dh, dc, dz = lstm_step_backward(
            params, h[:, t], c[:, t], c[:, t + 1], gates[:, t], dh=dh, dc=dc
        )
        here = {
            "W_x": x[:, t].T @ dz,
            "W_h": h[:, t].T @ dz,
            "b": dz.sum(axis=0),
            "W_y": h[:, t + 1].T @ dlogits[:, t],
            "b_y": dlogits[:, t].sum(axis=0),
        }
        return dh, dc, {name: later[name] + here[name] for name in later}

    return from_step(0)[-1]


def accepts(predictions, n, b, eos):
    def right(rest):
        if len(rest) == 1:
            return rest[0] == eos
        return rest[0] == b and right(rest[1:])

    return right([int(token) for token in predictions[n:]])
