"""What a classifier's parameters compute, whatever its layers are called."""

import numpy as np
import torch
from seqlab import cases, checks


def shapes(V, E, H, C):
    """Return the shapes of the parameters, with how many there are of each."""
    return {(V, E): 1, (4 * H, E): 1, (4 * H, H): 1, (4 * H,): 2, (C, H): 1, (C,): 1}


def parameters(model, V, E, H, C):
    """Return the model's parameters by name, or raise a CheckError; sizes must tell them apart."""
    found, wanted = cases.torch_weights(model), shapes(V, E, H, C)
    if {shape: len(arrays) for shape, arrays in found.items()} != wanted:
        raise checks.CheckError(
            "The parameters do not have the shapes of the table in the text: one embedding, one "
            "LSTM with one layer and one direction, one linear layer."
        )
    arrays = [array for shape in wanted for array in found[shape]]
    return dict(zip(("E", "W_ih", "W_hh", "b_ih", "b_hh", "W", "b"), arrays, strict=True))


def one_by_one(weights, tokens, lengths):
    """Return the logits (B, C), each row computed alone and without its padding, in NumPy."""
    H = weights["W_hh"].shape[1]
    scale = np.array([[0.5], [0.5], [1.0], [0.5]])
    rows = []
    for row, length in zip(np.asarray(tokens), np.asarray(lengths), strict=True):
        state, cell = np.zeros((2, H))
        for token in row[:length]:
            z = weights["W_ih"] @ weights["E"][token] + weights["W_hh"] @ state
            gate = scale * np.tanh(scale * (z + weights["b_ih"] + weights["b_hh"]).reshape(4, H))
            i, f, g, o = gate + 1 - scale
            cell = f * cell + i * g
            state = o * np.tanh(cell)
        rows.append(weights["W"] @ state + weights["b"])
    return np.array(rows)


def logits(weights, tokens, lengths):
    """Return the logits (B, C) as a tensor, with gradients if the weights have them.

    weights: as from parameters(), arrays or tensors.
    """
    E, W_ih, W_hh, b_ih, b_hh, W, b = (torch.as_tensor(weight) for weight in weights.values())
    state = cell = E.new_zeros(len(tokens), W_hh.shape[1])
    tokens, lengths = torch.as_tensor(tokens), torch.as_tensor(lengths)
    for t in range(int(lengths.max())):
        i, f, g, o = (E[tokens[:, t]] @ W_ih.T + state @ W_hh.T + b_ih + b_hh).chunk(4, dim=1)
        after = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        going_on = (t < lengths)[:, None]
        cell = torch.where(going_on, after, cell)
        state = torch.where(going_on, torch.sigmoid(o) * torch.tanh(after), state)
    return state @ W.T + b


def trained(weights, tokens, lengths, labels, steps, batch_size, learning_rate, rng):
    """Return (losses, weights) of a training run by hand: Adam, norm 1, falling rate."""
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    averages = [(torch.zeros_like(leaf), torch.zeros_like(leaf)) for leaf in leaves.values()]
    losses = []
    for k in range(steps):
        rows = rng.integers(len(tokens), size=batch_size)
        log_p = torch.log_softmax(logits(leaves, tokens[rows], lengths[rows]), dim=-1)
        loss = -log_p[torch.arange(batch_size), torch.as_tensor(labels[rows])].mean()
        losses.append(loss.item())
        found = list(torch.autograd.grad(loss, list(leaves.values())))
        found[0][0] = 0.0  # the embedding of the padding
        factor = min(1.0, 1.0 / float(torch.sqrt(sum((d**2).sum() for d in found))))
        with torch.no_grad():
            for leaf, d, (first, second) in zip(leaves.values(), found, averages, strict=True):
                first.mul_(0.9).add_(factor * d, alpha=0.1)
                second.mul_(0.999).add_((factor * d) ** 2, alpha=0.001)
                root = torch.sqrt(second / (1 - 0.999 ** (k + 1))) + 1e-8
                rate = learning_rate * (1 - 0.95 * k / steps)
                leaf -= rate * (first / (1 - 0.9 ** (k + 1))) / root
    return losses, {name: leaf.detach().numpy() for name, leaf in leaves.items()}
