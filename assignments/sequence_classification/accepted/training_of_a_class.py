"""Training with a closure and with in-place clipping; batches as NumPy indices."""

# ruff: noqa: F821

from types import SimpleNamespace

import torch as th


def train_classifier(model, tokens, lengths, labels, steps, batch_size, learning_rate, rng):
    run = SimpleNamespace(losses=[])
    optimizer = th.optim.Adam(
        [{"params": model.parameters()}], lr=learning_rate, betas=(0.9, 0.999)
    )
    criterion = th.nn.CrossEntropyLoss()

    def closure():
        optimizer.zero_grad()
        rows = rng.integers(0, len(labels), batch_size)
        loss = criterion(model(tokens[rows], lengths[rows]), labels[rows])
        loss.backward()
        th.nn.utils.clip_grad_norm_(model.parameters(), 1)
        run.losses += [float(loss)]
        return loss

    for k in track(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate - 0.95 * learning_rate * k / steps
        optimizer.step(closure)
    return run.losses
