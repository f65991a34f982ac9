"""The model computes in float64 from the start; the texts are drawn through torch tensors."""

# ruff: noqa: F821

import numpy as np
import torch


class CharLM(torch.nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.parts = torch.nn.ModuleList(
            [
                torch.nn.Embedding(vocab_size, embedding_size),
                torch.nn.LSTM(embedding_size, hidden_size, num_layers=1, batch_first=True),
                torch.nn.Linear(hidden_size, vocab_size),
            ]
        )
        self.double()

    def forward(self, tokens, state=None):
        table, lstm, linear = self.parts
        outputs, (h, c) = lstm(table(tokens), state)
        return linear(outputs), (h, c)


def initialise(model):
    _, lstm, linear = model.parts
    with torch.no_grad():
        for block in torch.split(lstm.weight_hh_l0, lstm.hidden_size):
            block.copy_(torch.linalg.qr(torch.randn_like(block))[0])
        lstm.bias_ih_l0.copy_(-lstm.bias_hh_l0)
        lstm.bias_ih_l0[lstm.hidden_size : 2 * lstm.hidden_size] += 1
        linear.bias.zero_()


def generate(model, prefix, max_tokens, temperature, top_k, stop, rng):
    if len(prefix) < 1:
        raise ValueError("a prefix has at least one character")
    model.eval()
    reads, state, new = torch.as_tensor(prefix).reshape(1, -1), None, []
    with torch.inference_mode():
        for _ in range(max_tokens):
            logits, state = model(reads, state)
            p = next_distribution(logits[0, -1].double().numpy(), temperature, top_k)
            token = rng.choice(np.arange(len(p)), p=p / np.sum(p))
            new.append(token)
            if stop is not None and token == stop:
                break
            reads = torch.full((1, 1), int(token))
    return new
