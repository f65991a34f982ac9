"""The trainings compute in float32, the losses are tensors of one number each."""

# ruff: noqa: F821

import numpy as np
import torch
from seqlab.progress import track


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    params = {name: array.astype(np.float32) for name, array in params.items()}
    x = x.astype(np.float32)
    velocity = {name: np.zeros_like(array) for name, array in params.items()}
    zeros = np.zeros((len(x), params["W_h"].shape[0]), dtype=np.float32)
    losses = np.zeros(steps, dtype=np.float32)
    for k in track(steps):
        logits, h, c, gates = lstm_forward(params, x, zeros, zeros)
        losses[k], dlogits = cross_entropy(logits, targets, mask)
        grads = lstm_backward(params, x, h, c, gates, dlogits.astype(np.float32))
        grads, _ = clip_gradients(grads, max_norm)
        params, velocity = momentum_update(
            params, grads, velocity, learning_rate * (1 - 0.95 * k / steps), momentum
        )
    return params, losses


def train_torch(model, x, targets, mask, steps, learning_rate):
    weights = list(model.parameters())
    optimizer = torch.optim.Adam(weights, lr=learning_rate)
    # What does not count gets the index that the loss function leaves out.
    wanted = targets.masked_fill(mask == 0, -100)
    losses = []
    for k in track(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1 - 0.95 * k / steps)
        logits = model(x)[0]
        total = torch.nn.functional.cross_entropy(
            logits.permute(0, 2, 1), wanted, ignore_index=-100, reduction="sum"
        )
        loss = total / x.shape[0]
        losses.append(loss.detach().float())
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
    return losses
