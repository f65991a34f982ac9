"""One sequence after the other, with lists, and vectors instead of matrices."""

# ruff: noqa: F821

import numpy as np


def step_of_one(params, x_t, h_prev, c_prev):
    H = len(h_prev)
    z = x_t @ params["W_x"] + h_prev @ params["W_h"] + params["b"]
    gates = sigmoid(z)
    gates[2 * H : 3 * H] = np.tanh(z[2 * H : 3 * H])
    i, f, g, o = np.split(gates, 4)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, gates


def lstm_step(params, x_t, h_prev, c_prev):
    rows = [step_of_one(params, *row) for row in zip(x_t, h_prev, c_prev, strict=True)]
    h, c, gates = zip(*rows, strict=True)
    return np.array(h), np.array(c), np.array(gates)


def lstm_forward(params, x, h0, c0):
    all_logits, all_h, all_c, all_gates = [], [], [], []
    for sequence, h, c in zip(x, h0, c0, strict=True):
        states, cells, blocks, logits = [h], [c], [], []
        for x_t in sequence:
            h, c, gates = step_of_one(params, x_t, h, c)
            states.append(h)
            cells.append(c)
            blocks.append(gates)
            logits.append(h @ params["W_y"] + params["b_y"])
        all_logits.append(logits)
        all_h.append(states)
        all_c.append(cells)
        all_gates.append(blocks)
    return np.array(all_logits), np.array(all_h), np.array(all_c), np.array(all_gates)


def step_back_of_one(W_h, c_prev, c, gates, dh, dc):
    H = len(c)
    i, f, g, o = gates[:H], gates[H : 2 * H], gates[2 * H : 3 * H], gates[3 * H :]
    squeezed = np.tanh(c)
    dc = dc + dh * o * (1 - squeezed * squeezed)
    dz = np.concatenate([dc * g, dc * c_prev, dc * i, dh * squeezed])
    for gate, part in ((i, 0), (f, 1), (o, 3)):
        dz[part * H : (part + 1) * H] *= gate * (1 - gate)
    dz[2 * H : 3 * H] *= 1 - g * g
    return W_h @ dz, dc * f, dz


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    dh_prev, dc_prev, dz = [], [], []
    for row in range(len(c)):
        one = step_back_of_one(
            params["W_h"], c_prev[row], c[row], gates[row], dh=dh[row], dc=dc[row]
        )
        dh_prev.append(one[0])
        dc_prev.append(one[1])
        dz.append(one[2])
    return np.array(dh_prev), np.array(dc_prev), np.array(dz)


def lstm_backward(params, x, h, c, gates, dlogits):
    B, T, V = x.shape
    grads = {name: np.zeros(array.shape) for name, array in params.items()}
    for k in range(B):
        dz = np.zeros((T, gates.shape[2]))
        dh, dc = np.zeros((2, h.shape[2]))
        for t in range(T)[::-1]:
            dh = dh + params["W_y"] @ dlogits[k, t]
            dh, dc, dz[t] = step_back_of_one(
                params["W_h"], c[k, t], c[k, t + 1], gates[k, t], dh=dh, dc=dc
            )
        grads["W_x"] += x[k].T @ dz
        grads["W_h"] += h[k, :-1].T @ dz
        grads["b"] += dz.sum(axis=0)
        grads["W_y"] += h[k, 1:].T @ dlogits[k]
        grads["b_y"] += dlogits[k].sum(axis=0)
    return grads
