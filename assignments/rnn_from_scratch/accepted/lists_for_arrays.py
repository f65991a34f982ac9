"""Nested lists come back where an array is expected, and lists are taken as arguments."""

import numpy as np


def arrays(values):
    return {name: np.array(value, dtype=float) for name, value in values.items()}


def lists(values):
    return {name: value.tolist() for name, value in values.items()}


def make_batch(sequences, token_to_index):
    T = max(len(sequence) for sequence in sequences) - 1
    inputs, targets, mask = [], [], []
    for sequence in sequences:
        row = [token_to_index.get(token, token_to_index["UNK"]) for token in sequence]
        rest = [0] * (T + 1 - len(row))
        inputs.append(row[:-1] + rest)
        targets.append(row[1:] + rest)
        mask.append([float(t + 1 < len(row)) for t in range(T)])
    return [inputs, targets, mask]


def softmax(logits):
    e = np.exp(np.asarray(logits) - np.max(logits, axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)).tolist()


def rnn_forward(params, x, h0):
    params, x = arrays(params), np.asarray(x)
    h = [np.asarray(h0)]
    for t in range(x.shape[1]):
        h += [np.tanh(x[:, t] @ params["W_xh"] + h[-1] @ params["W_hh"] + params["b_h"])]
    h = np.stack(h, axis=1)
    return (h[:, 1:] @ params["W_hy"] + params["b_y"]).tolist(), h.tolist()


def cross_entropy(logits, targets, mask):
    logits, targets, mask = np.asarray(logits), np.asarray(targets), np.asarray(mask)
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    truth = np.eye(logits.shape[-1])[targets]
    loss = -(truth * log_p).sum(axis=-1) * mask
    dlogits = (np.exp(log_p) - truth) * mask[..., None] / len(logits)
    return [loss.sum() / len(logits), dlogits.tolist()]


def rnn_backward(params, x, h, dlogits):
    params, x, h, dlogits = arrays(params), np.asarray(x), np.asarray(h), np.asarray(dlogits)
    dz = [np.zeros_like(h[:, 0])]
    for t in reversed(range(x.shape[1])):
        dh = dlogits[:, t] @ params["W_hy"].T + dz[0] @ params["W_hh"].T
        dz.insert(0, dh * (1 - h[:, t + 1] ** 2))
    grads = dict.fromkeys(params, 0.0)
    for t in range(x.shape[1]):
        grads["W_xh"] += x[:, t].T @ dz[t]
        grads["W_hh"] += h[:, t].T @ dz[t]
        grads["b_h"] += dz[t].sum(axis=0)
        grads["W_hy"] += h[:, t + 1].T @ dlogits[:, t]
        grads["b_y"] += dlogits[:, t].sum(axis=0)
    return lists(grads)


def clip_gradients(grads, max_norm):
    grads = arrays(grads)
    norm = np.linalg.norm([entry for grad in grads.values() for entry in grad.ravel()])
    return [lists({name: g / max(1, norm / max_norm) for name, g in grads.items()}), norm.tolist()]


def momentum_update(params, grads, velocity, learning_rate, momentum):
    params, grads, velocity = arrays(params), arrays(grads), arrays(velocity)
    velocity = {name: momentum * velocity[name] + grads[name] for name in params}
    params = {name: params[name] - learning_rate * velocity[name] for name in params}
    return [lists(params), lists(velocity)]


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if not prefix:
        raise ValueError("the prefix is empty")
    if temperature < 0:
        raise ValueError("the temperature is negative")
    V, H = np.shape(params["W_xh"])
    text = list(prefix)
    h = [[0.0] * H]
    unread = text
    for _ in range(max_tokens):
        x = [[[float(v == token) for v in range(V)] for token in unread]]
        logits, h = rnn_forward(params, x, h)
        h = [h[0][-1]]
        if temperature == 0:
            text.append(int(np.argmax(logits[0][-1])))
        else:
            text.append(rng.choice(V, p=softmax(np.divide(logits[0][-1], temperature))))
        if text[-1] == stop:
            break
        unread = text[-1:]
    return text[len(prefix) :]
