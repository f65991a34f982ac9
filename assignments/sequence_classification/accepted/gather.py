"""The last state by gather, the bag by scatter, the embedding's gradient by bincount."""

import numpy as np
import torch


def bag_of_words(tokens, lengths, vocab_size):
    B, T = tokens.shape
    # Padding goes into a column of its own, which is cut off.
    columns = np.where(np.arange(T) < np.reshape(lengths, (B, 1)), tokens, vocab_size)
    flat = (columns + (vocab_size + 1) * np.arange(B)[:, None]).ravel()
    counts = np.bincount(flat, minlength=B * (vocab_size + 1))
    return counts.reshape(B, vocab_size + 1)[:, :vocab_size].astype(np.float64)


def embed(E, tokens):
    return np.take(E, tokens, axis=0)


def embed_backward(tokens, dx, vocab_size):
    flat, rows = tokens.ravel(), dx.reshape(-1, dx.shape[-1])
    columns = [np.bincount(flat, weights=column, minlength=vocab_size) for column in rows.T]
    dE = np.stack(columns, axis=1)
    dE[0] = 0
    return dE


def last_valid(h, lengths):
    B, _, H = h.shape
    index = np.broadcast_to(np.reshape(lengths, (B, 1, 1)), (B, 1, H))
    return np.take_along_axis(h, index, axis=1)[:, 0]


class SequenceClassifier(torch.nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, classes):
        super().__init__()
        self.layers = torch.nn.ModuleDict(
            {
                "look up": torch.nn.Embedding(vocab_size, embedding_size, 0),
                "read": torch.nn.LSTM(embedding_size, hidden_size, batch_first=True),
                "judge": torch.nn.Linear(hidden_size, classes),
            }
        )

    def forward(self, tokens, lengths):
        h, _ = self.layers["read"](self.layers["look up"](tokens))
        index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, h.size(2))
        return self.layers["judge"](h.gather(1, index).squeeze(1))


def last_valid_backward(dlast, lengths, T):
    B, H = dlast.shape
    # With a column for the initial state in front, every row has a place; then it is cut off.
    dh = np.zeros((B, T + 1, H))
    index = np.broadcast_to(np.reshape(lengths, (B, 1, 1)), (B, 1, H))
    np.put_along_axis(dh, index, dlast[:, None], axis=1)
    return dh[:, 1:]
