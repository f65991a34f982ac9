"""The causal mask and the numbers of the positions are buffers of the model."""

import torch


class TransformerLM(torch.nn.Module):
    def __init__(self, vocab_size, D, heads, max_length):
        super().__init__()
        causal = torch.tril(torch.ones(max_length, max_length, dtype=torch.bool))
        self.register_buffer("causal", causal)
        self.register_buffer("places", torch.arange(max_length), persistent=False)
        self.tokens = torch.nn.Embedding(vocab_size, D)
        self.positions = torch.nn.Embedding(max_length, D)
        self.norm_1 = torch.nn.LayerNorm(D)
        self.norm_2 = torch.nn.LayerNorm(D)
        self.norm_3 = torch.nn.LayerNorm(D)
        self.attention = MultiHeadAttention(D, heads)  # noqa: F821
        self.expand = torch.nn.Linear(D, 4 * D)
        self.reduce = torch.nn.Linear(4 * D, D)
        self.output = torch.nn.Linear(D, vocab_size)

    def forward(self, tokens):
        length = tokens.shape[1]
        if length > len(self.places):
            raise ValueError(f"{length} tokens are too many")
        x = self.tokens(tokens)
        x += self.positions(self.places[:length])
        y = self.attention(self.norm_1(x), self.causal[:length, :length])
        x = x + y
        z = torch.nn.functional.gelu(self.expand(self.norm_2(x)))
        return self.output(self.norm_3(x + self.reduce(z)))
