"""The task: short reviews that liked a film or did not, and the best that any reader can do.

A clause is `the SUBJECT was [not] ADJECTIVE`. A review is one of four patterns, equally likely:

    the plot was good                                           C
    the plot was bad but the cast was good                      C but C
    although the plot was bad , the cast was good               although C , C
    the cast was good although the plot was bad                 C although C

The *main* clause decides: the only one; the one after `but` or after the comma; the one before a
final `although`. Each adjective is liked with a known probability p, and `not`, which stands in a
quarter of the clauses, turns p into 1 - p. So the probability that a review is liked is known, and
with it the limit of every way of reading.
"""

import csv
import itertools
from typing import NamedTuple

import numpy as np

SUBJECTS = ("plot", "cast", "music", "ending")
LIKED = {"superb": 0.95, "good": 0.9, "fine": 0.7, "dull": 0.25, "bad": 0.1, "awful": 0.05}
P_NOT = 0.25
# Words that say nothing; sample() can append them.
CHATTER = ("we", "saw", "it", "on", "monday", "with", "my", "aunt", "in", "town", "after", "tea")
WORDS = ("the", "was", "not", "but", "although", ",", *SUBJECTS, *LIKED, *CHATTER)


class Core(NamedTuple):
    """A review without chatter: its words, P(liked | words) and the probability of these words."""

    words: tuple
    p: float
    weight: float


def _clauses():
    for subject, negated, (adjective, p) in itertools.product(
        SUBJECTS, (False, True), LIKED.items()
    ):
        words = ("the", subject, "was", *(["not"] if negated else []), adjective)
        share = P_NOT if negated else 1 - P_NOT
        yield Core(words, 1 - p if negated else p, share / len(SUBJECTS) / len(LIKED))


def cores():
    """Return all 6960 reviews without chatter, as Cores whose weights sum to 1.

    A weighted mean over this list is an exact expectation: nothing is sampled.
    """
    clauses = list(_clauses())
    found = [Core(c.words, c.p, c.weight / 4) for c in clauses]
    for one, other in itertools.product(clauses, repeat=2):
        weight = one.weight * other.weight / 4
        found.append(Core((*one.words, "but", *other.words), other.p, weight))
        found.append(Core(("although", *one.words, ",", *other.words), other.p, weight))
        found.append(Core((*one.words, "although", *other.words), one.p, weight))
    return found


def limits(readers=1):
    """Return (accuracy, nats): the best that a reader of the whole review can do on average.

    Whatever the pattern, the main clause has each adjective equally often, so this is a mean over
    adjectives. readers: see sample().
    """
    shares = [_shares(p, readers) for p in LIKED.values()]
    accuracy = np.mean([max(q) for q in shares])
    return float(accuracy), float(np.mean([-np.sum(q * np.log(q)) for q in shares]))


def _shares(p, readers):
    """Return P(k of the readers like it) for k = 0..readers."""
    ways = np.ones(1)
    for _ in range(readers):
        ways = np.append(ways * (1 - p), 0) + np.append(0, ways * p)
    return ways


def sample(rng, count, chatter=0, readers=1):
    """Draw reviews: (a list of `count` lists of words, labels (count,), p (count,)).

    chatter: the mean number of words that say nothing and follow the review (geometric). readers:
    the label counts how many of so many independent readers like the film: 0 or 1, or a grade from
    0 to 4 with four of them. p: the probability that one reader likes it.
    """
    every = cores()
    weights = np.array([core.weight for core in every])
    rows = rng.choice(len(every), size=count, p=weights / weights.sum())
    extra = rng.geometric(1 / (1 + chatter), size=count) - 1
    words = [list(every[row].words) for row in rows]
    for i in np.flatnonzero(extra):
        words[i] += [CHATTER[j] for j in rng.integers(len(CHATTER), size=extra[i])]
    p = np.array([every[row].p for row in rows])
    return words, rng.binomial(readers, p), p


def write_csv(path, words, labels):
    """Write reviews as a table with the columns `label` and `text`."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = [[int(label), " ".join(row)] for row, label in zip(words, labels, strict=True)]
        csv.writer(file).writerows([["label", "text"], *rows])


def evaluate(log_probabilities, p, weights=None):
    """Return (accuracy, excess nats) of predictions, judged by p and not by drawn labels.

    log_probabilities: (N, 2), ln of P(not liked) and of P(liked). p: (N,). weights: (N,), all
    equal if None. The excess is the mean of sum_k P(k) ln(P(k) / predicted P(k)): 0 is perfect,
    and nothing can be below.
    """
    log_q, p = np.asarray(log_probabilities, dtype=float), np.asarray(p, dtype=float)
    if log_q.shape != (len(p), 2):
        raise ValueError(f"log_probabilities has shape {log_q.shape}; it should be ({len(p)}, 2)")
    weights = np.full(len(p), 1 / len(p)) if weights is None else weights / np.sum(weights)
    truth = np.stack([1 - p, p], axis=1)
    excess = np.sum(truth * (np.log(truth) - log_q), axis=1)
    right = truth[np.arange(len(p)), log_q.argmax(axis=1)]
    return float(weights @ right), float(weights @ excess)


def fit_linear(features, p, weights, steps=25):
    """Return log-probabilities (N, 2) of the best logistic regression on features (N, F).

    The loss is convex; Newton's method finds its minimum on the exact distribution.
    """
    X = np.column_stack([features, np.ones(len(features))])
    beta = np.zeros(X.shape[1])
    for _ in range(steps):
        q = 1 / (1 + np.exp(-X @ beta))
        curvature = (X.T * (weights * q * (1 - q))) @ X
        # Counts are not independent: every clause has one `the`. The smallest step is as good.
        beta += np.linalg.lstsq(curvature, X.T @ (weights * (p - q)), rcond=1e-10)[0]
    z = X @ beta
    return -np.stack([np.logaddexp(0, z), np.logaddexp(0, -z)], axis=1)
