"""Forbidden scores are minus infinity; rows without a True are put right at the end."""

import math

import numpy as np
import torch


def attend(q, k, v, mask):
    scores = np.matmul(q, np.transpose(k, (0, 2, 1))) * q.shape[2] ** -0.5
    scores = np.where(mask, scores, -np.inf)
    nothing = ~mask.any(axis=2, keepdims=True)
    # Any finite number does where there is no largest score.
    top = np.where(nothing, 0.0, scores.max(axis=2, keepdims=True))
    e = np.exp(scores - top)
    weights = e / np.where(nothing, 1.0, e.sum(axis=2, keepdims=True))
    return np.matmul(weights, v), weights


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, D, heads):
        super().__init__()
        if D % heads:
            raise ValueError("D must be a multiple of the number of heads")
        self.h, self.d = heads, D // heads
        self.query, self.key, self.value, self.output = (torch.nn.Linear(D, D) for _ in range(4))

    def forward(self, x, mask):
        def heads(layer):
            return layer(x).unflatten(2, (self.h, self.d)).transpose(1, 2)

        if mask.ndim == 3:
            mask = mask.unsqueeze(1)
        # Added to the scores: 0 where one may look, minus infinity elsewhere.
        closed = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(mask.logical_not(), -math.inf)
        scores = heads(self.query) @ heads(self.key).transpose(2, 3) * self.d**-0.5 + closed
        found = scores.softmax(dim=3) @ heads(self.value)
        return self.output(found.transpose(1, 2).flatten(2))
