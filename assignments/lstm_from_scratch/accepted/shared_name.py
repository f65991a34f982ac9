"""A PyTorch helper and a local variable of the NumPy training have the same name."""

# ruff: noqa: F821

import numpy as np
import torch


def loss(logits, targets, mask):
    each = torch.nn.functional.cross_entropy(logits.mT, targets, reduction="none")
    return (each * mask).sum() / len(mask)


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    start = np.zeros((x.shape[0], params["W_h"].shape[0]))
    velocity = {name: np.zeros_like(array) for name, array in params.items()}
    losses = []
    for k in range(steps):
        logits, h, c, gates = lstm_forward(params, x, start, start)
        loss, dlogits = cross_entropy(logits, targets, mask)
        losses.append(loss)
        grads, _ = clip_gradients(lstm_backward(params, x, h, c, gates, dlogits), max_norm)
        rate = learning_rate * (1 - 0.95 * k / steps)
        params, velocity = momentum_update(params, grads, velocity, rate, momentum)
    return params, np.array(losses)


def train_torch(model, x, targets, mask, steps, learning_rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = np.zeros(steps)
    for k in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - 0.95 * k / steps)
        optimizer.zero_grad()
        now = loss(model(x)[0], targets, mask)
        now.backward()
        losses[k] = now.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return losses
