"""float32 wherever no gradient is checked, as deep learning is done on a graphics card."""

import numpy as np

FLOAT = np.float32


def softmax(logits):
    logits = np.asarray(logits, FLOAT)
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def init_rnn(vocab_size, hidden_size, rng):
    def orthogonal(rows, columns):
        noise = rng.standard_normal((rows, columns), dtype=FLOAT)
        u, _, vh = np.linalg.svd(noise, full_matrices=False)
        return u @ vh

    return {
        "W_xh": orthogonal(vocab_size, hidden_size),
        "W_hh": orthogonal(hidden_size, hidden_size),
        "b_h": np.zeros(hidden_size, FLOAT),
        "W_hy": orthogonal(hidden_size, vocab_size),
        "b_y": np.zeros(vocab_size, FLOAT),
    }


def clip_gradients(grads, max_norm):
    grads = {name: np.asarray(grad, FLOAT) for name, grad in grads.items()}
    norm = np.sqrt(sum(np.vdot(grad, grad) for grad in grads.values()), dtype=FLOAT)
    factor = min(1, max_norm / norm) if norm else 1
    return {name: grad * FLOAT(factor) for name, grad in grads.items()}, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    params, grads, velocity = (
        {name: np.asarray(array, FLOAT) for name, array in arrays.items()}
        for arrays in (params, grads, velocity)
    )
    velocity = {name: FLOAT(momentum) * velocity[name] + grads[name] for name in velocity}
    return {name: params[name] - FLOAT(learning_rate) * velocity[name] for name in params}, velocity


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    p = {name: array.astype(FLOAT) for name, array in params.items()}
    v = {name: np.zeros_like(array) for name, array in p.items()}
    x, truth = x.astype(FLOAT), np.eye(x.shape[2], dtype=FLOAT)[targets]
    weight = (mask / len(x)).astype(FLOAT)
    losses = np.zeros(steps)
    for k in range(steps):
        h = np.zeros((len(x), x.shape[1] + 1, len(p["b_h"])), FLOAT)
        for t in range(x.shape[1]):
            h[:, t + 1] = np.tanh(x[:, t] @ p["W_xh"] + h[:, t] @ p["W_hh"] + p["b_h"])
        probabilities = softmax(h[:, 1:] @ p["W_hy"] + p["b_y"])
        # A softmax in float32 is 0 below 1e-45; this training never gets there.
        losses[k] = -np.sum(weight * np.log((probabilities * truth).sum(-1)))
        dlogits = (probabilities - truth) * weight[..., None]
        dz = np.zeros_like(h)
        for t in reversed(range(x.shape[1])):
            dh = dlogits[:, t] @ p["W_hy"].T + dz[:, t + 1] @ p["W_hh"].T
            dz[:, t] = dh * (1 - h[:, t + 1] ** 2)
        flat_dz = dz[:, :-1].reshape(-1, dz.shape[-1])
        flat_dlogits = dlogits.reshape(-1, dlogits.shape[-1])
        grads = {
            "W_xh": x.reshape(len(flat_dz), -1).T @ flat_dz,
            "W_hh": h[:, :-1].reshape(len(flat_dz), -1).T @ flat_dz,
            "b_h": flat_dz.sum(0),
            "W_hy": h[:, 1:].reshape(len(flat_dz), -1).T @ flat_dlogits,
            "b_y": flat_dlogits.sum(0),
        }
        grads, _ = clip_gradients(grads, max_norm)
        p, v = momentum_update(p, grads, v, learning_rate * (1 - 0.95 * k / steps), momentum)
    return p, losses
