"""The best that a way of reading can do, from the exact distribution of the reviews."""

import itertools

import numpy as np
from seqlab import reviews


def best(keys, weights, p):
    """Return (accuracy, nats) of the best prediction from the keys alone; weights sum to 1."""
    weights, p = np.asarray(weights, dtype=float), np.asarray(p, dtype=float)
    numbers = {}
    group = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    total = np.bincount(group, weights, len(numbers))
    liked = np.bincount(group, weights * p, len(numbers))
    share = np.divide(liked, total, out=np.zeros_like(total), where=total > 0).clip(0.0, 1.0)
    sure = np.maximum(share, 1 - share)
    entropy = -sum(q * np.log(np.where(q > 0, q, 1.0)) for q in (share, 1 - share))
    return float(total @ sure), float(total @ entropy)


def bag(words):
    """Return a key for a review that forgets the order of its words."""
    return " ".join(sorted(words))


def bigrams(words):
    """Return a key that knows which pairs of neighbours occur, and how often."""
    return " ".join(sorted(f"{one}_{other}" for one, other in itertools.pairwise(words)))


def last_two(words):
    """Return a key that knows only the last two words."""
    return " ".join(words[-2:])


def distribution():
    """Return (words, weights, p) of all reviews without chatter."""
    every = reviews.cores()
    words = [core.words for core in every]
    return words, np.array([core.weight for core in every]), np.array([core.p for core in every])


def bigram_excess():
    """Return how far the best bag of bigrams stays above the floor, in nats: about 0.015."""
    words, weights, p = distribution()
    floor = best(words, weights, p)[1]
    return best([bigrams(row) for row in words], weights, p)[1] - floor
