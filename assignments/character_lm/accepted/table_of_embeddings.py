"""The embedding is a parameter that is indexed; the state is a dictionary; blocks by SVD."""

import torch
from torch import nn


class CharLM(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size):
        super().__init__()
        self.readout = nn.Linear(hidden_size, vocab_size)
        self.table = nn.Parameter(torch.randn(vocab_size, embedding_size))
        self.rnn = nn.LSTM(input_size=embedding_size, hidden_size=hidden_size)

    def forward(self, tokens, state=None):
        x = self.table[tokens].transpose(0, 1)
        if state is None:
            zeros = x.new_zeros(1, x.shape[1], self.rnn.hidden_size)
            state = (zeros, zeros)
        y, state = self.rnn(x, state)
        return self.readout(y.transpose(0, 1)), state


@torch.no_grad()
def initialise(model):
    rnn = model.rnn
    H = rnn.hidden_size
    for gate in range(4):
        u, _, v = torch.linalg.svd(torch.randn(H, H, dtype=rnn.weight_hh_l0.dtype))
        rnn.weight_hh_l0[gate * H : (gate + 1) * H] = u @ v
    for name, parameter in model.named_parameters():
        if "bias" in name:
            nn.init.zeros_(parameter)
    nn.init.ones_(rnn.bias_hh_l0[H : 2 * H])
