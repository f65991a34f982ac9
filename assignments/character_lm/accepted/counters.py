"""Counters and default dictionaries; contexts with the start symbol left out."""

import math
from collections import Counter, defaultdict


def context_floor(sentences, probabilities, k):
    masses = defaultdict(Counter)
    for sentence, p in zip(sentences, probabilities, strict=True):
        for i, character in enumerate(sentence):
            # A window that reaches the start symbol can be told by its length.
            window = "^" * (i < k) + sentence[max(0, i - k + (i < k)) : i] if k else ""
            masses[window][character] += float(p)
    nats = 0.0
    for following in masses.values():
        total = sum(following.values())
        for mass in following.values():
            nats += mass * math.log(total / mass) if mass else 0.0
    return nats


def ngram_nats(train, valid, k):
    pairs, followers = Counter(), defaultdict(set)
    for length in range(k + 1):
        for i in range(length, len(train)):
            pairs[train[i - length : i], train[i]] += 1
            followers[train[i - length : i]].add(train[i])
    totals = Counter()
    for (context, _), count in pairs.items():
        totals[context] += count
    V = len(set(train + valid))
    nats = []
    for i, character in enumerate(valid):
        p = 1 / V
        for length in range(min(i, k) + 1):
            context = valid[i - length : i]
            N, U = totals[context], len(followers[context])
            if N:
                p = N / (N + U) * (pairs[context, character] / N) + U / (N + U) * p
        nats.append(-math.log(p))
    return math.fsum(nats) / len(valid)
