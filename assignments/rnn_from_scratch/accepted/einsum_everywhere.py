"""Every product is an einsum, orthogonal matrices come from the singular value decomposition."""

import numpy as np


def build_vocabulary(sequences):
    flat = [token for sequence in sequences for token in sequence]
    # dict.fromkeys() keeps the order of first appearance.
    first = list(dict.fromkeys(flat))
    tokens = sorted(first, key=lambda token: (-flat.count(token), first.index(token)))
    tokens.append("UNK")
    return dict(zip(tokens, range(len(tokens)), strict=True)), tokens


def encode(tokens, token_to_index):
    known = list(token_to_index)
    return np.asarray(
        [token_to_index[token if token in known else "UNK"] for token in tokens], dtype=np.int64
    )


def one_hot(indices, vocab_size):
    indices = np.asarray(indices)
    hits = indices[..., None] == np.arange(vocab_size)
    if not hits.any(axis=-1).all():
        raise ValueError("some index has no token")
    return hits.astype(np.float64)


def make_batch(sequences, token_to_index):
    lengths = np.array([len(sequence) for sequence in sequences])
    padded = np.zeros((len(sequences), lengths.max()), dtype=np.int64)
    padded[np.arange(lengths.max()) < lengths[:, None]] = np.concatenate(
        [encode(sequence, token_to_index) for sequence in sequences]
    )
    valid = np.arange(lengths.max() - 1) < lengths[:, None] - 1
    # The last token of a short sequence is no input, so it has to go.
    return padded[:, :-1] * valid, padded[:, 1:] * valid, valid.astype(float)


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.einsum("...v,...->...v", e, 1 / np.einsum("...v->...", e))


def init_rnn(vocab_size, hidden_size, rng):
    def weights(rows, columns):
        u, _, vh = np.linalg.svd(rng.standard_normal((rows, columns)), full_matrices=False)
        return np.einsum("ik,kj->ij", u, vh)

    return {
        "W_xh": weights(vocab_size, hidden_size),
        "W_hh": weights(hidden_size, hidden_size),
        "b_h": np.zeros(hidden_size),
        "W_hy": weights(hidden_size, vocab_size),
        "b_y": np.zeros(vocab_size),
    }


def rnn_forward(params, x, h0):
    # The inputs are known beforehand, so their part needs no loop.
    from_inputs = np.einsum("btv,vh->bth", x, params["W_xh"]) + params["b_h"]
    h = np.empty((x.shape[0], x.shape[1] + 1, h0.shape[1]))
    h[:, 0] = h0
    for t in range(x.shape[1]):
        from_state = np.einsum("bk,kh->bh", h[:, t], params["W_hh"])
        h[:, t + 1] = np.tanh(from_inputs[:, t] + from_state)
    return np.einsum("bth,hv->btv", h[:, 1:], params["W_hy"]) + params["b_y"], h


def cross_entropy(logits, targets, mask):
    B, _, V = logits.shape
    truth = np.eye(V)[targets]
    largest = logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(logits - largest).sum(axis=-1)) + largest[..., 0]
    of_target = np.einsum("btv,btv->bt", truth, logits)
    loss = np.einsum("bt,bt->", mask, log_sum - of_target) / B
    return loss, np.einsum("btv,bt->btv", softmax(logits) - truth, mask) / B


def rnn_backward(params, x, h, dlogits):
    dh = np.einsum("btv,hv->bth", dlogits, params["W_hy"])
    dz = np.zeros_like(dh)
    future = 0.0
    for t in range(x.shape[1] - 1, -1, -1):
        dz[:, t] = (dh[:, t] + future) * (1 - h[:, t + 1] ** 2)
        future = np.einsum("bh,kh->bk", dz[:, t], params["W_hh"])
    return {
        "W_xh": np.einsum("btv,bth->vh", x, dz),
        "W_hh": np.einsum("btk,bth->kh", h[:, :-1], dz),
        "b_h": np.einsum("bth->h", dz),
        "W_hy": np.einsum("bth,btv->hv", h[:, 1:], dlogits),
        "b_y": np.einsum("btv->v", dlogits),
    }


def clip_gradients(grads, max_norm):
    norm = sum(np.einsum("i,i->", g.ravel(), g.ravel()) for g in grads.values()) ** 0.5
    # Never divides by 0, because max_norm is positive.
    factor = max_norm / max(norm, max_norm)
    return {key: factor * g for key, g in grads.items()}, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    new_velocity, new_params = {}, {}
    for key in params:
        new_velocity[key] = momentum * velocity[key] + grads[key]
        new_params[key] = params[key] - learning_rate * new_velocity[key]
    return new_params, new_velocity


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    velocity = dict.fromkeys(params, 0.0)
    rates = learning_rate * np.linspace(1.0, 0.05, steps, endpoint=False)
    losses = []
    for rate in rates:
        logits, h = rnn_forward(params, x, np.zeros((len(x), len(params["b_h"]))))
        loss, dlogits = cross_entropy(logits, targets, mask)
        losses.append(loss)
        grads, _ = clip_gradients(rnn_backward(params, x, h, dlogits), max_norm)
        params, velocity = momentum_update(params, grads, velocity, rate, momentum)
    return params, np.array(losses)


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if not len(prefix) or temperature < 0:
        raise ValueError("there must be a prefix, and a temperature of at least 0")
    V, H = params["W_xh"].shape
    state, new = np.zeros((1, H)), []
    read = list(prefix)
    while len(new) < max_tokens and (not new or new[-1] != stop):
        logits, h = rnn_forward(params, one_hot([read], V), state)
        state, last = h[:, -1], logits[0, -1]
        if temperature > 0:
            # Inverse transform sampling: the first token whose cumulated probability exceeds u.
            cumulated = np.cumsum(softmax(last / temperature))
            token = min(np.searchsorted(cumulated, rng.random(), side="right"), V - 1)
        else:
            token = last.argmax()
        new.append(int(token))
        read = new[-1:]
    return new
