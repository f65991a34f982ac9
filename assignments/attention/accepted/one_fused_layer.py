"""One layer makes queries, keys and values; the block is written with a list of its branches."""

import math

import torch


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, D, heads):
        super().__init__()
        self.heads = heads
        self.qkv = torch.nn.Linear(D, 3 * D)
        self.out = torch.nn.Linear(D, D)

    def forward(self, x, mask):
        B, T, D = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT / math.sqrt(q.size(-1))
        mask = mask if mask.ndim == 2 else mask[:, None]
        scores = scores.masked_fill(~mask, torch.finfo(x.dtype).min)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, D))


class TransformerLM(torch.nn.Module):
    def __init__(self, vocab_size, D, heads, max_length):
        super().__init__()
        self.max_length = max_length
        self.tokens = torch.nn.Embedding(vocab_size, D)
        self.positions = torch.nn.Embedding(max_length, D)
        self.norm_1, self.norm_2, self.norm_3 = (torch.nn.LayerNorm(D) for _ in range(3))
        self.attention = MultiHeadAttention(D, heads)
        self.expand = torch.nn.Linear(D, 4 * D)
        self.reduce = torch.nn.Linear(4 * D, D)
        self.output = torch.nn.Linear(D, vocab_size)
        self.gelu = torch.nn.GELU()

    def forward(self, tokens):
        T = tokens.size(1)
        if self.max_length < T:
            raise ValueError(f"at most {self.max_length} tokens")
        x = self.tokens(tokens) + self.positions.weight[:T]
        steps = torch.arange(T)
        branches = [
            lambda x: self.attention(self.norm_1(x), steps[:, None] >= steps),
            lambda x: self.reduce(self.gelu(self.expand(self.norm_2(x)))),
        ]
        for branch in branches:
            x = x + branch(x)
        return self.output(self.norm_3(x))
