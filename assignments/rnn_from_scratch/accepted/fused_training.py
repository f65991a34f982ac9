"""A training loop that calls no other function, and a writer that draws its numbers beforehand."""

import numpy as np
from seqlab.progress import track


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    B, T, V = x.shape
    H = params["b_h"].shape[0]
    # Copies, because they are changed in place.
    names = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")
    W_xh, W_hh, b_h, W_hy, b_y = weights = [params[name].copy() for name in names]
    velocities = [np.zeros_like(array) for array in weights]
    truth = np.eye(V)[targets]
    losses = []
    for k in track(steps):
        h = np.zeros((T + 1, B, H))
        p = np.zeros((T, B, V))
        loss = 0.0
        for t in range(T):
            h[t + 1] = np.tanh(x[:, t] @ W_xh + h[t] @ W_hh + b_h)
            z = h[t + 1] @ W_hy + b_y
            z -= z.max(axis=1, keepdims=True)
            total = np.exp(z).sum(axis=1, keepdims=True)
            p[t] = np.exp(z) / total
            loss += mask[:, t] @ np.sum(truth[:, t] * (np.log(total) - z), axis=1)
        losses.append(loss / B)

        gradients = [np.zeros_like(array) for array in weights]
        dW_xh, dW_hh, db_h, dW_hy, db_y = gradients
        dz = np.zeros((B, H))
        for t in range(T - 1, -1, -1):
            dy = (p[t] - truth[:, t]) * mask[:, t : t + 1] / B
            dW_hy += h[t + 1].T @ dy
            db_y += dy.sum(axis=0)
            dz = (dy @ W_hy.T + dz @ W_hh.T) * (1 - h[t + 1] ** 2)
            dW_xh += x[:, t].T @ dz
            dW_hh += h[t].T @ dz
            db_h += dz.sum(axis=0)

        norm = np.sqrt(sum((g * g).sum() for g in gradients))
        for weight, velocity, g in zip(weights, velocities, gradients, strict=True):
            velocity *= momentum
            velocity += g * min(1.0, max_norm / (norm + 1e-6))
            weight -= learning_rate * (1 - 0.95 * k / steps) * velocity
    return dict(zip(names, weights, strict=True)), losses


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if len(prefix) == 0 or temperature < 0:
        raise ValueError("an empty prefix or a negative temperature")
    W_xh, W_hh, b_h, W_hy, b_y = (params[k] for k in ("W_xh", "W_hh", "b_h", "W_hy", "b_y"))
    h = np.zeros_like(b_h)
    new = []
    # One random number for each token that may come, the prefix included.
    for place, u in enumerate(rng.random(len(prefix) + max_tokens)):
        token = prefix[place] if place < len(prefix) else None
        if token is None:
            z = h @ W_hy + b_y
            if temperature == 0:
                token = int(np.argmax(z))
            else:
                cumulated = np.exp((z - z.max()) / temperature).cumsum()
                token = int(np.argmax(cumulated > u * cumulated[-1]))
            new.append(token)
            if token == stop:
                break
        h = np.tanh(W_xh[token] + h @ W_hh + b_h)
    return new
