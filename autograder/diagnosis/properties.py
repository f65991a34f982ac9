"""Properties of what is drawn: right answers need not draw the same, but all are orthogonal."""

from collections.abc import Sequence

import numpy as np
from seqlab.compared import Pair, equal

# All of an array, or a block for each gate.
BLOCKS = (1, 4, 3)


def property_of(pairs: Sequence[Pair]) -> str:
    """Return what the right arrays have in all calls and the others lack, as a predicate, or ""."""
    if any(p.right.ndim != 2 or p.theirs.shape != p.right.shape for p in pairs):
        return ""
    for n in BLOCKS:
        if any(pair.right.shape[1] % n for pair in pairs):
            continue
        if all(_is_orthogonal(block) for pair in pairs for block in np.split(pair.right, n, 1)):
            return _not_orthogonal([np.split(pair.theirs, n, 1) for pair in pairs], n)
    return ""


def _not_orthogonal(theirs: Sequence[Sequence[np.ndarray]], n: int) -> str:
    """Say how blocks, n in each call, are not orthogonal; "" if they are."""
    bad = {k: [] for k in range(n)}
    for blocks in theirs:
        for k, block in enumerate(blocks):
            if not _is_orthogonal(block):
                bad[k].append(block)
    bad = {k: blocks for k, blocks in bad.items() if blocks}
    if not bad:
        return ""
    where = "" if n == 1 else f" in block {', '.join(str(k + 1) for k in bad)} of {n}"
    if len(bad) == n > 1:
        where = f" in each of its {n} blocks"
    all_bad = [block for blocks in bad.values() for block in blocks]
    grams = [_gram(block) for block in all_bad]
    lengths = np.sqrt(np.concatenate([np.diag(gram) for gram in grams]))
    lines = "rows" if all(b.shape[0] <= b.shape[1] for b in all_bad) else "rows or columns"
    square = all(equal(gram, np.diag(np.diag(gram))) for gram in grams)
    angles = "are at right angles" if square else "are not at right angles"
    low, high = f"{lengths.min():.2g}", f"{lengths.max():.2g}"
    size = f"length {low}" if low == high else f"lengths from {low} to {high}"
    joined = "but" if square or equal(lengths, np.ones_like(lengths)) else "and"
    return f"is not orthogonal{where}: its {lines} {angles}, {joined} have {size}"


def _is_orthogonal(block: np.ndarray) -> bool:
    gram = _gram(block)
    return equal(gram, np.eye(len(gram)))


def _gram(block: np.ndarray) -> np.ndarray:
    """Return the products of the rows with each other, or of the columns if they are fewer."""
    return block @ block.T if block.shape[0] <= block.shape[1] else block.T @ block
