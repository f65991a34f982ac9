"""A class holds the network and does the work, in NumPy and in PyTorch; the functions are thin."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from rnn_parts import clip_gradients, cross_entropy, momentum_update, orthogonal
from seqlab.progress import track


class Gates:
    """The four blocks of one array (B, 4H), by name; what is written here arrives there."""

    def __init__(self, array):
        self.array = array
        H = array.shape[-1] // 4
        for k, name in enumerate("ifgo"):
            setattr(self, name, array[..., k * H : (k + 1) * H])

    @classmethod
    def activated(cls, z):
        gates = cls(sigmoid(z))
        gates.g[...] = np.tanh(cls(z).g)
        return gates

    def slopes(self):
        slopes = Gates(self.array * (1 - self.array))
        slopes.g[...] = (1 - self.g) * (1 + self.g)
        return slopes


@dataclass
class Network:
    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    W_y: np.ndarray
    b_y: np.ndarray

    @classmethod
    def new(cls, V, H, rng):
        def four(rows):
            return np.hstack([orthogonal(rows, H, rng) for _ in range(4)])

        network = cls(four(V), four(H), np.zeros(4 * H), orthogonal(H, V, rng), np.zeros(V))
        Gates(network.b).f[:] = 1.0
        return network

    def as_dict(self):
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def step(self, x_t, h_prev, c_prev):
        gates = Gates.activated(x_t @ self.W_x + h_prev @ self.W_h + self.b)
        c = gates.f * c_prev + gates.i * gates.g
        return gates.o * np.tanh(c), c, gates.array

    def run(self, x, h0, c0):
        B, T, _ = x.shape
        h = np.repeat(h0[:, None], T + 1, axis=1)
        c = np.repeat(c0[:, None], T + 1, axis=1)
        gates = np.empty((B, T, 4 * h0.shape[1]))
        for t in range(T):
            h[:, t + 1], c[:, t + 1], gates[:, t] = self.step(x[:, t], h[:, t], c[:, t])
        return h[:, 1:] @ self.W_y + self.b_y, h, c, gates

    def step_back(self, c_prev, c, activated, dh, dc):
        gates = Gates(activated)
        dz = Gates(gates.slopes().array)
        shown = np.tanh(c)
        total = dc + dh * gates.o * (1 - shown**2)
        dz.i *= total * gates.g
        dz.f *= total * c_prev
        dz.g *= total * gates.i
        dz.o *= dh * shown
        return dz.array @ self.W_h.T, total * gates.f, dz.array

    def run_back(self, x, h, c, gates, dlogits):
        grads = Network(*(np.zeros_like(array) for array in self.as_dict().values()))
        above = dlogits @ self.W_y.T
        dh = dc = np.zeros_like(h[:, 0])
        for t in reversed(range(x.shape[1])):
            dh, dc, dz = self.step_back(c[:, t], c[:, t + 1], gates[:, t], dh + above[:, t], dc)
            grads.W_x += x[:, t].T @ dz
            grads.W_h += h[:, t].T @ dz
            grads.b += dz.sum(axis=0)
            grads.W_y += h[:, t + 1].T @ dlogits[:, t]
            grads.b_y += dlogits[:, t].sum(axis=0)
        return grads.as_dict()


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def init_lstm(vocab_size, hidden_size, rng):
    return Network.new(vocab_size, hidden_size, rng).as_dict()


def lstm_step(params, x_t, h_prev, c_prev):
    return Network(**params).step(x_t, h_prev, c_prev)


def lstm_forward(params, x, h0, c0):
    return Network(**params).run(x, h0, c0)


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    return Network(**params).step_back(c_prev, c, gates, dh, dc)


def lstm_backward(params, x, h, c, gates, dlogits):
    return Network(**params).run_back(x, h, c, gates, dlogits)


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    losses = []
    velocity = dict.fromkeys(params, 0.0)
    rest = np.zeros((len(x), params["W_h"].shape[0]))
    for k in track(steps):
        network = Network(**params)
        logits, *memory = network.run(x, rest, rest)
        loss, dlogits = cross_entropy(logits, targets, mask)
        losses.append(loss)
        grads, _ = clip_gradients(network.run_back(x, *memory, dlogits), max_norm)
        rate = learning_rate * (1 - 0.95 * k / steps)
        params, velocity = momentum_update(params, grads, velocity, rate, momentum)
    return params, np.array(losses)


class LSTMLanguageModel(torch.nn.LSTM):
    """The layer itself, which has got an output layer."""

    def __init__(self, vocab_size, hidden_size):
        super().__init__(vocab_size, hidden_size, batch_first=True)
        self.output = torch.nn.Linear(hidden_size, vocab_size)

    def forward(self, x, state=None):
        outputs, state = super().forward(x, state)
        return self.output(outputs), state

    def load(self, network):
        own = self.state_dict()
        for name, array in {
            "weight_ih_l0": network.W_x.T,
            "weight_hh_l0": network.W_h.T,
            "bias_ih_l0": np.zeros_like(network.b),
            "bias_hh_l0": network.b,
            "output.weight": network.W_y.T,
            "output.bias": network.b_y,
        }.items():
            # The entries of a state_dict share the memory of the parameters.
            own[name].copy_(torch.tensor(array))


def load_numpy_params(model, params):
    model.load(Network(**params))
    return model


class Trainer:
    def __init__(self, model, steps, learning_rate):
        self.model, self.losses = model, []
        self.adam = torch.optim.Adam(model.parameters(), lr=learning_rate)
        self.rates = [learning_rate * (1 - 0.95 * k / steps) for k in range(steps)]

    def fit(self, x, targets, mask):
        for rate in self.rates:
            self.adam.param_groups[0].update(lr=rate)
            self.model.zero_grad()
            loss = self.loss(x, targets, mask)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.adam.step()
            self.losses.append(loss.item())
        return np.array(self.losses)

    def loss(self, x, targets, mask):
        logits, _ = self.model(x)
        each = torch.nn.CrossEntropyLoss(reduction="none")(logits.flatten(0, 1), targets.flatten())
        return each @ mask.flatten() / mask.shape[0]


def train_torch(model, x, targets, mask, steps, learning_rate):
    return Trainer(model, steps, learning_rate).fit(x, targets, mask)


def accepts(predictions, n, b, eos):
    *most, last = predictions[n:]
    return set(most) <= {b} and bool(last == eos)
