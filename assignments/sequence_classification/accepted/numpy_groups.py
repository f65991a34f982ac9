"""Groups by np.unique, entropies of arrays, and a split that marks rows."""

import numpy as np


def stratified_split(labels, share, rng):
    labels = np.array(labels)
    is_valid = np.zeros(len(labels), dtype=bool)
    order = rng.permutation(len(labels))
    for label in set(labels.tolist()):
        mine = order[labels[order] == label]
        is_valid[mine[: round(share * len(mine))]] = True
    return order[~is_valid[order]], order[is_valid[order]]


def best_possible(keys, weights, p):
    # Keys may be tuples, of which np.unique would make a matrix.
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    group = [numbers[key] for key in keys]
    t = np.bincount(group, weights=weights)
    m = np.bincount(group, weights=np.multiply(weights, p))
    t, m = t[t > 0], m[t > 0]
    q = np.clip(m / t, 0, 1)
    both = np.stack([q, 1 - q])
    surprise = -np.log(both, out=np.zeros_like(both), where=both > 0)
    return float(np.maximum(m, t - m).sum()), float((t * (both * surprise)).sum())


def recall(matrix):
    with np.errstate(invalid="ignore"):
        return np.diag(matrix) / matrix.sum(axis=1)


def confusion_matrix(true, predicted, classes):
    pairs = classes * np.asarray(true) + np.asarray(predicted)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
