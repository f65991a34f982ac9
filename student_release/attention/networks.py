"""What the last part of this notebook needs beside your own answers: the networks of the earlier
assignments, as PyTorch has them, and a way to look inside a model.

All models here take tokens (B, T), integers, and return logits (B, T, vocab_size), as your
transformer does, so the same training function trains them all.
"""

import torch


class Recurrent(torch.nn.Module):
    """A recurrent network as a language model: one layer of `kind`, "RNN" or "LSTM".

    With `orthogonal`, it starts as in the assignments in which you built these networks: recurrent
    matrices are orthogonal, biases are 0, and the forget gates are half open or more. Without, it
    starts as PyTorch's layers do.
    """

    def __init__(self, kind, vocab_size, hidden_size, orthogonal=False):
        super().__init__()
        self.vocab_size = vocab_size
        layer = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM}[kind]
        self.layer = layer(vocab_size, hidden_size, batch_first=True)
        self.linear = torch.nn.Linear(hidden_size, vocab_size)
        if orthogonal:
            for name, parameter in self.layer.named_parameters():
                if "bias" in name:
                    torch.nn.init.zeros_(parameter)
                else:
                    for block in parameter.split(hidden_size):
                        torch.nn.init.orthogonal_(block)
            if kind == "LSTM":  # the second of four blocks
                torch.nn.init.ones_(self.layer.bias_ih_l0[hidden_size : 2 * hidden_size])

    def forward(self, tokens):
        one_hot = torch.nn.functional.one_hot(tokens, self.vocab_size)
        return self.linear(self.layer(one_hot.to(self.linear.weight.dtype))[0])


class IgnoresTheMask(torch.nn.Module):
    """An attention layer that looks everywhere, whatever mask it is given: a mistake on purpose."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, x, mask):
        return self.attention(x, torch.ones_like(mask))


def set_positions(model, table):
    """Replace the learned positions of a transformer by a fixed table of at least as many rows.

    Nothing but 0 in the table means a model without positions. It is not trained.
    """
    positions = model.positions.weight
    with torch.no_grad():
        positions.copy_(torch.as_tensor(table)[: len(positions)])
    positions.requires_grad_(False)
    return model


def outputs_of(layers, model, *inputs):
    """Run the model and return what each of these layers of it has put out."""
    caught = {}
    hooks = [
        layer.register_forward_hook(lambda _, given, out, k=k: caught.update({k: out.detach()}))
        for k, layer in enumerate(layers)
    ]
    with torch.no_grad():
        model(*inputs)
    for hook in hooks:
        hook.remove()
    return [caught[k] for k in range(len(layers))]


def longest_counted(model, tokens, most=60):
    """Return the largest n up to which the model completes all sequences, at most `most`.

    A sequence is completed when every token from the second b on is the most probable one.
    tokens: the names of the tokens, in the order of their numbers.
    """
    n = 0
    while n < most:
        read = [*"a" * (n + 1), *"b" * (n + 1)]
        numbers = torch.tensor([[tokens.index(token) for token in read]])
        try:
            with torch.no_grad():
                best = model(numbers)[0, n + 1 :].argmax(dim=-1)
        except ValueError:  # a transformer without a position for each token
            return n
        if [tokens[i] for i in best.tolist()] != [*read[n + 2 :], "EOS"]:
            return n
        n += 1
    return n
