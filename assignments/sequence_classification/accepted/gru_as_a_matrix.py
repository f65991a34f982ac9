"""One product for inputs and states together; the sums over time come at the end."""

import numpy as np


def gru_forward(params, x, h0):
    B, T, D = x.shape
    H = len(params["U"])
    zeros = np.zeros((D + 1, H))
    # Columns: r, z, the input's part of n, and u.
    left = np.vstack([params["W"], params["b"]])
    right = np.vstack([params["U"], params["c"]])
    both = np.vstack(
        [
            np.hstack([left, zeros]),
            np.hstack([right[:, : 2 * H], np.zeros((H + 1, H)), right[:, 2 * H :]]),
        ]
    )
    one = np.ones((B, 1))
    h = np.repeat(h0[:, None], T + 1, axis=1)
    gates = np.empty((B, T, 4 * H))
    for t in range(T):
        v = np.hstack([x[:, t], one, h[:, t], one]) @ both
        v[:, : 2 * H] = 1 / (1 + np.exp(-v[:, : 2 * H]))
        v[:, 2 * H : 3 * H] = np.tanh(v[:, 2 * H : 3 * H] + v[:, :H] * v[:, 3 * H :])
        gates[:, t] = v
        z, n = v[:, H : 2 * H], v[:, 2 * H : 3 * H]
        h[:, t + 1] = n - z * n + z * h[:, t]
    return h, gates


def gru_backward(params, x, h, gates, dh):
    B, T, H = dh.shape
    da, ds = np.zeros((B, T, 3 * H)), np.zeros((B, T, 3 * H))
    g = np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        g = g + dh[:, t]
        r, z, n, u = (gates[:, t, k * H : (k + 1) * H] for k in range(4))
        slope_n = g * (1 - z) * (1 - n) * (1 + n)
        da[:, t, :H] = slope_n * u * r * (1 - r)
        da[:, t, H : 2 * H] = g * (h[:, t] - n) * z * (1 - z)
        da[:, t, 2 * H :] = slope_n
        ds[:, t] = da[:, t]
        ds[:, t, 2 * H :] *= r
        g = g * z + ds[:, t] @ params["U"].T
    flat_x, flat_h = x.reshape(B * T, -1), h[:, :-1].reshape(B * T, H)
    flat_a, flat_s = da.reshape(B * T, -1), ds.reshape(B * T, -1)
    return {
        "W": flat_x.T @ flat_a,
        "U": flat_h.T @ flat_s,
        "b": flat_a.sum(axis=0),
        "c": flat_s.sum(axis=0),
    }
