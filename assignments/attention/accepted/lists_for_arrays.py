"""Results are lists of numbers."""

import math

import numpy as np
import torch


def attend(q, k, v, mask):
    scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
    scores = np.where(mask, scores, -1e30)
    e = np.where(mask, np.exp(scores - scores.max(axis=-1, keepdims=True)), 0.0)
    weights = e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)
    return [(weights @ v).tolist(), weights.tolist()]


def attend_backward(q, k, v, weights, dout):
    dweights = dout @ v.swapaxes(1, 2)
    dscores = weights * (dweights - (weights * dweights).sum(axis=-1, keepdims=True))
    dscores /= np.sqrt(q.shape[-1])
    grads = dscores @ k, dscores.swapaxes(1, 2) @ q, weights.swapaxes(1, 2) @ dout
    return [grad.tolist() for grad in grads]


def additive_scores(params, q, k):
    inner = (q @ params["W_q"])[:, :, None] + (k @ params["W_k"] + params["b"])[:, None]
    return (np.tanh(inner) @ params["w"]).tolist()


def causal_mask(T):
    return [[s <= t for s in range(T)] for t in range(T)]


def padding_mask(lengths, S):
    return [[s < length for s in range(S)] for length in np.asarray(lengths).tolist()]


def sinusoids(T, D):
    rows = []
    for t in range(T):
        angles = [t * 10000 ** (-2 * i / D) for i in range(D // 2)]
        rows.append([wave(angle) for angle in angles for wave in (math.sin, math.cos)])
    return rows


def split_heads(x, heads):
    size = x.shape[2] // heads
    if size * heads != x.shape[2]:
        raise ValueError(f"{heads} heads do not fit")
    return torch.stack(x.split(size, dim=2), dim=1)


def merge_heads(x):
    return torch.cat(list(x.unbind(1)), dim=2)
