"""PyTorch's fused attention in question 8, and its whole layer in question 9."""

import torch


class MultiHeadAttention(torch.nn.Module):
    def __init__(self, D, heads):
        super().__init__()
        self.heads = heads
        self.query = torch.nn.Linear(D, D)
        self.key = torch.nn.Linear(D, D)
        self.value = torch.nn.Linear(D, D)
        self.output = torch.nn.Linear(D, D)

    def forward(self, x, mask):
        def cut(y):
            return torch.stack(y.chunk(self.heads, dim=-1), dim=1)

        q, k, v = cut(self.query(x)), cut(self.key(x)), cut(self.value(x))
        if mask.dim() == 3:
            mask = mask[:, None, :, :]
        found = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(torch.cat(found.unbind(dim=1), dim=-1))


class TransformerLM(torch.nn.Module):
    def __init__(self, vocab_size, D, heads, max_length):
        super().__init__()
        self.tokens = torch.nn.Embedding(vocab_size, D)
        self.positions = torch.nn.Embedding(max_length, D)
        self.norm_1 = torch.nn.LayerNorm(D)
        self.norm_2 = torch.nn.LayerNorm(D)
        self.norm_3 = torch.nn.LayerNorm(D)
        self.attention = torch.nn.MultiheadAttention(D, heads, batch_first=True)
        self.expand = torch.nn.Linear(D, 4 * D)
        self.reduce = torch.nn.Linear(4 * D, D)
        self.output = torch.nn.Linear(D, vocab_size)

    def forward(self, tokens):
        _, T = tokens.shape
        if self.positions.num_embeddings < T:
            raise ValueError("too many tokens")
        x = self.tokens(tokens) + self.positions(torch.arange(T))[None]
        y = self.norm_1(x)
        later = torch.ones(T, T, dtype=torch.bool).triu(diagonal=1)
        x = x + self.attention(y, y, y, attn_mask=later, need_weights=False)[0]
        x = x + self.reduce(torch.nn.functional.gelu(self.expand(self.norm_2(x))))
        return self.output(self.norm_3(x))
