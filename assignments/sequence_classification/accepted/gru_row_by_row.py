"""One sequence after the other, with vectors; the backward pass is a recursion."""

# ruff: noqa: F821

import numpy as np


def step(params, x, h):
    a = x @ params["W"] + params["b"]
    s = h @ params["U"] + params["c"]
    (a_r, a_z, a_n), (s_r, s_z, u) = np.split(a, 3), np.split(s, 3)
    r, z = sigmoid(a_r + s_r), sigmoid(a_z + s_z)
    n = np.tanh(a_n + r * u)
    return n * (1 - z) + h * z, np.concatenate([r, z, n, u])


def gru_forward(params, x, h0):
    all_states, all_gates = [], []
    for sequence, h in zip(x, h0, strict=True):
        states, gates = [h], []
        for word in sequence:
            h, gate = step(params, word, h)
            states.append(h)
            gates.append(gate)
        all_states.append(states)
        all_gates.append(gates)
    return np.array(all_states), np.array(all_gates)


def gru_backward(params, x, h, gates, dh):
    grads = {name: np.zeros(array.shape) for name, array in params.items()}

    def back(i, t, later):
        if t < 0:
            return
        r, z, n, u = np.split(gates[i, t], 4)
        g = dh[i, t] + later
        d_n = g * (1 - z) * (1 - n * n)
        d_r = d_n * u * (r - r * r)
        d_z = g * (h[i, t] - n) * (z - z * z)
        da = np.concatenate((d_r, d_z, d_n))
        ds = np.concatenate((d_r, d_z, d_n * r))
        grads["W"] += np.outer(x[i, t], da)
        grads["U"] += np.outer(h[i, t], ds)
        grads["b"] += da
        grads["c"] += ds
        back(i, t - 1, z * g + params["U"] @ ds)

    for i in range(len(x)):
        back(i, x.shape[1] - 1, 0.0)
    return grads
