"""The task: sequences of "a" n times, "b" n times, then "EOS".

n is uniform on 1..MAX_N. The first "a" is given; a model predicts each of the 2n tokens that
follow.

    a a b b EOS        inputs   a a b b
                       targets  a b b EOS

While it reads a's, nobody can know when they end: after k of them,

    P(next is "b" | k times "a") = 1 / (MAX_N + 1 - k).

After the first "b" everything is determined, for a model that has counted. So the only random thing
in a sequence is n, and no model can have a smaller expected loss than the entropy of n,

    FLOOR_NATS = ln(MAX_N) = 2.3979 nats per sequence.

The task goes back to Gers and Schmidhuber (2001), "LSTM recurrent networks learn simple
context-free and context-sensitive languages".
"""

import math

import numpy as np

MAX_N = 11
FLOOR_NATS = math.log(MAX_N)
# The best model that sees only the last token: for the 11 sequences together, "a" follows "a" 55
# times and "b" 11 times, "b" follows "b" 55 times and "EOS" 11 times.
BIGRAM_EXCESS = 2 * (55 * math.log(66 / 55) + 11 * math.log(66 / 11)) / 11 - FLOOR_NATS


def make_sequence(n):
    """Return the 2n + 1 tokens of one sequence: make_sequence(1) is ["a", "b", "EOS"]."""
    if n < 1:
        raise ValueError(f"n must be at least 1, but it is {n}")
    return ["a"] * n + ["b"] * n + ["EOS"]


def exact_distribution(max_n=MAX_N):
    """Return the max_n sequences n = 1, 2, ..., max_n, each once.

    They are equally likely, so a mean over this list is an exact expectation: nothing is sampled.
    """
    return [make_sequence(n) for n in range(1, max_n + 1)]


def sample(count, rng, max_n=MAX_N):
    """Return `count` sequences, with n drawn uniformly from 1..max_n by the generator `rng`."""
    return [make_sequence(int(n)) for n in rng.integers(1, max_n + 1, size=count)]


def probability_of_b(k, max_n=MAX_N):
    """Return P(next token is "b" | k times "a") = 1 / (max_n + 1 - k) for k in 1..max_n."""
    k = np.asarray(k)
    if np.any((k < 1) | (k > max_n)):
        raise ValueError(f"k counts the a's read so far and lies in 1..{max_n}, but it is {k}")
    return 1.0 / (max_n + 1 - k)


def excess_nats(loss):
    """Return how far a loss in nats per sequence lies above the best possible one.

    0 is perfect. A value clearly below 0 is impossible for a model that predicts the future: it has
    seen its targets.
    """
    return loss - FLOOR_NATS
