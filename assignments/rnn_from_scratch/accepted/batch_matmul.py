"""itertools.accumulate goes through time, and batched matrix products do the rest."""

from itertools import accumulate

import numpy as np


def rnn_forward(params, x, h0):
    W_hh = params["W_hh"]
    inputs = np.moveaxis(x @ params["W_xh"] + params["b_h"], 1, 0)
    states = accumulate(inputs, lambda h, z: np.tanh(z + h @ W_hh), initial=h0)
    h = np.stack(list(states), axis=1)
    return h[:, 1:] @ params["W_hy"] + params["b_y"], h


def cross_entropy(logits, targets, mask):
    B, T, V = logits.shape
    truth = np.equal.outer(targets, np.arange(V))
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    # The mean over sequences of their sums.
    loss = np.where(truth, -log_p * mask[..., None], 0.0).sum(axis=(1, 2)).mean()
    return loss, (np.exp(log_p) - truth) * mask[..., None] / B


def rnn_backward(params, x, h, dlogits):
    from_above = dlogits @ params["W_hy"].T
    slope = 1 - h[:, 1:] ** 2
    last_first = np.stack([from_above, slope], axis=0)[:, :, ::-1].transpose(2, 0, 1, 3)

    def earlier(dz, step):
        above, slope_t = step
        return (above + dz @ params["W_hh"].T) * slope_t

    _, *dz = accumulate(last_first, earlier, initial=np.zeros_like(h[:, 0]))
    dz = np.stack(dz[::-1], axis=1)
    return {
        # For each sequence (V, T) @ (T, H), then the sum over the sequences.
        "W_xh": np.sum(x.transpose(0, 2, 1) @ dz, axis=0),
        "W_hh": np.sum(h[:, :-1].transpose(0, 2, 1) @ dz, axis=0),
        "b_h": dz.sum(axis=1).sum(axis=0),
        "W_hy": np.sum(h[:, 1:].mT @ dlogits, axis=0),
        "b_y": dlogits.sum(axis=1).sum(axis=0),
    }
