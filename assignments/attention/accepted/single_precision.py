"""Scores and masks from float32; losses of a training are tensors of one number each."""

import math

import numpy as np
import torch


def additive_scores(params, q, k):
    left = (q @ params["W_q"] + params["b"])[:, :, None]
    right = (k @ params["W_k"])[:, None]
    return (np.tanh(left + right) @ params["w"]).astype(np.float32)


def sinusoids(T, D):
    columns = np.arange(D)
    angles = np.arange(T)[:, None] / 10000.0 ** (columns // 2 * 2 / D)
    # A cosine is a sine a quarter of a turn ahead.
    return np.sin(angles + columns % 2 * math.pi / 2).astype(np.float32)


class Recall(torch.nn.Module):
    def __init__(self, key_count, value_count, size):
        super().__init__()
        self.keys = torch.nn.Embedding(key_count, size)
        self.values = torch.nn.Embedding(value_count, size)
        self.query = torch.nn.Linear(size, size)
        self.key = torch.nn.Linear(size, size)
        self.output = torch.nn.Linear(size, value_count)

    def forward(self, keys, values, mask, query):
        size = self.keys.embedding_dim
        # Every key is projected once, not every place.
        table = self.key(self.keys.weight)
        scores = self.query(self.keys(query)) @ table.T / math.sqrt(size)
        scores = scores.gather(1, keys)
        weights = torch.softmax(scores - 1e9 * (1 - mask.to(scores.dtype)), dim=1)
        found = torch.einsum("bm,bmd->bd", weights, self.values(values))
        return self.output(found), weights


def train_recall(model, data, steps, batch_size, learning_rate):
    optimizer = torch.optim.Adam(model.parameters())
    losses = []
    for k in range(steps):
        rows = torch.arange(k * batch_size, (k + 1) * batch_size)
        batch = [part.index_select(0, rows) for part in data]
        loss = torch.nn.CrossEntropyLoss()(model(*batch[:-1])[0], batch[-1])
        losses.append(loss.detach().float())
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1 - 0.95 * k / steps)
        model.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.stack(losses)


def floor_without_positions(max_n):
    p = np.float64(2 / (max_n + 1))
    with np.errstate(all="ignore"):
        terms = np.nan_to_num([p * np.log(p), (1 - p) * np.log(1 - p)])
    return np.float32(-terms.sum() / p)
