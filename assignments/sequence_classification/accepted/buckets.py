"""Rows of one length are read together, so that nothing is padded."""

import torch


class SequenceClassifier(torch.nn.Module):
    """Rows of one length are read together, without any padding."""

    def __init__(self, vocab_size, embedding_size, hidden_size, classes):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocab_size, embedding_size, padding_idx=0)
        self.lstm = torch.nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.linear = torch.nn.Linear(hidden_size, classes)

    def forward(self, tokens, lengths):
        logits = self.linear.weight.new_zeros(len(tokens), self.linear.out_features)
        for length in lengths.unique().tolist():
            rows = (lengths == length).nonzero().squeeze(1)
            out, _ = self.lstm(self.embedding(tokens[rows, :length]))
            logits = logits.index_copy(0, rows, self.linear(out[:, -1]))
        return logits
