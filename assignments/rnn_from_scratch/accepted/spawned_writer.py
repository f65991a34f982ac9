"""Each text has a generator of its own, spawned from rng."""

# ruff: noqa: F821

import numpy as np


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if len(prefix) == 0 or temperature < 0:
        raise ValueError
    (own,) = rng.spawn(1)
    V, H = params["W_xh"].shape
    logits, h = rnn_forward(params, one_hot([prefix], V), np.zeros((1, H)))
    new = []
    for _ in range(max_tokens):
        z = logits[0, -1]
        new.append(
            int(own.choice(V, p=softmax(z / temperature))) if temperature else int(z.argmax())
        )
        if new[-1] == stop:
            break
        logits, h = rnn_forward(params, one_hot([new[-1:]], V), h[:, -1])
    return new
