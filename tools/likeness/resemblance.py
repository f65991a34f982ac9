"""Resemblance: pairs of hand-ins that are more alike than independent work. A hint to look.

For each question, how alike two answers are is the weight of the parts they share, in the weight of
all their parts; parts that many have weigh little. How much that says depends on how alike others
are: for each question, the chance that two independent answers are at least as alike is estimated
from all pairs of this class, and from the known answers, right and wrong, to the assignment.
Fisher's method combines the questions, and the result is multiplied by the number of pairs: how
many pairs of independent hand-ins would look like this one. Short answers that everybody writes
alike say nothing, one answer says little, and several unusual ones say a lot.
"""

import math
from collections import Counter
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
# Likeness is told in so many steps. Whoever is on the same one counts as being as alike.
LEVELS = 4096


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


@dataclass(frozen=True)
class _Question:
    """All hand-ins compared in one question.

    level: how alike two answers are, in steps of 1 / LEVELS; chances: for each level, the chance
    that independent answers reach it; codes: equal for equal answers, 0 for none; everywhere: how
    many have an answer equal to a row's; known: how much a row's answer is like a known one.
    """

    name: str
    level: np.ndarray
    chances: np.ndarray
    codes: np.ndarray
    everywhere: np.ndarray
    long_and_rare: np.ndarray
    known: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Which pairs have an answer each."""
        has = self.codes > 0
        return has[:, None] & has

    def both_have(self, i: int, j: int) -> bool:
        return bool(self.codes[i] and self.codes[j])

    def equal(self, i: int, j: int) -> bool:
        return bool(self.codes[i] == self.codes[j] and self.codes[i])

    def is_unusual(self) -> np.ndarray:
        """Return which levels are reached by few pairs, and share much."""
        return (self.chances <= UNUSUAL) & (np.arange(LEVELS + 1) >= SHARED_PART * LEVELS)


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
    sums = _Sums(n)
    for question in questions:
        sums.add(question)
    wanted = np.triu(np.ones((n, n), dtype=bool), 1)
    wanted[len(prints) :] = False
    files = _codes([each.file for each in rows])
    same = (files[:, None] == files) & (files > 0)
    sure = same | sums.ring | sums.long
    found = np.argwhere(wanted & (sure | (sums.unusual >= UNUSUAL_ANSWERS)))
    at = tuple(found.T)
    chance = _tail(sums.logs[at].astype(float), sums.compared[at].astype(int))
    expected = np.minimum(1.0, chance) * max(int(wanted.sum()), 1)
    pairs = [
        Pair(
            (ids[i], ids[j]),
            bool(same[i, j]),
            tuple(_shared(questions, i, j)),
            int(sums.compared[i, j]),
            float(number),
        )
        for (i, j), number in zip(found, expected, strict=True)
        if sure[i, j] or number < EXPECTED
    ]
    return tuple(sorted(pairs, key=lambda p: (not p.same_file, p.expected, p.ids)))


class _Sums:
    """What all questions say together of each pair. One byte a pair: a class has many pairs."""

    def __init__(self, n: int) -> None:
        self.compared, self.unusual, self._alike = (np.zeros((n, n), np.uint8) for _ in range(3))
        self.logs = np.zeros((n, n), np.float32)  # minus the logarithms of the chances
        self.long = np.zeros((n, n), bool)

    def add(self, q: _Question) -> None:
        both = q.both
        self.compared += both
        self.logs += np.where(both, -np.log(q.chances)[q.level], 0.0)
        self.unusual += both & q.is_unusual()[q.level]
        nearly = q.level >= NEARLY_EQUAL * LEVELS
        self._alike += both & nearly & (q.known[:, None] < NEARLY_EQUAL)
        rows = np.flatnonzero(q.long_and_rare)
        self.long[rows] |= q.codes[rows, None] == q.codes

    @property
    def ring(self) -> np.ndarray:
        """Which pairs have nearly equal answers nearly everywhere."""
        return (self._alike >= MANY_ANSWERS) & (self._alike >= NEARLY_ALL * self.compared)


def _question(name: str, rows: list[Fingerprint], known: Sequence[Fingerprint]) -> _Question:
    n = len(rows)
    known = [each for each in known if name in each.answers]
    everyone = [*rows, *known]
    codes = _codes([each.answers.get(name, "") for each in everyone])
    part = _parts_in_common([each.parts.get(name, ()) for each in everyone])
    part[(codes[:, None] == codes) & (codes > 0)] = 1.0
    level = np.floor(part * LEVELS).astype(np.uint16)
    like_known = part[:n, n:].max(axis=1, initial=0.0)
    has = codes > 0
    both = has[:, None] & has
    # The known answers must not make a small class look like a large one: the higher chance counts.
    chances = np.maximum(_reaching(level, both), _reaching(level[:n, :n], both[:n, :n]))
    everywhere = np.bincount(codes[:n], minlength=codes.max(initial=0) + 1)[codes[:n]]
    large = np.array([each.sizes.get(name, 0) >= LONG_NODES for each in rows], dtype=bool)
    rare = everywhere <= max(RARE_COUNT, RARE_PART * has[:n].sum())
    alone = has[:n] & large & rare & (like_known < LIKE_KNOWN)
    return _Question(name, level[:n, :n].copy(), chances, codes[:n], everywhere, alone, like_known)


def _reaching(level: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Return for each level the share of all pairs that reach it."""
    count = np.bincount(level[np.triu(both, 1)], minlength=LEVELS + 1)
    reached = np.cumsum(count[::-1])[::-1]
    chances = np.clip(reached / (count.sum() + 1), LEAST_CHANCE, 1.0)
    chances[0] = 1.0
    return chances


def _parts_in_common(parts: list[Sequence[str]]) -> np.ndarray:
    """Return for each pair the weight of the parts in both, in the mean weight of their parts.

    A part weighs log2(1 + N / n): n of N have it.
    """
    count = Counter(part for each in parts for part in set(each))
    weight = {part: math.log2(1 + len(parts) / n) for part, n in count.items()}
    own = np.array([sum(weight[part] for part in set(each)) for each in parts], dtype=np.float32)
    # Parts that only one has cannot be in both.
    numbers = {part: i for i, part in enumerate(sorted(p for p, n in count.items() if n > 1))}
    has = np.zeros((len(parts), len(numbers)), dtype=np.float32)
    for row, each in enumerate(parts):
        has[row, [numbers[part] for part in each if part in numbers]] = 1.0
    weights = np.array([weight[part] for part in numbers], dtype=np.float32)
    together = (has * weights) @ has.T
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
            round(float(q.level[i, j]) / LEVELS, 3),
            q.equal(i, j),
            int(q.everywhere[i]),
            float(q.chances[q.level[i, j]]),
        )
        for q in questions
        if q.equal(i, j) or (q.both_have(i, j) and q.is_unusual()[q.level[i, j]])
    ]


def _codes(digests: list[str]) -> np.ndarray:
    """Return a number for each digest: equal for equal ones, 0 for none."""
    numbers = {"": 0}
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=int)
