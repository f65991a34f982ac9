"""Each weight matrix has a generator of its own, spawned from rng."""

import numpy as np


def init_rnn(vocab_size, hidden_size, rng):
    V, H = vocab_size, hidden_size
    params = {"b_h": np.zeros(H), "b_y": np.zeros(V)}
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "W_hy": (H, V)}
    for child, (name, shape) in zip(rng.spawn(3), shapes.items(), strict=True):
        u, _, vh = np.linalg.svd(child.normal(size=shape), full_matrices=False)
        params[name] = u @ vh
    return params
