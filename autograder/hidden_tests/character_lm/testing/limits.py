"""What is possible at best, computed in another way than the solution does."""

import numpy as np


def context_floor(sentences, probabilities, k, start="^"):
    """Return the floor of models that see the last k characters, in nats per sentence.

    It is the joint entropy of (context, next character) minus that of the context, both of the
    unnormalised masses: H = -sum m ln m.
    """
    contexts, pairs, masses = [], [], []
    for sentence, probability in zip(sentences, probabilities, strict=True):
        read = start
        for character in sentence:
            window = read[len(read) - min(k, len(read)) :]
            contexts.append(window)
            pairs.append(window + "\0" + character)
            masses.append(probability)
            read += character
    return _spread(pairs, masses) - _spread(contexts, masses)


def entropy(probabilities):
    """Return -sum p ln p, with 0 ln 0 = 0."""
    p = np.asarray(probabilities, dtype=float)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def ngram_nats(train, valid, k):
    """Return the loss of the Witten-Bell model, each probability from the formula by recursion."""
    V = len(set(train + valid))

    def probability(context, character):
        shorter = probability(context[1:], character) if context else 1 / V
        found = [
            train[i + len(context)]
            for i in range(len(train) - len(context))
            if train[i : i + len(context)] == context
        ]
        kinds = len(set(found))
        if not found:
            return shorter
        return (found.count(character) + kinds * shorter) / (len(found) + kinds)

    total = 0.0
    for i, character in enumerate(valid):
        total -= np.log(probability(valid[max(0, i - k) : i], character))
    return float(total / len(valid))


def _spread(keys, masses):
    _, place = np.unique(np.array(keys), return_inverse=True)
    return entropy(np.bincount(place.ravel(), weights=masses))
