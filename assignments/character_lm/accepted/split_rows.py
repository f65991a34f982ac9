"""The stream split into rows first, then each row into pieces; lists for arrays."""

import numpy as np


def stream_chunks(tokens, batch_size, chunk):
    L = (len(tokens) - 1) // batch_size
    rows = [tokens[b * L : (b + 1) * L + 1] for b in range(batch_size)]
    return [
        [
            [list(row[i : i + chunk]) for row in rows],
            [list(row[i + 1 : i + chunk + 1]) for row in rows],
        ]
        for i in range(0, (L // chunk) * chunk, chunk)
    ]


def next_distribution(logits, temperature, top_k):
    if temperature < 0:
        raise ValueError("a temperature is not negative")
    if top_k is not None and top_k <= 0:
        raise ValueError("top_k is a positive number or None")
    z = np.asarray(logits, dtype=np.float32).astype(np.float64)
    rank = np.empty(len(z), dtype=int)
    rank[np.argsort(-z, kind="stable")] = np.arange(len(z))
    if temperature == 0:
        return (rank == 0).astype(float)
    allowed = rank < (len(z) if top_k is None else top_k)
    p = np.where(allowed, np.exp((z - z.max()) / temperature), 0.0)
    return p / p.sum()
