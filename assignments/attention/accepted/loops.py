"""One query at a time, one key at a time, one entry at a time."""

import math

import numpy as np
import torch


def attend(q, k, v, mask):
    B, T, S = mask.shape
    weights = np.zeros((B, T, S))
    for b in range(B):
        for t in range(T):
            open_places = np.flatnonzero(mask[b, t])
            if len(open_places) == 0:
                continue
            scores = k[b, open_places] @ q[b, t] / math.sqrt(q.shape[2])
            e = np.exp(scores - max(scores))
            weights[b, t, open_places] = e / sum(e)
    out = np.zeros((B, T, v.shape[2]))
    for b in range(B):
        for t in range(T):
            for s in range(S):
                out[b, t] += weights[b, t, s] * v[b, s]
    return out, weights


def attend_backward(q, k, v, weights, dout):
    B, T, S = weights.shape
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    root = math.sqrt(q.shape[2])
    for b in range(B):
        for t in range(T):
            dw = [dout[b, t] @ v[b, s] for s in range(S)]
            mean = sum(weights[b, t, s] * dw[s] for s in range(S))
            for s in range(S):
                dscore = weights[b, t, s] * (dw[s] - mean) / root
                dq[b, t] += dscore * k[b, s]
                dk[b, s] += dscore * q[b, t]
                dv[b, s] += weights[b, t, s] * dout[b, t]
    return dq, dk, dv


def additive_scores(params, q, k):
    scores = np.zeros((q.shape[0], q.shape[1], k.shape[1]))
    for b in range(scores.shape[0]):
        for t in range(scores.shape[1]):
            for s in range(scores.shape[2]):
                z = q[b, t] @ params["W_q"] + k[b, s] @ params["W_k"] + params["b"]
                scores[b, t, s] = params["w"] @ np.tanh(z)
    return scores


def causal_mask(T):
    mask = np.zeros((T, T), dtype=bool)
    for t in range(T):
        mask[t, : t + 1] = True
    return mask


def padding_mask(lengths, S):
    mask = np.zeros((len(lengths), S), dtype=bool)
    for b, length in enumerate(lengths):
        mask[b, :length] = True
    return mask


def sinusoids(T, D):
    table = np.zeros((T, D))
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D)
            table[t, 2 * i] = math.sin(angle)
            table[t, 2 * i + 1] = math.cos(angle)
    return table


def split_heads(x, heads):
    B, T, D = x.shape
    d, rest = divmod(D, heads)
    if rest != 0:
        raise ValueError(f"D = {D} is not a multiple of heads = {heads}.")
    out = torch.empty(B, heads, T, d, dtype=x.dtype)
    for i in range(heads):
        out[:, i] = x[:, :, i * d : (i + 1) * d]
    return out


def merge_heads(x):
    B, heads, T, d = x.shape
    out = torch.empty(B, T, heads * d, dtype=x.dtype)
    for i in range(heads):
        for j in range(d):
            out[:, :, i * d + j] = x[:, i, :, j]
    return out
