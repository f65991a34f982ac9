"""Generation without a state: the whole text is read again for each character; inverse CDF."""

import numpy as np
import torch


def generate(model, prefix, max_tokens, temperature, top_k, stop, rng):
    if len(prefix) == 0:
        raise ValueError("the prefix is empty")
    text = [int(token) for token in prefix]
    while len(text) < len(prefix) + max_tokens:
        with torch.no_grad():
            logits = model(torch.tensor(text).unsqueeze(0))[0][0, -1]
        p = np.asarray(next_distribution(logits.tolist(), temperature, top_k))
        cumulated = np.cumsum(p)
        token = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
        text.append(token)
        if token == stop:
            break
    return text[len(prefix) :]


def next_distribution(logits, temperature, top_k):
    if temperature < 0:
        raise ValueError("negative temperature")
    if top_k is None:
        top_k = len(logits)
    if top_k <= 0:
        raise ValueError("nothing to choose from")
    ranked = sorted(range(len(logits)), key=lambda i: (-float(logits[i]), i))[:top_k]
    p = [0.0] * len(logits)
    if temperature == 0:
        p[ranked[0]] = 1.0
        return p
    best = float(logits[ranked[0]])
    for i in ranked:
        p[i] = float(np.exp((float(logits[i]) - best) / temperature))
    total = sum(p)
    return [weight / total for weight in p]
