"""What the PyTorch models of questions 5, 8 and 9 should compute, from their own parameters.

A model's parameters travel as a dictionary, `state`, from the names in the text to tensors of
float64. Everything here can be differentiated.
"""

import math

import numpy as np
import torch
from seqlab.checks import CheckError

PARTS = ("query", "key", "value", "output")


def load_random(model, rng, scale=0.5):
    """Give a model parameters drawn by `rng`, and return them; buffers stay as they are."""
    entries = dict(model.state_dict())
    for name, old in model.named_parameters():
        entries[name] = old.new_tensor(rng.normal(0, scale, size=tuple(old.shape)))
    model.load_state_dict(entries)
    return state_of(model)


def load_fresh(model, rng):
    """Give a model parameters as a new one has them, drawn by `rng`, and return them by name.

    Embeddings are normal with a standard deviation of 0.5, other matrices and biases uniform as in
    PyTorch, and layers that normalise start as the identity.
    """
    entries = dict(model.state_dict())
    for name, old in model.named_parameters():
        shape = tuple(old.shape)
        if name.partition(".")[0] in ("tokens", "positions", "keys", "values"):
            new = rng.normal(0, 0.5, size=shape)
        elif name.startswith("norm"):
            new = np.full(shape, float(name.endswith("weight")))
        else:
            bound = shape[-1] ** -0.5
            new = rng.uniform(-bound, bound, size=shape)
        entries[name] = old.new_tensor(new)
    model.load_state_dict(entries)
    return entries


def state_of(model):
    """Return the parameters of a model by name, as tensors of float64 of our own."""
    return {name: old.detach().double().clone() for name, old in model.named_parameters()}


def part(state, name, shape):
    """Return one parameter, or say which name or shape the model does not have."""
    if name not in state:
        raise CheckError(f"The model has no parameter `{name}`: name its layers as in the text.")
    if tuple(state[name].shape) != shape:
        raise CheckError(
            f"The parameter `{name}` has shape {tuple(state[name].shape)}; "
            f"it should have shape {shape}."
        )
    return state[name]


def linear(state, name, inputs, outputs):
    """Return the function of the linear layer `name`."""
    weight = part(state, f"{name}.weight", (outputs, inputs))
    bias = part(state, f"{name}.bias", (outputs,))
    return lambda x: torch.einsum("...i,oi->...o", x, weight) + bias


def recall(state, examples, key_count, value_count, D):
    """Return logits (B, value_count) and weights (B, M) of question 5."""
    keys, values, mask, query = (torch.as_tensor(array) for array in examples[:4])
    table = part(state, "keys.weight", (key_count, D))
    q = linear(state, "query", D, D)(table[query])
    k = linear(state, "key", D, D)(table[keys])
    scores = torch.einsum("bd,bmd->bm", q, k) / math.sqrt(D)
    weights = scores.masked_fill(~mask, -math.inf).softmax(dim=1)
    shown = part(state, "values.weight", (value_count, D))[values]
    found = torch.einsum("bm,bmd->bd", weights, shown)
    return linear(state, "output", D, value_count)(found), weights


def attention_parts(state, D):
    """Return weight (D, D) and bias (D,) of query, key, value and output, under these names.

    One layer of 3 D rows may take the place of the first three, whatever it is called: it is the
    only one of its shape. So torch.nn.MultiheadAttention will do as well.
    """
    by_shape = {}
    for tensor in state.values():
        by_shape.setdefault(tuple(tensor.shape), []).append(tensor)
    fused = [(3 * D, D), (3 * D,), (D, D), (D,)]
    if sorted(map(len, by_shape.values())) == [1] * 4 and set(by_shape) == set(fused):
        weight, bias, out, out_bias = (by_shape[shape][0] for shape in fused)
        pairs = [*zip(weight.chunk(3), bias.chunk(3), strict=True), (out, out_bias)]
    else:
        pairs = [
            (part(state, f"{name}.weight", (D, D)), part(state, f"{name}.bias", (D,)))
            for name in PARTS
        ]
    return dict(zip(PARTS, pairs, strict=True))


def own_parts(state, D):
    """Return attention_parts of a layer that is not PyTorch's own."""
    if any(name.endswith("in_proj_weight") for name in state):
        raise CheckError("Write this layer yourself, without torch.nn.MultiheadAttention.")
    return attention_parts(state, D)


def multi_head(state, x, mask, heads):
    """Return multi-head attention of x (B, T, D), head by head; mask: (T, T) or (B, T, T)."""
    D = x.shape[-1]
    parts = attention_parts(state, D)
    q, k, v = (x @ parts[name][0].T + parts[name][1] for name in PARTS[:3])
    outs = []
    for columns in torch.arange(D).chunk(heads):
        scores = q[..., columns] @ k[..., columns].mT / math.sqrt(len(columns))
        outs.append(scores.masked_fill(~mask, -math.inf).softmax(-1) @ v[..., columns])
    weight, bias = parts["output"]
    return torch.cat(outs, dim=-1) @ weight.T + bias


def pytorchs(parts, x, mask, heads):
    """Return the output of torch.nn.MultiheadAttention with these parts and our mask."""
    B, T, D = x.shape
    layer = torch.nn.MultiheadAttention(D, heads, batch_first=True, dtype=torch.float64)
    three = [parts[name] for name in PARTS[:3]]
    # Its mask is True where one may not look, and has the heads beside the batch.
    closed = (~mask).expand(B, T, T).repeat_interleave(heads, dim=0)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([weight for weight, _ in three]))
        layer.in_proj_bias.copy_(torch.cat([bias for _, bias in three]))
        layer.out_proj.weight.copy_(parts["output"][0])
        layer.out_proj.bias.copy_(parts["output"][1])
        return layer(x, x, x, attn_mask=closed, need_weights=False)[0]


def transformer(state, tokens, vocab, D, heads, max_length):
    """Return the logits (B, T, vocab) of question 9 for tokens (B, T)."""
    T = tokens.shape[1]
    inner = {
        name.removeprefix("attention."): tensor
        for name, tensor in state.items()
        if name.startswith("attention.")
    }

    def norm(name, x):
        weight, bias = (part(state, f"{name}.{kind}", (D,)) for kind in ("weight", "bias"))
        return torch.nn.functional.layer_norm(x, (D,), weight, bias)

    x = part(state, "tokens.weight", (vocab, D))[tokens]
    x = x + part(state, "positions.weight", (max_length, D))[:T]
    mask = torch.arange(T)[:, None] >= torch.arange(T)
    x = x + multi_head(inner, norm("norm_1", x), mask, heads)
    wide = torch.nn.functional.gelu(linear(state, "expand", D, 4 * D)(norm("norm_2", x)))
    x = x + linear(state, "reduce", 4 * D, D)(wide)
    return linear(state, "output", D, vocab)(norm("norm_3", x))
