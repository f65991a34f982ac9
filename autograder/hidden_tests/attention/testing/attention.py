"""Attention, masks and floors for tests, by PyTorch's functions or by counting."""

import math
from collections import Counter, defaultdict

import numpy as np
import torch
from seqlab import anbn


def case(rng, B, T, S, d, e, share=0.6):
    """Return random q, k, v and a mask in which every query may look at one place at least."""
    q, k = rng.normal(size=(B, T, d)), rng.normal(size=(B, S, d))
    v = rng.normal(size=(B, S, e))
    mask = rng.random(size=(B, T, S)) < share
    # One place more for each query, chosen at random.
    np.put_along_axis(mask, rng.integers(S, size=(B, T, 1)), True, axis=-1)
    return q, k, v, mask


def weights(q, k, mask):
    """Return the weights (B, T, S) as an array; rows without a True are 0."""
    d = q.shape[-1]
    scores = torch.einsum("btd,bsd->bts", torch.tensor(q), torch.tensor(k)) * d**-0.5
    scores = scores.masked_fill(~torch.tensor(mask), -math.inf)
    return torch.softmax(scores, dim=-1).nan_to_num(0.0).numpy()


def gradients(q, k, v, mask, dout):
    """Return PyTorch's gradients of sum(dout * out) at q, k and v, by name."""
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in (("q", q), ("k", k), ("v", v))}
    out = torch.nn.functional.scaled_dot_product_attention(
        *leaves.values(), attn_mask=torch.tensor(mask)
    )
    found = torch.autograd.grad((out * torch.tensor(dout)).sum(), list(leaves.values()))
    return {name: grad.numpy() for name, grad in zip(leaves, found, strict=True)}


def additive(params, q, k):
    """Return w . tanh(q W_q + k W_k + b) for each query and key, one pair at a time."""
    B, T, S = len(q), q.shape[1], k.shape[1]
    scores = np.zeros((B, T, S))
    for b, t, s in np.ndindex(B, T, S):
        inner = q[b, t].dot(params["W_q"]) + k[b, s].dot(params["W_k"]) + params["b"]
        scores[b, t, s] = sum(w * math.tanh(z) for w, z in zip(params["w"], inner, strict=True))
    return scores


def additive_params(rng, d_q, d_k, H):
    """Return random parameters of additive attention."""
    sizes = (d_q, H), (d_k, H), (H,), (H,)
    return dict(zip(("W_q", "W_k", "b", "w"), (rng.normal(0, 0.8, n) for n in sizes), strict=True))


def may_look_back(T):
    """Return which place each of T places may look at: itself and those before it."""
    return np.array([[s <= t for s in range(T)] for t in range(T)], dtype=bool).reshape(T, T)


def shuffled_floor(max_n):
    """Return the best possible loss for a model that cannot tell the order of what it has read.

    For each prefix it knows the last token and the share of a's: sequences are counted one by one.
    """
    following = defaultdict(Counter)
    for sequence in anbn.exact_distribution(max_n):
        for t in range(1, len(sequence)):
            read = sequence[:t]
            seen = read[-1], read.count("a") / t
            following[seen][sequence[t]] += 1
    total = 0.0
    for counts in following.values():
        total -= sum(c * math.log(c / counts.total()) for c in counts.values())
    return total / max_n
