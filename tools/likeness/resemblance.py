"""Resemblance: pairs of hand-ins that are more alike than independent work. A hint to look.

For each question, how alike two answers are is the weight of the parts they share, in the weight of
all their parts; parts that many have weigh little. How much that says depends on how alike others
are: for each question, the chance that two independent answers are at least as alike is estimated
from all pairs of this class, and from the known answers, right and wrong, to the assignment.
Fisher's method combines the questions, and the result is multiplied by the number of pairs: how
many pairs of independent hand-ins would look like this one. Short answers that everybody writes
alike say nothing, one answer says little, and several unusual ones say a lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.likeness.likeness import Fingerprint

# A pair is named if fewer than this many pairs of independent hand-ins would be as alike. The
# estimate is careful: equal answers are counted with all that are as alike.
EXPECTED = 0.5
# And so many answers are unusually alike: few pairs reach their likeness, and much is shared.
UNUSUAL_ANSWERS, UNUSUAL, SHARED_PART = 3, 0.05, 0.5
# One answer alone may be enough: equal, rare, and this long (ten lines of code).
LONG_NODES, RARE_PART, RARE_COUNT = 150, 0.1, 3
# Not if it is much like a known answer: others find that on their own too.
LIKE_KNOWN = 0.3
# A ring makes what it shares common: this many answers nearly equal, and this share of all.
MANY_ANSWERS, NEARLY_ALL, NEARLY_EQUAL = 6, 0.8, 0.9
# Chances below this are not believed: a class is no larger sample.
LEAST_CHANCE = 1e-4


@dataclass(frozen=True)
class Shared:
    """An answer that two hand-ins share: `part` of it, 1.0 if equal.

    everywhere: how many hand-ins have an equal answer; chance: the share of independent pairs that
    are at least as alike.
    """

    question: str
    part: float
    equal: bool
    everywhere: int
    chance: float


@dataclass(frozen=True)
class Pair:
    """Two hand-ins to look at side by side, by id; `shared` of `compared` answers are alike.

    expected: how many pairs of independent hand-ins would be as alike.
    """

    ids: tuple[str, str]
    same_file: bool
    shared: tuple[Shared, ...]
    compared: int
    expected: float


@dataclass
class _Question:
    """All hand-ins compared in one question: matrices over pairs, rows by columns."""

    name: str
    part: np.ndarray
    chance: np.ndarray
    both: np.ndarray
    equal: np.ndarray
    everywhere: np.ndarray
    long_and_rare: np.ndarray
    known: np.ndarray  # how much the answer of a row is like a known one

    @property
    def unusual(self) -> np.ndarray:
        """Which pairs are more alike here than nearly all others."""
        return self.both & (self.chance <= UNUSUAL) & (self.part >= SHARED_PART)


def resembling(
    prints: Mapping[str, Fingerprint],
    known: Sequence[Fingerprint] = (),
    others: Mapping[str, Fingerprint] | None = None,
) -> tuple[Pair, ...]:
    """Return the pairs that are more alike than independent work, the clearest first.

    known: answers, right or wrong, that people find on their own; others: an earlier class, of
    which only pairs with this one are named.
    """
    others = others or {}
    ids = [*sorted(prints), *sorted(others)]
    rows = [prints.get(each) or others[each] for each in ids]
    n = len(rows)
    names = sorted({question for each in rows for question in each.answers})
    questions = [_question(name, rows, known) for name in names]
    wanted = np.triu(np.ones((n, n), dtype=bool), 1)
    wanted[len(prints) :] = False
    compared = sum((q.both for q in questions), np.zeros((n, n), dtype=int))
    logs = sum((np.where(q.both, -np.log(q.chance), 0.0) for q in questions), np.zeros((n, n)))
    expected = np.minimum(1.0, _tail(logs, compared)) * max(int(wanted.sum()), 1)
    alike = sum(
        (q.both & (q.known[:, None] < NEARLY_EQUAL) & (q.part >= NEARLY_EQUAL) for q in questions),
        np.zeros((n, n), dtype=int),
    )
    ring = (alike >= MANY_ANSWERS) & (alike >= NEARLY_ALL * compared)
    long = np.any([q.long_and_rare for q in questions] or [np.zeros((n, n), dtype=bool)], axis=0)
    files = _codes([each.file for each in rows])
    same = (files[:, None] == files) & (files > 0)
    unusual = sum((q.unusual for q in questions), np.zeros((n, n), dtype=int))
    rare = (expected < EXPECTED) & (unusual >= UNUSUAL_ANSWERS)
    found = np.argwhere(wanted & (same | ring | long | rare))
    pairs = [
        Pair(
            (ids[i], ids[j]),
            bool(same[i, j]),
            tuple(_shared(questions, i, j)),
            int(compared[i, j]),
            float(expected[i, j]),
        )
        for i, j in found
    ]
    return tuple(sorted(pairs, key=lambda p: (not p.same_file, p.expected, p.ids)))


def _question(name: str, rows: list[Fingerprint], known: Sequence[Fingerprint]) -> _Question:
    n = len(rows)
    known = [each for each in known if name in each.answers]
    everyone = [*rows, *known]
    codes = _codes([each.answers.get(name, "") for each in everyone])
    part = _parts_in_common([each.parts.get(name, ()) for each in everyone])
    equal = (codes[:, None] == codes) & (codes > 0)
    part[equal] = 1.0
    has = codes > 0
    both = has[:, None] & has
    # The known answers must not make a small class look like a large one: the higher chance counts.
    among = [_reaching(part, both, part[:n, :n]), _reaching(part[:n, :n], both[:n, :n])]
    chance = np.maximum(*among)
    like_known = part[:n, n:].max(axis=1, initial=0.0)
    everywhere = np.bincount(codes[:n], minlength=codes.max(initial=0) + 1)[codes[:n]]
    large = np.array([each.sizes.get(name, 0) >= LONG_NODES for each in rows], dtype=bool)
    rare = everywhere <= max(RARE_COUNT, RARE_PART * has[:n].sum())
    alone = equal[:n, :n] & (large & rare & (like_known < LIKE_KNOWN))
    equal, both = equal[:n, :n], both[:n, :n]
    return _Question(name, part[:n, :n], chance, both, equal, everywhere, alone, like_known)


def _reaching(part: np.ndarray, both: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
    """Return for each wanted likeness the share of all pairs that reach it."""
    wanted = part if wanted is None else wanted
    reached = np.sort(part[np.triu(both, 1)])
    count = len(reached) - np.searchsorted(reached, wanted - 1e-9)
    chance = np.clip(count / (len(reached) + 1), LEAST_CHANCE, 1.0)
    return np.where(wanted > 0, chance, 1.0)


def _parts_in_common(parts: list[Sequence[str]]) -> np.ndarray:
    """Return for each pair the weight of the parts in both, in the mean weight of their parts."""
    numbers = {part: i for i, part in enumerate(sorted({p for each in parts for p in each}))}
    if not numbers:
        return np.zeros((len(parts), len(parts)))
    has = np.zeros((len(parts), len(numbers)), dtype=np.float32)
    for row, each in enumerate(parts):
        has[row, [numbers[part] for part in each]] = 1.0
    count = has.sum(axis=0)
    weights = np.log2(1 + len(parts) / count).astype(np.float32)
    together = (has * weights) @ has.T
    own = np.diag(together)
    return np.clip(2 * together / np.maximum(own[:, None] + own, 1e-9), 0.0, 1.0)


def _tail(logs: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return Fisher's chance that `count` independent chances have a product this small.

    The sum of their negative logarithms is gamma distributed: e^-x Σ x^i / i!, i below the count.
    """
    term, total = np.ones_like(logs), np.zeros_like(logs)
    for i in range(int(count.max(initial=0))):
        total += np.where(i < count, term, 0.0)
        term = term * logs / (i + 1)
    return np.where(count > 0, np.exp(-logs) * total, 1.0)


def _shared(questions: list[_Question], i: int, j: int) -> list[Shared]:
    return [
        Shared(
            q.name,
            round(float(q.part[i, j]), 3),
            bool(q.equal[i, j]),
            int(q.everywhere[i]),
            float(q.chance[i, j]),
        )
        for q in questions
        if q.equal[i, j] or q.unusual[i, j]
    ]


def _codes(digests: list[str]) -> np.ndarray:
    """Return a number for each digest: equal for equal ones, 0 for none."""
    numbers = {"": 0}
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=int)
