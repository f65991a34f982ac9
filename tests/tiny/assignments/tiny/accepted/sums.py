"""Sums in place of products and means, and a helper of its own."""

import numpy as np


def double(x):
    return x + x


def _column_means(values):
    return np.einsum("nd->d", values) / len(values)


def center(values):
    values = np.asarray(values, dtype=np.float64)
    return values - _column_means(values)


def spread(values):
    return _column_means(center(values) ** 2) ** 0.5
