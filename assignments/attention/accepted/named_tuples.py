"""Results in named tuples, arguments by keyword, and helpers of one's own."""

from typing import NamedTuple

import numpy as np


class Attention(NamedTuple):
    out: np.ndarray
    weights: np.ndarray


class Gradients(NamedTuple):
    dq: np.ndarray
    dk: np.ndarray
    dv: np.ndarray


def masked_softmax(scores, mask):
    top = scores.max(axis=-1, keepdims=True, where=mask, initial=-1e300)
    e = np.exp(scores - top, where=mask, out=np.zeros_like(scores))
    total = e.sum(axis=-1, keepdims=True)
    return np.divide(e, total, where=total > 0, out=np.zeros_like(e))


def attend(q, k, v, mask):
    weights = masked_softmax(scores=q @ np.moveaxis(k, 2, 1) / np.sqrt(k.shape[2]), mask=mask)
    return Attention(out=weights @ v, weights=weights)


def softmax_backward(weights, dweights):
    product = weights * dweights
    return product - weights * product.sum(axis=-1, keepdims=True)


def attend_backward(q, k, v, weights, dout):
    dscores = softmax_backward(weights, dout @ np.moveaxis(v, 2, 1)) / np.sqrt(k.shape[2])
    turned = np.moveaxis(dscores, 2, 1)
    return Gradients(dq=dscores @ k, dk=turned @ q, dv=np.moveaxis(weights, 2, 1) @ dout)


def floor_without_positions(max_n):
    p = 2 / (max_n + 1)
    entropy = sum(-share * np.log(share) for share in (p, 1 - p) if share > 0)
    return entropy / p
