"""Counter for the vocabulary, bincount for one-hot vectors, zip_longest for the batch."""

from collections import Counter
from itertools import chain, zip_longest

import numpy as np


def build_vocabulary(sequences):
    tokens = [*dict(Counter(chain.from_iterable(sequences)).most_common()), "UNK"]
    return {token: i for i, token in enumerate(tokens)}, tokens


def encode(tokens, token_to_index):
    known = list(token_to_index)
    places = [known.index(token) if token in token_to_index else -1 for token in tokens]
    # One more entry at the end, where -1 finds the index of "UNK".
    indices = np.array([*token_to_index.values(), token_to_index["UNK"]], dtype=np.int64)
    return indices[np.array(places, dtype=int)]


def one_hot(indices, vocab_size):
    indices = np.asarray(indices)
    # ravel_multi_index() raises a ValueError itself for what lies outside 0..V-1.
    row = np.arange(indices.size)
    place = np.ravel_multi_index((row, indices.ravel()), (max(indices.size, 1), vocab_size))
    counts = np.bincount(place, minlength=indices.size * vocab_size)
    return counts.astype(np.float64).reshape(*indices.shape, vocab_size)


def make_batch(sequences, token_to_index):
    def columns(rows, fill):
        return np.array(list(zip_longest(*rows, fillvalue=fill))).T

    rows = [encode(sequence, token_to_index) for sequence in sequences]
    inputs = columns([row[:-1] for row in rows], 0)
    targets = columns([row[1:] for row in rows], 0)
    mask = columns([[1.0] * (len(row) - 1) for row in rows], 0.0)
    return inputs, targets, mask
