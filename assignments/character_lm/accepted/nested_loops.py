"""Epochs in an outer loop, a scheduler for the learning rate, the state cut at the beginning."""

from itertools import cycle

import numpy as np
import torch
from torch.nn import functional


def _optimizer(model, steps, learning_rate):
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 - 0.95 * k / steps)
    return optimizer, decay


def _update(model, loss, optimizer, decay):
    model.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1)
    optimizer.step()
    decay.step()


def train_batches(model, batches, steps, learning_rate):
    model.train()
    optimizer, decay = _optimizer(model, steps, learning_rate)
    losses = []
    for _, (inputs, targets, mask) in zip(range(steps), cycle(batches)):
        logits, _ = model(inputs, None)
        kept = mask.bool()
        loss = functional.cross_entropy(logits[kept], targets[kept], reduction="sum") / len(mask)
        _update(model, loss, optimizer, decay)
        losses.append(loss.detach())
    return torch.stack(losses)


def train_stream(model, chunks, steps, learning_rate):
    optimizer, decay = _optimizer(model, steps, learning_rate)
    losses = []
    while len(losses) < steps:
        state = None
        for inputs, targets in chunks[: steps - len(losses)]:
            if state is not None:
                h, c = state
                state = (h.detach(), c.detach())
            logits, state = model(inputs, state)
            loss = functional.cross_entropy(logits.transpose(1, 2), targets)
            _update(model, loss, optimizer, decay)
            losses.append(loss.item())
    return np.array(losses)
