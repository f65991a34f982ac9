"""Each head in a loop, with its own columns; normalisation and GELU by their formulas."""

import math

import torch


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, D, heads):
        super().__init__()
        self.columns = [slice(i * (D // heads), (i + 1) * (D // heads)) for i in range(heads)]
        self.query = torch.nn.Linear(D, D)
        self.key = torch.nn.Linear(D, D)
        self.value = torch.nn.Linear(D, D)
        self.output = torch.nn.Linear(D, D)

    def forward(self, x, mask):
        q, k, v = self.query(x), self.key(x), self.value(x)
        found = []
        for part in self.columns:
            scores = torch.bmm(q[..., part], k[..., part].transpose(1, 2))
            scores = scores / math.sqrt(part.stop - part.start)
            scores = torch.where(mask, scores, torch.tensor(-math.inf, dtype=x.dtype))
            found.append(torch.bmm(torch.softmax(scores, dim=2), v[..., part]))
        return self.output(torch.cat(found, dim=2))


class Normalised(torch.nn.Module):
    def __init__(self, D):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(D))
        self.bias = torch.nn.Parameter(torch.zeros(D))

    def forward(self, x):
        x = x - x.mean(dim=-1, keepdim=True)
        variance = (x**2).mean(dim=-1, keepdim=True)
        return x / torch.sqrt(variance + 1e-5) * self.weight + self.bias


class TransformerLM(torch.nn.Module):
    def __init__(self, vocab_size, D, heads, max_length):
        super().__init__()
        self.tokens = torch.nn.Embedding(vocab_size, D)
        self.positions = torch.nn.Embedding(max_length, D)
        self.norm_1, self.norm_2, self.norm_3 = Normalised(D), Normalised(D), Normalised(D)
        self.attention = MultiHeadAttention(D, heads)
        self.expand = torch.nn.Linear(D, 4 * D)
        self.reduce = torch.nn.Linear(4 * D, D)
        self.output = torch.nn.Linear(D, vocab_size)

    def forward(self, tokens):
        B, T = tokens.shape
        if len(self.positions.weight) - T < 0:
            raise ValueError("there is no position for the last token")
        x = self.tokens.weight[tokens] + self.positions.weight[torch.arange(T)]
        x = x + self.attention(self.norm_1(x), torch.tril(torch.ones(B, T, T)) == 1)
        y = self.expand(self.norm_2(x))
        y = y * (1 + torch.erf(y / math.sqrt(2))) / 2
        x = x + self.reduce(y)
        return self.output(self.norm_3(x))
