"""The layers in a torch.nn.ModuleDict, one tensor as the state; Adam and clipping by hand."""

import numpy as np
import torch


class CharLM(torch.nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.layers = torch.nn.ModuleDict(
            {
                "output": torch.nn.Linear(hidden_size, vocab_size),
                "recurrent": torch.nn.LSTM(embedding_size, hidden_size, batch_first=True),
                "table": torch.nn.Embedding(vocab_size, embedding_size),
            }
        )

    def forward(self, tokens, state=None):
        both = None if state is None else tuple(state.unbind(dim=0))
        outputs, both = self.layers["recurrent"](self.layers["table"](tokens), both)
        return self.layers["output"](outputs), torch.stack(both)


def initialise(model):
    recurrent = model.layers["recurrent"]
    H = recurrent.hidden_size
    blocks = [torch.linalg.qr(torch.randn(H, H))[0] for _ in range(4)]
    recurrent.weight_hh_l0.data = torch.cat(blocks).to(recurrent.weight_hh_l0.dtype)
    half = torch.tensor([0.0, 0.5, 0.0, 0.0]).repeat_interleave(H)
    recurrent.bias_ih_l0.data.copy_(half)
    recurrent.bias_hh_l0.data.copy_(half)
    model.layers["output"].bias.data.fill_(0)


class Adam:
    def __init__(self, model, steps, learning_rate):
        self.params = list(model.parameters())
        self.first = [torch.zeros_like(p) for p in self.params]
        self.second = [torch.zeros_like(p) for p in self.params]
        self.rates = [learning_rate * (1 - 0.95 * k / steps) for k in range(steps)]
        self.k = 0

    def step(self, loss):
        grads = torch.autograd.grad(loss, self.params)
        norm = torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads]))
        grads = [grad / max(1.0, float(norm)) for grad in grads]
        rate, self.k = self.rates[self.k], self.k + 1
        with torch.no_grad():
            for p, g, m, v in zip(self.params, grads, self.first, self.second, strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g**2 - v)
                scale = (v / (1 - 0.999**self.k)).sqrt() + 1e-8
                p -= rate * m / (1 - 0.9**self.k) / scale
        return float(loss)


def train_batches(model, batches, steps, learning_rate):
    adam = Adam(model, steps, learning_rate)
    losses = []
    for k in range(steps):
        inputs, targets, mask = batches[k % len(batches)]
        log_p = model(inputs)[0].log_softmax(dim=-1)
        right = log_p.gather(2, targets[:, :, None])[:, :, 0]
        losses.append(adam.step(-(right * mask).sum() / mask.shape[0]))
    return losses


def train_stream(model, chunks, steps, learning_rate):
    adam = Adam(model, steps, learning_rate)
    losses, state = np.zeros(steps), None
    for k in range(steps):
        j = k % len(chunks)
        state = state.detach() if j else None
        logits, state = model(chunks[j][0], state)
        log_p = logits.log_softmax(dim=-1).gather(2, chunks[j][1][:, :, None])
        losses[k] = adam.step(-log_p.mean())
    return losses
