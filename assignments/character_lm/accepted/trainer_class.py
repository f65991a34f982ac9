"""A class trains on both kinds of text; the functions are thin, and talk while they work."""

import numpy as np
import torch
from tqdm import trange


class Trainer:
    """Adam, clipping, and a learning rate that falls along a line."""

    def __init__(self, model: torch.nn.Module, steps: int, learning_rate: float) -> None:
        self.model, self.steps, self.learning_rate = model, steps, learning_rate
        self.adam = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad], lr=learning_rate
        )
        self.losses: list[float] = []

    def fit(self, loss_of_step) -> np.ndarray:
        for k in trange(self.steps):
            for group in self.adam.param_groups:
                group["lr"] = self.learning_rate - 0.95 * self.learning_rate * k / self.steps
            loss = loss_of_step(k)
            self.adam.zero_grad()
            loss.backward()
            grads = [p.grad for p in self.model.parameters()]
            norm = torch.sqrt(sum(torch.sum(grad**2) for grad in grads))
            if norm > 1:
                for grad in grads:
                    grad /= norm
            self.adam.step()
            self.losses.append(loss.item())
            if k % 100 == 0:
                print(f"step {k}: {self.losses[-1]:.3f}")
        return np.array(self.losses)


def train_batches(model, batches, steps, learning_rate):
    def loss_of_step(k):
        inputs, targets, mask = batches[k % len(batches)]
        logits = model(inputs)[0]
        each = torch.nn.CrossEntropyLoss(reduction="none")(logits.flatten(0, 1), targets.flatten())
        return each @ mask.flatten().to(each.dtype) / mask.shape[0]

    return Trainer(model, steps, learning_rate).fit(loss_of_step)


def train_stream(model, chunks, steps, learning_rate):
    memory = {}

    def loss_of_step(k):
        inputs, targets = chunks[k % len(chunks)]
        start = memory.get("state") if k % len(chunks) else None
        logits, state = model(inputs, start)
        memory["state"] = [part.detach().clone() for part in state]
        memory["state"] = tuple(memory["state"])
        return torch.nn.CrossEntropyLoss()(
            logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
        )

    return Trainer(model, steps, learning_rate).fit(loss_of_step)
