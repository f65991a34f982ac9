"""All weights of a step in one matrix: [x, h, 1] @ [[W_xh], [W_hh], [b_h]]."""

import numpy as np


def stacked(params):
    return np.vstack([params["W_xh"], params["W_hh"], params["b_h"]])


def rnn_forward(params, x, h0):
    B, T, V = x.shape
    W, ones = stacked(params), np.ones((B, 1))
    h = [h0]
    for t in range(T):
        h.append(np.tanh(np.hstack([x[:, t], h[t], ones]) @ W))
    h = np.stack(h, axis=1)
    with_one = np.concatenate([h[:, 1:], np.ones((B, T, 1))], axis=-1)
    return with_one @ np.vstack([params["W_hy"], params["b_y"]]), h


def rnn_backward(params, x, h, dlogits):
    B, T, V = x.shape
    H = h.shape[-1]
    W, ones = stacked(params), np.ones((B, 1))
    dW_in = np.zeros_like(W)
    dW_out = np.zeros((H + 1, V))
    d_future = np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        dW_out += np.hstack([h[:, t + 1], ones]).T @ dlogits[:, t]
        dz = (dlogits[:, t] @ params["W_hy"].T + d_future) * (1 - h[:, t + 1] ** 2)
        dW_in += np.hstack([x[:, t], h[:, t], ones]).T @ dz
        d_future = (dz @ W.T)[:, V : V + H]
    dW_xh, dW_hh, db_h = np.split(dW_in, [V, V + H])
    return {
        "W_xh": dW_xh,
        "W_hh": dW_hh,
        "b_h": db_h[0],
        "W_hy": dW_out[:-1],
        "b_y": dW_out[-1],
    }


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if temperature < 0 or len(prefix) == 0:
        raise ValueError("needs a prefix and a temperature >= 0")
    V, H = params["W_xh"].shape
    W = stacked(params)
    tokens = np.arange(V)
    waiting = list(prefix)
    state, new = np.zeros(H), []
    while True:
        for token in waiting:
            state = np.tanh(np.concatenate([tokens == token, state, [1.0]]) @ W)
        if len(new) == max_tokens or (new and new[-1] == stop):
            return new
        z = state @ params["W_hy"] + params["b_y"]
        if temperature == 0:
            waiting = [int(z.argmax())]
        else:
            p = np.exp((z - z.max()) / temperature)
            waiting = [int(rng.choice(tokens, p=p / p.sum()))]
        new += waiting
