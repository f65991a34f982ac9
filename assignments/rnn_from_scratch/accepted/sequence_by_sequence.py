"""The gradient is accumulated sequence by sequence, and all steps of one are a single product."""

import math

import numpy as np


def one_hot(indices, vocab_size):
    indices = np.asarray(indices)
    if not np.isin(indices, range(vocab_size)).all():
        raise ValueError(f"the vocabulary has only {vocab_size} tokens")
    return np.equal.outer(indices, np.arange(vocab_size)).astype(float)


def softmax(logits):
    # The largest logit of each row is subtracted from its row, with time as the first axis.
    z = np.moveaxis(np.asarray(logits), -1, 0)
    e = np.exp(z - z.max(axis=0))
    return np.moveaxis(e / e.sum(axis=0), 0, -1)


def rnn_backward(params, x, h, dlogits):
    total = dict.fromkeys(params, 0)
    for inputs, states, errors in zip(x, h, dlogits, strict=True):
        before, after = states[:-1], states[1:]
        deltas = []
        carried = np.zeros(states.shape[1])
        for error, state in zip(errors[::-1], after[::-1], strict=True):
            deltas.append((params["W_hy"] @ error + carried) * (1 - state**2))
            carried = params["W_hh"] @ deltas[-1]
        deltas = np.array(deltas[::-1])
        total = {
            "W_xh": total["W_xh"] + inputs.T.dot(deltas),
            "W_hh": total["W_hh"] + before.T.dot(deltas),
            "b_h": total["b_h"] + deltas.sum(0),
            "W_hy": total["W_hy"] + after.T.dot(errors),
            "b_y": total["b_y"] + errors.sum(0),
        }
    return total


def clip_gradients(grads, max_norm):
    norm = math.hypot(*(float(entry) for grad in grads.values() for entry in grad.ravel()))
    if norm > max_norm:
        grads = {name: grad / norm * max_norm for name, grad in grads.items()}
    return dict(grads), norm
