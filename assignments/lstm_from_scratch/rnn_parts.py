"""What this notebook reuses from the first assignment: the loss, the optimizer, and the RNN.

Shapes: B sequences, T time steps, V tokens, H hidden units; float64, batch first. No function
changes its arguments.
"""

import numpy as np
from seqlab.progress import track


def orthogonal(rows, columns, rng):
    """Return a random (semi-)orthogonal matrix of shape (rows, columns); `rng` draws it."""
    tall = rng.normal(size=(rows, columns) if rows > columns else (columns, rows))
    basis = np.linalg.qr(tall).Q
    return basis if rows > columns else basis.T


def softmax(logits):
    """Return probabilities over the last axis."""
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return p


def cross_entropy(logits, targets, mask):
    """Return the loss in nats per sequence and its gradient (B, T, V).

    logits: (B, T, V), targets: (B, T) integers, mask: (B, T) with 1.0 where a prediction counts.
    """
    top = logits.max(-1, keepdims=True)
    log_p = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
    truth = np.eye(logits.shape[-1])[targets]
    weight = mask[..., None] / len(logits)
    return float(-(weight * truth * log_p).sum()), weight * (np.exp(log_p) - truth)


def clip_gradients(grads, max_norm):
    """Scale all gradients by one factor, to a global norm of at most max_norm.

    Returns (clipped, norm) with the norm before clipping.
    """
    norm = float(np.linalg.norm([np.linalg.norm(g) for g in grads.values()]))
    factor = min(1.0, max_norm / max(norm, 1e-300))
    return {name: factor * g for name, g in grads.items()}, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    """Return (params, velocity) after one step: v <- momentum v + g, p <- p - learning_rate v."""
    moved = {name: grads[name] + momentum * v for name, v in velocity.items()}
    return {name: p - learning_rate * moved[name] for name, p in params.items()}, moved


def init_rnn(vocab_size, hidden_size, rng):
    """Return the parameters of a new RNN: (semi-)orthogonal weights, zero biases."""
    V, H = vocab_size, hidden_size
    shapes = {"W_xh": (V, H), "W_hh": (H, H), "b_h": (H,), "W_hy": (H, V), "b_y": (V,)}
    return {
        name: orthogonal(*shape, rng) if name[0] == "W" else np.zeros(shape)
        for name, shape in shapes.items()
    }


def rnn_forward(params, x, h0):
    """Run the RNN over x (B, T, V) from h0 (B, H): logits (B, T, V) and states (B, T + 1, H)."""
    states = [h0]
    for token in x.swapaxes(0, 1):
        drive = token @ params["W_xh"] + params["b_h"]
        states.append(np.tanh(drive + states[-1] @ params["W_hh"]))
    h = np.stack(states, axis=1)
    return h[:, 1:] @ params["W_hy"] + params["b_y"], h


def rnn_backward(params, x, h, dlogits):
    """Return the gradients of all parameters, by backpropagation through time."""
    dz = np.zeros((x.shape[1], *h[:, 0].shape))  # time first, one step after the other
    future = 0.0
    for t in range(len(dz) - 1, -1, -1):
        above = dlogits[:, t] @ params["W_hy"].T
        dz[t] = (above + future) * (1 - np.square(h[:, t + 1]))
        future = dz[t] @ params["W_hh"].T
    return {
        "W_xh": np.einsum("btv,tbh->vh", x, dz),
        "W_hh": np.einsum("btk,tbh->kh", h[:, :-1], dz),
        "b_h": dz.sum((0, 1)),
        "W_hy": np.einsum("bth,btv->hv", h[:, 1:], dlogits),
        "b_y": dlogits.sum((0, 1)),
    }


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    """Train the RNN on the whole batch, as in the first assignment: (params, losses (steps,)).

    The learning rate falls linearly, to 5 % of its first value.
    """
    start = np.zeros((len(x), len(params["b_h"])))
    velocity = dict.fromkeys(params, 0.0)
    losses = []
    for k in track(steps):
        logits, h = rnn_forward(params, x, start)
        loss, dlogits = cross_entropy(logits, targets, mask)
        losses.append(loss)
        clipped, _ = clip_gradients(rnn_backward(params, x, h, dlogits), max_norm)
        decay = 1 - k / steps * 0.95
        params, velocity = momentum_update(
            params, clipped, velocity, decay * learning_rate, momentum
        )
    return params, np.array(losses)
