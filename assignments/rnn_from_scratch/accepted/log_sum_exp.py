"""Everything is built on log-sum-exp: the softmax, the loss, and drawing with Gumbel noise."""

# ruff: noqa: F821 - one_hot and rnn_forward are those of the notebook

import numpy as np


def log_sum_exp(z):
    top = z.max(axis=-1, keepdims=True)
    return top + np.log1p(np.exp(z - top).sum(axis=-1, keepdims=True) - 1)


def log_softmax(z):
    return z - log_sum_exp(z)


def softmax(logits):
    return np.exp(log_softmax(logits))


def cross_entropy(logits, targets, mask):
    B = logits.shape[0]
    # Only the predictions that count.
    i, t = np.nonzero(mask)
    y = targets[i, t]
    log_p = log_softmax(logits[i, t])
    dlogits = np.zeros_like(logits)
    dlogits[i, t] = np.exp(log_p) / B
    np.add.at(dlogits, (i, t, y), -1 / B)
    return -log_p[np.arange(len(y)), y].sum() / B, dlogits


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if len(prefix) == 0:
        raise ValueError("nothing to start from")
    if temperature < 0:
        raise ValueError("the temperature is below zero")
    return list(_tokens(params, list(prefix), max_tokens, temperature, stop, rng))


def _tokens(params, read, max_tokens, temperature, stop, rng):
    V, H = params["W_xh"].shape
    h = np.zeros((1, 1, H))
    for _ in range(max_tokens):
        logits, h = rnn_forward(params, one_hot(read, V)[None], h[:, -1])
        # -log(-log u) of a uniform u is a Gumbel variable; 1 - u is never 0. At temperature 0
        # the noise vanishes against the logits.
        noise = -np.log(-np.log1p(-rng.uniform(1e-12, 1, size=V)))
        token = int(np.argmax(logits[0, -1] + temperature * noise))
        yield token
        if token == stop:
            return
        read = [token]
