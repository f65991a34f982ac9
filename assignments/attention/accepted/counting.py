"""The floor by counting what follows each token of each sequence; masks by comparison."""

import math
from collections import Counter

import numpy as np


def causal_mask(T):
    return np.greater_equal.outer(np.arange(T), np.arange(T))


def padding_mask(lengths, S):
    places = np.broadcast_to(np.arange(S), (len(lengths), S))
    return np.array([row < length for row, length in zip(places, lengths, strict=True)])


def floor_without_positions(max_n):
    after_a = Counter()
    for n in range(1, max_n + 1):
        after_a.update("a" * (n - 1) + "b")
    total = sum(after_a.values())
    return -sum(count * math.log(count / total) for count in after_a.values()) / max_n
