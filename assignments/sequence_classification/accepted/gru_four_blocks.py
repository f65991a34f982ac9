"""The blocks with an axis of their own: everything is (3, B, H)."""

# ruff: noqa: F821

import numpy as np


def blocks(matrix, k=3):
    return np.moveaxis(matrix.reshape(*matrix.shape[:-1], k, -1), -2, 0)


def gru_forward(params, x, h0):
    W, U, b, c = (blocks(params[name]) for name in "WUbc")
    a = np.einsum("btd,kdh->kbth", x, W) + b[:, None, None]
    states, gates = [h0], []
    for t in range(x.shape[1]):
        s = states[-1] @ U + c[:, None]
        r, z = sigmoid(a[:2, :, t] + s[:2])
        n = np.tanh(a[2, :, t] + r * s[2])
        states.append(n + z * (states[-1] - n))
        gates.append(np.hstack((r, z, n, s[2])))
    return np.stack(states, axis=1), np.stack(gates, axis=1)


def gru_backward(params, x, h, gates, dh):
    U = blocks(params["U"])
    r, z, n, u = blocks(gates, 4)
    # Everything that does not depend on the future, for all steps at once.
    before = h[:, :-1]
    to_n = (1 - z) * (1 - n**2)
    da = np.empty((3, *z.shape))
    carried = 0.0
    for t in range(x.shape[1])[::-1]:
        g = dh[:, t] + carried
        da[2, :, t] = g * to_n[:, t]
        da[0, :, t] = da[2, :, t] * u[:, t] * r[:, t] * (1 - r[:, t])
        da[1, :, t] = g * (before[:, t] - n[:, t]) * z[:, t] * (1 - z[:, t])
        ds = da[:, :, t] * np.stack([np.ones_like(g), np.ones_like(g), r[:, t]])
        carried = g * z[:, t] + np.einsum("kbh,kjh->bj", ds, U)
    ds = da.copy()
    ds[2] *= r

    def wide(array):
        return np.concatenate(list(array), axis=-1)

    return {
        "W": wide(np.einsum("btd,kbth->kdh", x, da)),
        "U": wide(np.einsum("btj,kbth->kjh", before, ds)),
        "b": wide(da.sum(axis=(1, 2))),
        "c": wide(ds.sum(axis=(1, 2))),
    }
