"""The n-gram as a recursive function with a cache; the floor as a difference of two entropies."""

from collections import Counter
from functools import cache

import numpy as np


def ngram_nats(train, valid, k):
    grams = [Counter(train[i : i + n] for i in range(len(train) - n + 1)) for n in range(k + 2)]
    alphabet = sorted(set(train) | set(valid))

    @cache
    def followers(context):
        counts = [grams[len(context) + 1][context + x] for x in alphabet]
        return sum(counts), sum(count > 0 for count in counts)

    @cache
    def p(context, x):
        lower = p(context[1:], x) if context else 1 / len(alphabet)
        N, U = followers(context)
        return (grams[len(context) + 1][context + x] + U * lower) / (N + U) if N else lower

    return -np.mean([np.log(p(valid[max(0, i - k) : i], x)) for i, x in enumerate(valid)])


def context_floor(sentences, probabilities, k):
    def spread(keys):
        mass = {}
        for key, weight in keys:
            mass[key] = mass.get(key, 0) + weight
        values = np.array([m for m in mass.values() if m > 0])
        return -np.sum(values * np.log(values))

    places = [
        (("^" + s)[max(0, i + 1 - k) : i + 1], x, p)
        for s, p in zip(sentences, probabilities, strict=True)
        for i, x in enumerate(s)
    ]
    return spread(((c, x), p) for c, x, p in places) - spread((c, p) for c, _, p in places)
