"""The step back as a product with Jacobian matrices, written out block by block."""

import numpy as np


def diagonal(values):
    """Return (B, H, H) matrices with the rows of (B, H) on their diagonals."""
    return values[:, :, None] * np.eye(values.shape[1])


def jacobian(c_prev, c, gates):
    """Return dz/d(h, c) as (B, 2H, 4H): how a change of z would change the two new states."""
    i, f, g, o = np.split(gates, 4, axis=1)
    shown = np.tanh(c)
    slope = o * (1 - shown**2)
    of_c = [g * i * (1 - i), c_prev * f * (1 - f), i * (1 - g**2), np.zeros_like(o)]
    of_h = [slope * part for part in of_c[:3]] + [shown * o * (1 - o)]
    rows = [np.concatenate([diagonal(part) for part in row], axis=2) for row in (of_h, of_c)]
    return np.concatenate(rows, axis=1)


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    _, f, _, o = np.split(gates, 4, axis=1)
    both = np.concatenate([dh, dc], axis=1)
    dz = (both[:, None] @ jacobian(c_prev, c, gates))[:, 0]
    # The old cell state reaches the new one through f alone, and h from there.
    along_the_cell = np.concatenate([diagonal(o * (1 - np.tanh(c) ** 2) * f), diagonal(f)], axis=1)
    dc_prev = (both[:, None] @ along_the_cell)[:, 0]
    return (params["W_h"] @ dz.T).T, dc_prev, dz
