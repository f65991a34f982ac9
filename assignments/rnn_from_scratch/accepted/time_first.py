"""Inside, time is the first axis, so that x[t] is a step; at the borders it is the second."""

from itertools import pairwise

import numpy as np
from seqlab.progress import track


def build_vocabulary(sequences):
    words, first, counts = np.unique(
        np.concatenate([np.array(s) for s in sequences]), return_index=True, return_counts=True
    )
    # The last key of lexsort() counts most.
    order = np.lexsort((first, -counts))
    tokens = [*words[order].tolist(), "UNK"]
    return {token: tokens.index(token) for token in tokens}, tokens


def encode(tokens, token_to_index):
    unknown = token_to_index["UNK"]
    return np.fromiter((token_to_index.get(t, unknown) for t in tokens), np.int64, len(tokens))


def one_hot(indices, vocab_size):
    indices = np.asarray(indices)
    if ((indices < 0) | (indices >= vocab_size)).any():
        raise ValueError("index out of range")
    vectors = np.zeros((indices.size, vocab_size))
    vectors[np.arange(indices.size), indices.ravel()] = 1
    return vectors.reshape((*indices.shape, vocab_size))


def make_batch(sequences, token_to_index):
    B, T = len(sequences), max(len(s) for s in sequences) - 1
    inputs, targets = np.zeros((2, T, B), dtype=np.int64)
    mask = np.zeros((T, B))
    for i, s in enumerate(sequences):
        for t, (now, then) in enumerate(pairwise(s)):
            (inputs[t, i],) = encode([now], token_to_index)
            (targets[t, i],) = encode([then], token_to_index)
            mask[t, i] = 1
    return inputs.T, targets.T, mask.T


def softmax(logits):
    # As 1 / sum_j exp(z_j - z_i) it would overflow; with the logarithm of the sum it cannot.
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


def init_rnn(vocab_size, hidden_size, rng):
    def polar(rows, columns):
        # The orthogonal factor of A = W P, with P = (A^T A)^(1/2).
        a = rng.normal(size=(max(rows, columns), min(rows, columns)))
        values, vectors = np.linalg.eigh(a.T @ a)
        w = a @ (vectors / np.sqrt(values)) @ vectors.T
        return w if rows >= columns else w.T

    V, H = vocab_size, hidden_size
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "W_hy": (H, V)}
    return {
        **{name: polar(*shape) for name, shape in shapes.items()},
        "b_h": np.zeros(H),
        "b_y": np.zeros(V),
    }


def rnn_forward(params, x, h0):
    x = x.transpose(1, 0, 2)
    T, B, _ = x.shape
    h = np.zeros((T + 1, B, h0.shape[-1]))
    h[0] = h0
    for t, x_t in enumerate(x, start=1):
        h[t] = np.tanh(x_t @ params["W_xh"] + h[t - 1] @ params["W_hh"] + params["b_h"])
    logits = h[1:] @ params["W_hy"] + params["b_y"]
    return logits.transpose(1, 0, 2), h.transpose(1, 0, 2)


def cross_entropy(logits, targets, mask):
    B = logits.shape[0]
    z, y, m = logits.swapaxes(0, 1), targets.T, mask.T
    loss, dlogits = 0.0, np.zeros(z.shape)
    rows = np.arange(B)
    for t in range(len(z)):
        top = z[t].max(axis=1)
        e = np.exp(z[t] - top[:, None])
        total = e.sum(axis=1)
        loss += np.dot(m[t], top + np.log(total) - z[t, rows, y[t]])
        dlogits[t] = e / total[:, None]
        dlogits[t, rows, y[t]] -= 1
        dlogits[t] *= m[t][:, None]
    return loss / B, dlogits.swapaxes(0, 1) / B


def rnn_backward(params, x, h, dlogits):
    x, h, dlogits = (np.swapaxes(a, 0, 1) for a in (x, h, dlogits))
    dz = np.zeros_like(h)  # one step too many: nothing comes from behind the last one
    for t in range(len(x) - 1, -1, -1):
        dh = dlogits[t] @ params["W_hy"].T + dz[t + 1] @ params["W_hh"].T
        dz[t] = dh * (1 - np.square(h[t + 1]))
    dz = dz[:-1]
    over = ([0, 1], [0, 1])  # time and batch
    return {
        "W_xh": np.tensordot(x, dz, over),
        "W_hh": np.tensordot(h[:-1], dz, over),
        "W_hy": np.tensordot(h[1:], dlogits, over),
        "b_h": dz.sum(axis=(0, 1)),
        "b_y": dlogits.sum(axis=(0, 1)),
    }


def clip_gradients(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([grad.ravel() for grad in grads.values()]))
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    return {name: factor * grad for name, grad in grads.items()}, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    new = {name: (grads[name] + momentum * velocity[name]) for name in grads}
    return {name: params[name] - learning_rate * new[name] for name in new}, new


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    h0 = np.zeros((x.shape[0], params["b_h"].size))
    state = (params, {name: np.zeros(p.shape) for name, p in params.items()})
    losses = []
    for k in track(steps):
        logits, h = rnn_forward(state[0], x, h0)
        loss, dlogits = cross_entropy(logits, targets, mask)
        grads = clip_gradients(rnn_backward(state[0], x, h, dlogits), max_norm)[0]
        eta = learning_rate - 0.95 * learning_rate * k / steps
        state = momentum_update(state[0], grads, state[1], eta, momentum)
        losses += [loss]
    return state[0], np.asarray(losses)


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if len(prefix) < 1:
        raise ValueError("prefix is empty")
    if temperature < 0:
        raise ValueError("temperature is negative")

    def after(token, h):
        return np.tanh(params["W_xh"][token] + h @ params["W_hh"] + params["b_h"])

    h = np.zeros(len(params["b_h"]))
    for token in prefix:
        h = after(token, h)
    new = []
    for _ in range(max_tokens):
        z = h @ params["W_hy"] + params["b_y"]
        # Gumbel's trick: the arg max of z / temperature + noise is a draw from the softmax.
        noise = rng.gumbel(size=z.shape) if temperature > 0 else 0.0
        token = int(np.argmax(z / (temperature or 1) + noise))
        new.append(token)
        if token == stop:
            return new
        h = after(token, h)
    return new
