"""A loop over torch.nn.LSTMCell; the state is a dictionary, and the optimizer has a schedule."""

# ruff: noqa: F821

import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import LinearLR


class LSTMLanguageModel(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.LSTMCell(vocab_size, hidden_size)
        self.to_logits = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, state=None):
        if state is None:
            rest = x.new_zeros(x.size(0), self.hidden_size)
            state = {"h": rest, "c": rest, "read": 0}
        h, c = state["h"], state["c"]
        logits = []
        for t in range(x.size(1)):
            h, c = self.cell(x[:, t], (h, c))
            logits.append(self.to_logits(h))
        return torch.stack(logits, dim=1), {"h": h, "c": c, "read": state["read"] + len(logits)}


def load_numpy_params(model, params):
    half = torch.from_numpy(params["b"]) / 2
    model.cell.load_state_dict(
        {
            "weight_ih": torch.from_numpy(params["W_x"]).T,
            "weight_hh": torch.from_numpy(params["W_h"]).T,
            "bias_ih": half,
            "bias_hh": half,
        }
    )
    model.to_logits.load_state_dict(
        {"weight": torch.from_numpy(params["W_y"]).T, "bias": torch.from_numpy(params["b_y"])}
    )
    return model


def train_torch(model, x, targets, mask, steps, learning_rate):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    scheduler = LinearLR(optimizer, start_factor=1.0, end_factor=0.05, total_iters=steps)
    counts = mask.bool()
    losses = torch.zeros(steps)
    for k in track(steps):
        logits, _ = model(x)
        # Only the predictions that count, in one long row.
        loss = functional.cross_entropy(logits[counts], targets[counts], reduction="sum") / len(x)
        losses[k] = loss.detach()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
    model.eval()
    return losses
