"""The sigmoid in two pieces, a QR with its signs put right, and predictions compared as lists."""

import numpy as np


def sigmoid(x):
    y = np.zeros(x.shape)
    right = x >= 0
    left = ~right
    y[right] = 1 / (1 + np.exp(-x[right]))
    grown = np.exp(x[left])
    y[left] = grown / (1 + grown)
    return y


def haar(rows, columns, rng):
    n = max(rows, columns)
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    # With the signs of the diagonal every orthogonal matrix is equally likely.
    q = q * np.sign(np.diag(r))
    return q[:rows, :columns]


def init_lstm(vocab_size, hidden_size, rng):
    W_x = np.zeros((vocab_size, 4 * hidden_size))
    W_h = np.zeros((hidden_size, 4 * hidden_size))
    b = np.zeros((4, hidden_size))
    for k in range(4):
        columns = slice(k * hidden_size, (k + 1) * hidden_size)
        W_x[:, columns] = haar(vocab_size, hidden_size, rng)
        W_h[:, columns] = haar(hidden_size, hidden_size, rng)
    b[1] += 1
    return {
        "W_x": W_x,
        "W_h": W_h,
        "b": b.ravel(),
        "W_y": haar(hidden_size, vocab_size, rng),
        "b_y": np.zeros(vocab_size),
    }


def accepts(predictions, n, b, eos):
    return list(predictions)[n:] == [b] * (n - 1) + [eos]
