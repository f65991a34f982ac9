"""The way back only collects dz; all weights get their gradient after the loop, by tensordot."""

# ruff: noqa: F821

import numpy as np

BATCH_AND_TIME = ([0, 1], [0, 1])


def lstm_backward(params, x, h, c, gates, dlogits):
    H = h.shape[-1]
    i, f, g, o = (gates[..., k * H : (k + 1) * H] for k in range(4))
    tanh_c = np.tanh(c[:, 1:])
    # Everything that does not depend on the future is computed for all steps at once.
    above = np.dot(dlogits, params["W_y"].T)
    to_cell = o * (1 - tanh_c**2)
    from_cell = np.concatenate([g * i * (1 - i), c[:, :-1] * f * (1 - f), i * (1 - g**2)], axis=-1)
    from_hidden = tanh_c * o * (1 - o)

    dz = np.zeros(gates.shape)
    dh = np.zeros(h[:, 0].shape)
    dc = np.zeros(h[:, 0].shape)
    for t in range(x.shape[1])[::-1]:
        dh = dh + above[:, t]
        dc = dc + dh * to_cell[:, t]
        dz[:, t, : 3 * H] = np.tile(dc, 3) * from_cell[:, t]
        dz[:, t, 3 * H :] = dh * from_hidden[:, t]
        dh = dz[:, t] @ params["W_h"].T
        dc = dc * f[:, t]
    return {
        "W_x": np.tensordot(x, dz, BATCH_AND_TIME),
        "W_h": np.tensordot(h[:, :-1], dz, BATCH_AND_TIME),
        "b": dz.sum(axis=(0, 1)),
        "W_y": np.tensordot(h[:, 1:], dlogits, BATCH_AND_TIME),
        "b_y": dlogits.sum(axis=(0, 1)),
    }


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    rates = learning_rate * np.linspace(1, 0.05, steps + 1)[:-1]
    zeros = np.zeros((len(x), len(params["W_h"])))
    velocity = None
    losses = []
    for rate in rates:
        logits, *states = lstm_forward(params, x, h0=zeros, c0=zeros)
        loss, dlogits = cross_entropy(logits, targets, mask)
        grads, _ = clip_gradients(lstm_backward(params, x, *states, dlogits), max_norm)
        # From a velocity of 0, the first step is the gradient itself.
        if velocity is None:
            velocity = grads
        else:
            velocity = {name: momentum * velocity[name] + grads[name] for name in params}
        params = {name: params[name] - rate * velocity[name] for name in params}
        losses += [loss]
    return params, np.array(losses)
