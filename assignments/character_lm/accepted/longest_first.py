"""Buckets from the longest to the shortest with equal lengths shuffled; rows built as lists."""

import numpy as np


def padded_batch(sentences, char_to_index):
    T = len(max(sentences, key=len))
    inputs, targets, mask = [], [], []
    for sentence in sentences:
        codes = [char_to_index[c] for c in sentence]
        rest = [0] * (T - len(codes))
        inputs.append([char_to_index["^"], *codes[:-1], *rest])
        targets.append([*codes, *rest])
        mask.append([1.0] * len(codes) + [0.0] * len(rest))
    return np.array(inputs, np.int64), np.array(targets, np.int64), np.array(mask)


def bucket(lengths, batch_size, rng):
    lengths = np.asarray(lengths)
    order = rng.permutation(len(lengths))
    order = order[np.argsort(-lengths[order], kind="mergesort")].tolist()
    batches = []
    while order:
        batches.append(order[:batch_size])
        del order[:batch_size]
    rng.shuffle(batches)
    return batches


def bounded_floor(classes, bound):
    return np.logaddexp(0.0, np.log(classes - 1.0) - 2 * bound) if classes > 1 else 0.0
