"""Adam and clipping by hand, gradients from torch.autograd.grad."""

import math

import numpy as np
import torch


class Recall(torch.nn.Module):
    def __init__(self, key_count, value_count, size):
        super().__init__()
        self.register_buffer("scale", torch.tensor(1 / math.sqrt(size)))
        self.keys = torch.nn.Embedding(key_count, size)
        self.values = torch.nn.Embedding(value_count, size)
        self.query = torch.nn.Linear(size, size)
        self.key = torch.nn.Linear(size, size)
        self.output = torch.nn.Linear(size, value_count)

    def forward(self, keys, values, mask, query):
        q = self.query(self.keys(query)).unsqueeze(2)
        scores = torch.bmm(self.key(self.keys(keys)), q).squeeze(2) * self.scale
        scores = torch.where(mask, scores, torch.full_like(scores, -1e9))
        weights = scores.softmax(dim=1)
        found = torch.bmm(weights.unsqueeze(1), self.values(values)).squeeze(1)
        return self.output(found), weights


class Adam:
    def __init__(self, model):
        self.params = list(model.parameters())
        self.first = [torch.zeros_like(p) for p in self.params]
        self.second = [torch.zeros_like(p) for p in self.params]
        self.steps = 0

    @torch.no_grad()
    def step(self, grads, rate):
        self.steps += 1
        for p, grad, m, v in zip(self.params, grads, self.first, self.second, strict=True):
            m += 0.1 * (grad - m)
            v += 0.001 * (grad**2 - v)
            m_hat, v_hat = m / (1 - 0.9**self.steps), v / (1 - 0.999**self.steps)
            p -= rate * m_hat / (v_hat.sqrt() + 1e-8)


def train_recall(model, data, steps, batch_size, learning_rate):
    adam = Adam(model)
    losses = []
    batches = list(zip(*(part.split(batch_size) for part in data), strict=True))
    for k in range(steps):
        *seen, answer = batches[k]
        log_p = model(*seen)[0].log_softmax(dim=1)
        loss = -log_p[torch.arange(len(answer)), answer].mean()
        losses.append(loss.item())
        adam.step(torch.autograd.grad(loss, adam.params), learning_rate * (1 - 0.95 * k / steps))
    return losses


def train_transformer(model, inputs, targets, mask, steps, learning_rate):
    adam = Adam(model)
    losses = np.zeros(steps)
    for k in range(steps):
        logits = model(inputs)
        right = logits.gather(2, targets[..., None])[..., 0]
        loss = ((logits.logsumexp(dim=2) - right) * mask).sum() / len(mask)
        losses[k] = loss.item()
        grads = torch.autograd.grad(loss, adam.params)
        norm = torch.sqrt(sum((grad**2).sum() for grad in grads))
        factor = torch.clamp(1 / norm, max=1.0)
        rate = learning_rate * (1 - 0.95 * k / steps)
        adam.step([factor * grad for grad in grads], rate)
    return losses
