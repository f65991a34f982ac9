"""Annotations, assertions about shapes, prints, and docstrings."""

import math

import numpy as np
import torch
from numpy.typing import NDArray


def attend(q: NDArray, k: NDArray, v: NDArray, mask: NDArray) -> tuple[NDArray, NDArray]:
    """Attention, as in the text."""
    B, T, d = q.shape
    assert k.shape[2] == d and mask.shape == (B, T, k.shape[1])
    print("attending", q.shape, k.shape, v.shape)
    scores = np.full(mask.shape, -np.inf)
    scores[mask] = (q @ k.swapaxes(-1, -2) / math.sqrt(d))[mask]
    some = mask.any(axis=-1)
    weights = np.zeros(mask.shape)
    rows = np.exp(scores[some] - scores[some].max(axis=-1, keepdims=True))
    weights[some] = rows / rows.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def causal_mask(T: int) -> NDArray[np.bool_]:
    return np.tri(T, dtype=bool)


def padding_mask(lengths: NDArray, S: int) -> NDArray[np.bool_]:
    print("lengths", lengths)
    return np.array([np.r_[np.ones(n), np.zeros(S - n)] for n in lengths]).astype(bool)


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    if x.shape[-1] % heads != 0:
        raise ValueError(f"x has {x.shape[-1]} columns, not a multiple of {heads}")
    return x.unflatten(-1, (heads, -1)).movedim(2, 1).contiguous()


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 2, 1, 3).contiguous().flatten(start_dim=2)


def floor_without_positions(max_n: int) -> float:
    """The entropy of each guess, times the mean number of guesses in a sequence."""
    p = 2 / (max_n + 1)
    if max_n == 1:
        return 0
    return (max_n + 1) / 2 * (-p * math.log2(p) - (1 - p) * math.log2(1 - p)) * math.log(2)
