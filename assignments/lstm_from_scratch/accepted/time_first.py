"""Inside, the first axis is the time; the batch comes first again on the way out."""

# ruff: noqa: F821

import numpy as np
import torch


def lstm_forward(params, x, h0, c0):
    T, B, H = x.shape[1], *h0.shape
    h, c = np.empty((T + 1, B, H)), np.empty((T + 1, B, H))
    gates = np.empty((T, B, 4 * H))
    h[0] = h0
    c[0] = c0
    for t, x_t in enumerate(x.transpose(1, 0, 2)):
        h[t + 1], c[t + 1], gates[t] = lstm_step(params, x_t, h[t], c[t])
    logits = h[1:] @ params["W_y"] + params["b_y"]
    return tuple(array.transpose(1, 0, 2) for array in (logits, h, c, gates))


def lstm_backward(params, x, h, c, gates, dlogits):
    x, h, c, gates, dlogits = (np.swapaxes(a, 0, 1) for a in (x, h, c, gates, dlogits))
    dz = np.empty(gates.shape)
    future = (np.zeros_like(h[0]), np.zeros_like(c[0]))
    t = len(x)
    while t > 0:
        t -= 1
        dh = future[0] + dlogits[t] @ params["W_y"].T
        *future, dz[t] = lstm_step_backward(params, h[t], c[t], c[t + 1], gates[t], dh, future[1])

    def product(left, right):
        return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])

    grads = {"W_x": product(x, dz), "W_h": product(h[:-1], dz), "W_y": product(h[1:], dlogits)}
    grads["b"], grads["b_y"] = dz.sum(axis=(0, 1)), dlogits.sum(axis=(0, 1))
    return grads


class LSTMLanguageModel(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.memory = torch.nn.LSTM(input_size=vocab_size, hidden_size=hidden_size)
        self.head = torch.nn.Linear(in_features=hidden_size, out_features=vocab_size)

    def forward(self, x, state=None):
        outputs, state = self.memory(x.transpose(0, 1), state)
        return self.head(outputs).transpose(0, 1), state


def load_numpy_params(model, params):
    entries = {
        "memory.weight_ih_l0": params["W_x"].T,
        "memory.weight_hh_l0": params["W_h"].T,
        "memory.bias_ih_l0": np.zeros_like(params["b"]),
        "memory.bias_hh_l0": params["b"],
        "head.weight": params["W_y"].T,
        "head.bias": params["b_y"],
    }
    # load_state_dict() keeps the dtype of the model.
    model.load_state_dict({name: torch.tensor(array) for name, array in entries.items()})
    return model


def train_torch(model, x, targets, mask, steps, learning_rate):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 - 0.95 * k / steps)
    count = mask.transpose(0, 1)
    truth = targets.transpose(0, 1).unsqueeze(-1)
    losses = []
    for _ in range(steps):
        logits, _ = model(x)
        log_p = logits.transpose(0, 1).log_softmax(dim=-1)
        loss = -(log_p.gather(-1, truth).squeeze(-1) * count).sum(dim=0).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses
