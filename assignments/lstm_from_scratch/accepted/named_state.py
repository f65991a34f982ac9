"""The state of the model is a named tuple, and its fields are read by their names."""

from typing import NamedTuple

import torch
from torch import nn


class State(NamedTuple):
    h: torch.Tensor
    c: torch.Tensor


class LSTMLanguageModel(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.lstm = nn.LSTM(vocab_size, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, state=None):
        if state is None:
            zeros = x.new_zeros(1, x.shape[0], self.hidden_size)
            state = State(h=zeros, c=zeros)
        h, (last_h, last_c) = self.lstm(x, (state.h, state.c))
        return self.linear(h), State(h=last_h, c=last_c)
