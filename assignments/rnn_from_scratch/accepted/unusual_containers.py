"""A dictionary class of its own, a tuple, an ordered dictionary and masked arrays."""

from collections import Counter, OrderedDict
from itertools import chain

import numpy as np


class Indices(dict):
    """Knows an index for every token."""

    def __missing__(self, token):
        return self["UNK"]


def build_vocabulary(sequences):
    tokens = (*(token for token, _ in Counter(chain(*sequences)).most_common()), "UNK")
    return Indices(zip(tokens, range(len(tokens)), strict=True)), tokens


def encode(tokens, token_to_index):
    indices = Indices(token_to_index)
    return np.array([indices[token] for token in tokens], dtype=np.int64)


def cross_entropy(logits, targets, mask):
    B, T, V = logits.shape
    padding = np.repeat(mask[:, :, None] == 0, V, axis=2)
    z = np.ma.masked_array(logits - logits.max(axis=-1, keepdims=True), padding)
    log_p = z - np.ma.log(np.ma.exp(z).sum(axis=-1, keepdims=True))
    truth = np.eye(V)[targets]
    loss = -(log_p * truth).sum() / B
    return loss, ((np.ma.exp(log_p) - truth) / B).filled(0.0)


def clip_gradients(grads, max_norm):
    norm = np.sqrt(np.sum([np.sum(grad**2) for grad in grads.values()]))
    factor = np.minimum(1.0, max_norm / norm) if norm else 1.0
    return OrderedDict((name, factor * grad) for name, grad in grads.items()), norm
