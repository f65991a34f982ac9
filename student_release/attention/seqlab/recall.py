"""A task for attention: recall the value that stands beside a key.

An example shows n pairs (key, value), n uniform on 2..PAIRS, and asks for the value of one of its
keys. The keys of an example differ; keys, values and the pair asked for are drawn uniformly.

    keys    7 2 9 0 0 0 0 0      mask    True True True False False False False False
    values  4 1 4 0 0 0 0 0
    query   2                    answer  1

Short examples are padded to PAIRS places with key 0 and value 0. These look like a pair, and only
the mask says that they are none.

Who finds the key knows the answer: the best possible loss is 0 nats.
"""

import math
from collections import Counter
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

KEYS, VALUES, PAIRS = 12, 6, 8


class Examples(NamedTuple):
    """N examples. `mask` is True where there is a pair; the query is one of these keys."""

    keys: np.ndarray  # (N, PAIRS) integers
    values: np.ndarray  # (N, PAIRS) integers
    mask: np.ndarray  # (N, PAIRS) bool
    query: np.ndarray  # (N,) integers
    answer: np.ndarray  # (N,) integers


def sample(count, rng):
    """Return `count` examples, drawn by the generator `rng`."""
    lengths = rng.integers(2, PAIRS + 1, size=count)
    keys = rng.permuted(np.tile(np.arange(KEYS), (count, 1)), axis=1)[:, :PAIRS]
    values = rng.integers(VALUES, size=(count, PAIRS))
    asked = rng.integers(lengths)
    rows = np.arange(count)
    mask = np.arange(PAIRS) < lengths[:, None]
    return Examples(
        np.where(mask, keys, 0),
        np.where(mask, values, 0),
        mask,
        keys[rows, asked],
        values[rows, asked],
    )


def blind_nats():
    """Return the smallest possible loss of a model that sees all pairs but not the query, 1.1096.

    It knows how often each value occurs among the n pairs, and nothing more: the mean over n and
    over all values of the entropy of these frequencies.
    """
    total = 0.0
    for n in range(2, PAIRS + 1):
        for values in combinations_with_replacement(range(VALUES), n):
            counts = Counter(values).values()
            orders = math.factorial(n) // math.prod(math.factorial(c) for c in counts)
            entropy = -sum(c / n * math.log(c / n) for c in counts)
            total += orders / VALUES**n * entropy
    return total / (PAIRS - 1)
