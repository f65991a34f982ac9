"""The initial state is a buffer of the module."""

import torch


class LSTMLanguageModel(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.lstm = torch.nn.LSTM(vocab_size, hidden_size, batch_first=True)
        self.linear = torch.nn.Linear(hidden_size, vocab_size)
        self.register_buffer("rest", torch.zeros(1, 1, hidden_size))

    def forward(self, x, state=None):
        if state is None:
            rest = self.rest.expand(1, len(x), -1).contiguous()
            state = (rest, rest)
        outputs, state = self.lstm(x, state)
        return self.linear(outputs), state
