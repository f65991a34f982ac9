"""A scheduler of PyTorch lowers the learning rate; padding is left out by its index."""

import torch
from torch.optim.lr_scheduler import LambdaLR


def train_transformer(model, inputs, targets, mask, steps, learning_rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = LambdaLR(optimizer, lambda k: 1 - 0.95 * k / steps)
    wanted = targets.masked_fill(mask == 0, -100)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=False)
        total = torch.nn.functional.cross_entropy(
            model(inputs).flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum"
        )
        loss = total / targets.shape[0]
        losses.append(loss.detach())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=1)
        optimizer.step()
        schedule.step()
    return losses
