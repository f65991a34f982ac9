"""Draws by adding Gumbel noise to the logarithms of the probabilities; masks by minus infinity."""

import numpy as np
import torch


def next_distribution(logits, temperature, top_k):
    if temperature < 0 or (top_k is not None and top_k < 1):
        raise ValueError("the temperature is at least 0, and top_k at least 1")
    V = len(logits)
    if temperature == 0:
        return np.eye(V)[np.argmax(logits)]
    z = np.array(logits, dtype=float)
    order = np.lexsort((np.arange(V), -z))
    z[order[V if top_k is None else top_k :]] = -np.inf
    z = (z - np.max(z)) / temperature
    p = np.exp(z)
    return p / np.sum(p)


@torch.no_grad()
def generate(model, prefix, max_tokens, temperature, top_k, stop, rng):
    if not prefix:
        raise ValueError("there is nothing to read")
    state = None
    for token in prefix:
        logits, state = model(torch.tensor([[token]]), state)
    new = []
    for _ in range(max_tokens):
        p = next_distribution(np.asarray(logits[0, 0]), temperature, top_k)
        with np.errstate(divide="ignore"):
            token = np.argmax(np.log(p) + rng.gumbel(size=len(p)))
        new.append(int(token))
        if token == stop:
            return new
        logits, state = model(torch.tensor([[new[-1]]]), state)
    return new
