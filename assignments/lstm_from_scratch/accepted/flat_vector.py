"""All parameters in one long vector, on both sides: clipping and momentum are one line each."""

# ruff: noqa: F821

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def flatten(arrays, names):
    return np.concatenate([np.ravel(arrays[name]) for name in names])


def unflatten(vector, like):
    ends = np.cumsum([array.size for array in like.values()])[:-1]
    parts = np.split(vector, ends)
    return {
        name: part.reshape(array.shape)
        for (name, array), part in zip(like.items(), parts, strict=True)
    }


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    theta = flatten(params, params)
    velocity = np.zeros_like(theta)
    start = np.zeros((x.shape[0], params["W_y"].shape[0]))
    losses = []
    for k in track(steps):
        now = unflatten(theta, params)
        logits, h, c, gates = lstm_forward(now, x, start, start)
        loss, dlogits = cross_entropy(logits, targets, mask)
        losses.append(loss)
        gradient = flatten(lstm_backward(now, x, h, c, gates, dlogits), params)
        length = np.sqrt(gradient @ gradient)
        if length > max_norm:
            gradient *= max_norm / length
        velocity = momentum * velocity + gradient
        theta = theta - learning_rate * (1 - 0.95 * k / steps) * velocity
    return unflatten(theta, params), np.array(losses)


@dataclass
class Memory:
    h: torch.Tensor
    c: torch.Tensor


class LSTMLanguageModel(torch.nn.Module):
    """The parameters are made in the order W_x, W_h, b, b, W_y, b_y."""

    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.rnn = torch.nn.LSTM(vocab_size, hidden_size, num_layers=1, batch_first=True)
        self.decoder = torch.nn.Linear(hidden_size, vocab_size)

    def forward(self, x, state=None):
        if state is None:
            zeros = torch.zeros(1, x.shape[0], self.rnn.hidden_size, dtype=x.dtype)
            state = Memory(h=zeros, c=zeros)
        hidden, (h, c) = self.rnn(x, (state.h, state.c))
        return self.decoder(hidden), Memory(h, c)


def load_numpy_params(model, params):
    parts = [params["W_x"].T, params["W_h"].T, 0.25 * params["b"], 0.75 * params["b"]]
    parts += [params["W_y"].T, params["b_y"]]
    vector = np.concatenate([part.ravel() for part in parts])
    dtype = next(model.parameters()).dtype
    vector_to_parameters(torch.tensor(vector, dtype=dtype), model.parameters())
    return model


def train_torch(model, x, targets, mask, steps, learning_rate):
    optimizer = torch.optim.Adam(model.parameters())
    one_hot = torch.nn.functional.one_hot(targets, x.shape[-1]) * mask[..., None]

    def closure():
        optimizer.zero_grad()
        log_p = torch.log_softmax(model(x)[0], dim=-1)
        loss = torch.sum(-one_hot * log_p) / x.shape[0]
        loss.backward()
        gradient = parameters_to_vector([p.grad for p in model.parameters()])
        factor = torch.clamp(1 / gradient.norm(), max=1.0)
        for p in model.parameters():
            p.grad *= factor
        return loss

    losses = []
    for k in track(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - 0.95 * k / steps)
        losses.append(optimizer.step(closure).item())
    return losses
