"""Works in place to save memory, but only inside copies and new arrays."""

import numpy as np
from seqlab.progress import track


def softmax(logits):
    p = np.array(logits, dtype=np.float64)
    p -= p.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    return p


def rnn_forward(params, x, h0):
    B, T, V = x.shape
    h = np.empty((B, T + 1, h0.shape[1]))
    h[:, 0] = h0
    # The place of each state first holds what the input adds to it.
    np.matmul(x, params["W_xh"], out=h[:, 1:])
    h[:, 1:] += params["b_h"]
    for t in range(1, T + 1):
        h[:, t] += h[:, t - 1] @ params["W_hh"]
        np.tanh(h[:, t], out=h[:, t])
    logits = h[:, 1:] @ params["W_hy"]
    logits += params["b_y"]
    return logits, h


def cross_entropy(logits, targets, mask):
    B = len(logits)
    z = logits.copy()
    z -= z.max(axis=2, keepdims=True)
    right = np.take_along_axis(z, targets[:, :, None], axis=2)
    np.exp(z, out=z)
    total = z.sum(axis=2, keepdims=True)
    loss = ((np.log(total) - right)[:, :, 0] * mask).sum() / B
    z /= total
    z.reshape(-1, z.shape[2])[np.arange(targets.size), targets.ravel()] -= 1
    z *= mask[:, :, None]
    z /= B
    return loss, z


def rnn_backward(params, x, h, dlogits):
    delta = dlogits @ params["W_hy"].T
    slope = np.square(h[:, 1:])
    np.subtract(1, slope, out=slope)
    delta[:, -1] *= slope[:, -1]
    for t in range(x.shape[1] - 1, 0, -1):
        delta[:, t - 1] += delta[:, t] @ params["W_hh"].T
        delta[:, t - 1] *= slope[:, t - 1]
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    for i in range(len(x)):
        grads["W_xh"] += x[i].T @ delta[i]
        grads["W_hh"] += h[i, :-1].T @ delta[i]
        grads["W_hy"] += h[i, 1:].T @ dlogits[i]
        grads["b_h"] += delta[i].sum(axis=0)
        grads["b_y"] += dlogits[i].sum(axis=0)
    return grads


def clip_gradients(grads, max_norm):
    clipped = {name: grad.copy() for name, grad in grads.items()}
    norm = float(np.sqrt(sum(np.vdot(grad, grad) for grad in clipped.values())))
    if norm > max_norm:
        for grad in clipped.values():
            # As PyTorch does it.
            grad *= max_norm / (norm + 1e-6)
    return clipped, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    params = {name: array.copy() for name, array in params.items()}
    velocity = {name: array.copy() for name, array in velocity.items()}
    for name, v in velocity.items():
        v *= momentum
        v += grads[name]
        params[name] -= learning_rate * v
    return params, velocity


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    params = {name: array.copy() for name, array in params.items()}
    velocity = {name: np.zeros_like(array) for name, array in params.items()}
    h0 = np.zeros((len(x), len(params["b_h"])))
    losses = np.zeros(steps)
    for k in track(steps, "in place"):
        logits, h = rnn_forward(params, x, h0)
        losses[k], dlogits = cross_entropy(logits, targets, mask)
        grads, _ = clip_gradients(rnn_backward(params, x, h, dlogits), max_norm)
        for name in params:
            velocity[name] *= momentum
            velocity[name] += grads[name]
            params[name] -= learning_rate * (1 - 0.95 * k / steps) * velocity[name]
    return params, losses
