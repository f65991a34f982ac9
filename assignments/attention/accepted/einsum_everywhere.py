"""Every product is an einsum, and no transpose is written."""

import numpy as np
import torch


def attend(q, k, v, mask):
    scores = np.einsum("btd,bsd->bts", q, k) / np.sqrt(q.shape[-1])
    scores = np.where(mask, scores, -1e9 - np.abs(scores).max())
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = np.einsum("bts,bt->bts", e, 1 / e.sum(axis=-1)) * mask
    return np.einsum("bts,bse->bte", weights, v), weights


def attend_backward(q, k, v, weights, dout):
    scale = k.shape[-1] ** -0.5
    dweights = np.einsum("bte,bse->bts", dout, v)
    mean = np.einsum("bts,bts->bt", weights, dweights)
    dscores = np.einsum("bts,bts->bts", weights, dweights - mean[..., None])
    return (
        scale * np.einsum("bts,bsd->btd", dscores, k),
        scale * np.einsum("bts,btd->bsd", dscores, q),
        np.einsum("bts,bte->bse", weights, dout),
    )


def additive_scores(params, q, k):
    left = np.einsum("btd,dh->bth", q, params["W_q"])
    right = np.einsum("bsd,dh->bsh", k, params["W_k"])
    inner = left[:, :, np.newaxis] + right[:, np.newaxis] + params["b"]
    return np.einsum("btsh,h->bts", np.tanh(inner), params["w"])


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, D, heads):
        super().__init__()
        self.heads = heads
        for name in ("query", "key", "value", "output"):
            self.add_module(name, torch.nn.Linear(D, D))

    def forward(self, x, mask):
        B, T, D = x.shape
        shape = (B, T, self.heads, D // self.heads)
        q, k, v = (layer(x).reshape(shape) for layer in (self.query, self.key, self.value))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / shape[-1] ** 0.5
        mask = mask.reshape(-1, 1, T, T)
        weights = torch.softmax(torch.where(mask, scores, -1e30), dim=-1)
        return self.output(torch.einsum("bhts,bshd->bthd", weights, v).reshape(B, T, D))
