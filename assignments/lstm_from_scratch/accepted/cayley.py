"""Orthogonal blocks by the Cayley transform, a sigmoid in place, and all() over pairs."""

import numpy as np


def sigmoid(x):
    result = np.abs(x)
    np.negative(result, out=result)
    np.exp(result, out=result)
    small = result.copy()  # exp(-|x|), at most 1
    np.add(result, 1.0, out=result)
    np.divide(np.where(np.signbit(x), small, 1.0), result, out=result)
    return result


def cayley(rng, rows, columns):
    n = max(rows, columns)
    a = 2 * rng.normal(size=(n, n))
    skew = a - a.T
    # (I - S)^-1 (I + S) is orthogonal for every skew-symmetric S, but its determinant is 1: one
    # random sign reaches the others, also for n = 1.
    q = np.linalg.solve(np.eye(n) - skew, np.eye(n) + skew)
    q[0] *= rng.choice([-1.0, 1.0])
    return q[:rows, :columns]


def init_lstm(vocab_size, hidden_size, rng):
    V, H = vocab_size, hidden_size
    params = {"b": np.zeros(4 * H), "b_y": np.zeros(V), "W_y": cayley(rng, H, V)}
    params["b"][H:][:H] = 1
    for name, rows in ("W_x", V), ("W_h", H):
        blocks = [cayley(rng, rows, H) for _gate in "ifgo"]
        params[name] = np.block([blocks])
    return params


def accepts(predictions, n, b, eos):
    expected = [b] * (n - 1) + [eos]
    return all(found == right for found, right in zip(predictions[n:], expected, strict=True))
