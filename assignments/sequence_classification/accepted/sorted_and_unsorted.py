"""Rows sorted for packing, longest first, and put back; the loss is computed by hand."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence


class SequenceClassifier(torch.nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, classes):
        super().__init__()
        self.out = torch.nn.Linear(hidden_size, classes)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size)
        self.emb = torch.nn.Embedding(vocab_size, embedding_size, padding_idx=0)

    def forward(self, tokens, lengths):
        lengths, order = lengths.sort(descending=True)
        back = order.argsort()
        # Time first: the LSTM was made without batch_first.
        x = self.emb(tokens[order]).transpose(0, 1)
        _, (h, _) = self.lstm(pack_padded_sequence(x, lengths))
        return self.out(h[0])[back]


def train_classifier(model, tokens, lengths, labels, steps, batch_size, learning_rate, rng):
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)
    losses = torch.zeros(steps, dtype=torch.float64)
    for k in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - 0.95 * k / steps)
        rows = torch.from_numpy(rng.integers(0, tokens.size(0), (batch_size,)))
        log_p = model(tokens.index_select(0, rows), lengths[rows]).log_softmax(dim=1)
        loss = -log_p.gather(1, labels[rows][:, None]).mean()
        losses[k] = loss.detach()
        model.zero_grad()
        loss.backward()
        norm = torch.sqrt(sum((p.grad**2).sum() for p in parameters))
        for p in parameters:
            p.grad *= torch.clamp(1 / (norm + 1e-6), max=1.0)
        optimizer.step()
    return losses
