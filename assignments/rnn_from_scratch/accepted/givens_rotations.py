"""Orthogonal weights as products of plane rotations, and an update written in one expression."""

import numpy as np


def init_rnn(vocab_size, hidden_size, rng):
    def rotated(size):
        matrix = np.eye(size) * rng.choice((-1, 1), size=size)
        for i in range(size):
            for j in range(i):
                angle = rng.uniform(0, 2 * np.pi)
                c, s = np.cos(angle), np.sin(angle)
                matrix[[i, j]] = np.array([[c, -s], [s, c]]) @ matrix[[i, j]]
        return matrix

    V, H = vocab_size, hidden_size
    N = max(V, H)
    return {
        "W_xh": rotated(N)[:V, :H],
        "W_hh": rotated(H),
        "b_h": np.array([0.0] * H),
        "W_hy": rotated(N)[:H, :V],
        "b_y": np.array([0.0] * V),
    }


def momentum_update(params, grads, velocity, learning_rate, momentum):
    pairs = {
        name: (p - learning_rate * (momentum * velocity[name] + grads[name]), v)
        for name, p in params.items()
        for v in [momentum * velocity[name] + grads[name]]
    }
    return {name: p for name, (p, _) in pairs.items()}, {name: v for name, (_, v) in pairs.items()}
