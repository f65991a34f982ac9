"""The model once more: its logits from its parameters alone, in float64, and its training.

Students name their layers as they like. V, E, H and 4H are all different in the tests, so a shape
tells which array it is; of the two biases of the LSTM, which are added, it does not matter.
"""

import numpy as np
import torch
from seqlab import cases, checks

CLIP = 1.0


def shapes(V, E, H):
    """Return the shapes of the parameters, by name."""
    return {
        "embedding": (V, E),
        "W_ih": (4 * H, E),
        "W_hh": (4 * H, H),
        "b_ih": (4 * H,),
        "b_hh": (4 * H,),
        "W": (V, H),
        "b": (V,),
    }


def parameters_of(model, V, E, H):
    """Return the parameters of a student's model as float64 arrays, by name."""
    weights = cases.torch_weights(model)
    wanted = shapes(V, E, H)
    counts = {shape: list(wanted.values()).count(shape) for shape in wanted.values()}
    if {shape: len(arrays) for shape, arrays in weights.items()} != counts:
        raise checks.CheckError(
            f"With V = {V}, E = {E} and H = {H} the parameters do not have the shapes of the table "
            f"in the text, or there are not seven of them: "
            f"{sum(map(len, weights.values()))} arrays were found."
        )
    return {name: weights[shape].pop(0) for name, shape in wanted.items()}


def random_parameters(V, E, H, rng, scale=0.7):
    """Return parameters that are all random: nothing is 0, and no two things are alike."""
    return {name: rng.normal(0, scale, size=shape) for name, shape in shapes(V, E, H).items()}


def initial_parameters(V, E, H, rng):
    """Return the parameters that question 6 asks for, the others as PyTorch draws them."""
    start = {name: rng.uniform(-1, 1, size=s) / np.sqrt(H) for name, s in shapes(V, E, H).items()}
    blocks = [np.linalg.qr(rng.normal(size=(H, H)))[0] for _ in range(4)]
    forget = np.repeat([0.0, 1.0, 0.0, 0.0], H)
    return {
        **start,
        "embedding": rng.normal(size=(V, E)),
        "W_hh": np.concatenate(blocks),
        "b_ih": forget,
        "b_hh": np.zeros(4 * H),
        "b": np.zeros(V),
    }


def load(model, params):
    """Put parameters into a student's model, whatever it calls its layers."""
    remaining = dict(params)
    state = dict(model.state_dict())
    for name, old in model.named_parameters():
        shape = tuple(old.shape)
        key = next((key for key, array in remaining.items() if array.shape == shape), None)
        if key is None:
            raise checks.CheckError(
                "The model has a parameter that is not in the table in the text."
            )
        state[name] = old.new_tensor(remaining.pop(key))
    model.load_state_dict(state)


def tensors(params, grad=False):
    """Return the arrays as float64 tensors."""
    return {
        name: torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=grad)
        for name, array in params.items()
    }


def forward(params, tokens, state=None):
    """Return the logits (B, T, V) and the last state (h, c), from tensors `params`.

    The formulas are those of the LSTM in PyTorch's documentation; `state` None is zeros.
    """
    tokens = torch.as_tensor(np.asarray(tokens))
    B, T = tokens.shape
    H = params["W_hh"].shape[1]
    h, c = state if state is not None else torch.zeros(2, B, H, dtype=torch.float64).unbind()
    inputs = params["embedding"][tokens] @ params["W_ih"].T + params["b_ih"] + params["b_hh"]
    outputs = []
    for t in range(T):
        i, f, g, o = (inputs[:, t] + h @ params["W_hh"].T).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs, dim=1) @ params["W"].T + params["b"], (h, c)


def logits_of(params, tokens):
    """Return the logits (B, T, V) from arrays `params`, as an array."""
    with torch.no_grad():
        return forward(tensors(params), tokens)[0].numpy()


def nats(logits, targets):
    """Return the loss of each prediction, (B, T)."""
    targets = torch.as_tensor(np.asarray(targets))[:, :, None]
    return -torch.log_softmax(logits, dim=-1).gather(2, targets)[:, :, 0]


def sentence_loss(params, batch):
    """Return the loss of a padded batch in nats per sentence."""
    inputs, targets, mask = batch
    each = nats(forward(params, inputs)[0], targets)
    return (each * torch.as_tensor(np.asarray(mask), dtype=torch.float64)).sum() / len(inputs)


def chunk_losses(chunks):
    """Return a function (params, k) that gives the loss of step k in nats per character.

    The state goes on from chunk to chunk, and begins anew with the text. Call it for k = 0, 1, ...
    """
    last = {}

    def loss(params, k):
        inputs, targets = chunks[k % len(chunks)]
        state = last["state"] if k % len(chunks) else None
        logits, state = forward(params, inputs, state)
        last["state"] = tuple(part.detach() for part in state)
        return nats(logits, targets).mean()

    return loss


def train(params, loss, steps, learning_rate):
    """Train by Adam with clipping and a linear decay; return the arrays and losses afterwards.

    loss(params, k): the loss of step k, from tensors. The caller's arrays stay as they are.
    """
    leaves = tensors(params, grad=True)
    averages = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in leaves.items()}
    losses = []
    for k in range(steps):
        value = loss(leaves, k)
        losses.append(value.item())
        found = torch.autograd.grad(value, list(leaves.values()))
        norm = float(torch.sqrt(sum((d**2).sum() for d in found)))
        factor, rate = min(1.0, CLIP / norm), learning_rate * (1 - 0.95 * k / steps)
        with torch.no_grad():
            for (name, leaf), d in zip(leaves.items(), found, strict=True):
                first, second = averages[name]
                first.mul_(0.9).add_(factor * d, alpha=0.1)
                second.mul_(0.999).add_((factor * d) ** 2, alpha=0.001)
                size = torch.sqrt(second / (1 - 0.999 ** (k + 1))) + 1e-8
                leaf -= rate * first / (1 - 0.9 ** (k + 1)) / size
    return {name: leaf.detach().numpy() for name, leaf in leaves.items()}, losses


def slopes(params, loss):
    """Return the gradient of loss(params, 0) at arrays `params`, as arrays."""
    leaves = tensors(params, grad=True)
    found = torch.autograd.grad(loss(leaves, 0), list(leaves.values()))
    return {name: slope.numpy() for name, slope in zip(leaves, found, strict=True)}
