"""The sigmoid through its logarithm, blocks by SVD, and the predictions as a text."""

import numpy as np


def sigmoid(x):
    # log(1 + exp(-x)), which NumPy computes without an overflow.
    return np.exp(-np.logaddexp(0, -x))


def polar(rng, *shape):
    """Return the nearest matrices with orthonormal rows or columns, one for each leading index."""
    u, _, vt = np.linalg.svd(rng.uniform(-1, 1, size=shape), full_matrices=False)
    return u @ vt


def init_lstm(vocab_size, hidden_size, rng):
    one, zero = np.ones(hidden_size), np.zeros(hidden_size)
    return {
        "W_x": np.hstack(list(polar(rng, 4, vocab_size, hidden_size))),
        "W_h": np.hstack(list(polar(rng, 4, hidden_size, hidden_size))),
        "b": np.hstack((zero, one, zero, zero)),
        "W_y": polar(rng, hidden_size, vocab_size),
        "b_y": np.zeros((vocab_size,)),
    }


def accepts(predictions, n, b, eos):
    names = {b: "b", eos: "E"}
    text = "".join(names.get(token, ".") for token in predictions.tolist())
    return text.endswith("b" * (n - 1) + "E")
