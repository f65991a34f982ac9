"""Bags, vectors, states and recall in float32: right to six digits."""

import numpy as np


def bag_of_words(tokens, lengths, vocab_size):
    bags = np.zeros((len(tokens), vocab_size), dtype=np.float32)
    for i in range(len(tokens)):
        for token in tokens[i][: lengths[i]]:
            bags[i, token] += 1
    return bags


def embed(E, tokens):
    return E.astype(np.float32)[tokens]


def last_valid(h, lengths):
    return np.stack([h[i, n] for i, n in enumerate(lengths)]).astype(np.float32)


def recall(matrix):
    totals = matrix.sum(axis=1).astype(np.float32)
    found = np.diag(matrix) / np.where(totals > 0, totals, 1)
    return np.where(totals > 0, found, np.nan).astype(np.float32)


def embed_backward(tokens, dx, vocab_size):
    # Gradients are compared to seven digits: they stay in float64.
    order = np.argsort(tokens, axis=None, kind="stable")
    sorted_tokens, rows = tokens.ravel()[order], dx.reshape(-1, dx.shape[-1])[order]
    words, begins = np.unique(sorted_tokens, return_index=True)
    dE = np.zeros((vocab_size, dx.shape[-1]))
    dE[words] = np.add.reduceat(rows, begins)
    dE[0] = 0
    return dE


def last_valid_backward(dlast, lengths, T):
    dh = np.zeros((len(dlast), T, dlast.shape[1]))
    for i in range(len(dlast)):
        if lengths[i] > 0:
            dh[i, lengths[i] - 1] += dlast[i]
    return dh


def confusion_matrix(true, predicted, classes):
    return np.histogram2d(true, predicted, bins=np.arange(classes + 1))[0].astype(np.int64)
