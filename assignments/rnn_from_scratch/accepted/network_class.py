"""A dataclass holds the network and does the work; the functions asked for are thin."""

from collections import Counter
from dataclasses import asdict, dataclass, fields

import numpy as np
from seqlab.progress import track


class Vocabulary:
    UNKNOWN = "UNK"

    def __init__(self, sequences):
        counter = Counter()
        for sequence in sequences:
            counter.update(sequence)
        # most_common() lists equal counts in the order in which they were first counted.
        self.tokens = [token for token, _ in counter.most_common()] + [self.UNKNOWN]

    @property
    def numbers(self):
        return {token: number for number, token in enumerate(self.tokens)}


def build_vocabulary(sequences):
    vocabulary = Vocabulary(sequences)
    return vocabulary.numbers, vocabulary.tokens


def encode(tokens, token_to_index):
    result = np.full(len(tokens), token_to_index[Vocabulary.UNKNOWN], dtype=np.int64)
    for place, token in enumerate(tokens):
        if token in token_to_index:
            result[place] = token_to_index[token]
    return result


def one_hot(indices, vocab_size):
    indices = np.asarray(indices, dtype=np.int64)
    if indices.size and not 0 <= indices.min() <= indices.max() < vocab_size:
        raise ValueError(f"indices must lie between 0 and {vocab_size - 1}")
    vectors = np.zeros((*indices.shape, vocab_size))
    np.put_along_axis(vectors, indices[..., np.newaxis], 1.0, axis=-1)
    return vectors


def make_batch(sequences, token_to_index):
    T = max(map(len, sequences)) - 1

    def pad(values):
        return np.pad(values, (0, T - len(values)))

    rows = [encode(sequence, token_to_index) for sequence in sequences]
    inputs = np.stack([pad(row[:-1]) for row in rows])
    targets = np.stack([pad(row[1:]) for row in rows])
    mask = np.stack([pad(np.ones(len(row) - 1)) for row in rows])
    return inputs, targets, mask


def softmax(logits):
    e = np.exp(logits - np.amax(logits, axis=-1)[..., None])
    return e / e.sum(axis=-1)[..., None]


@dataclass(frozen=True)
class Network:
    W_xh: np.ndarray
    W_hh: np.ndarray
    b_h: np.ndarray
    W_hy: np.ndarray
    b_y: np.ndarray

    @classmethod
    def random(cls, V, H, rng):
        def orthonormal_columns(rows, columns):
            q, r = np.linalg.qr(rng.normal(size=(rows, columns)))
            # With these signs the matrix is uniformly distributed (Mezzadri, 2007).
            return q * np.sign(np.diag(r))

        def weight(rows, columns):
            if rows < columns:
                return orthonormal_columns(columns, rows).T
            return orthonormal_columns(rows, columns)

        return cls(weight(V, H), weight(H, H), np.zeros(H), weight(H, V), np.zeros(V))

    def step(self, x_t, h):
        return np.tanh(x_t @ self.W_xh + h @ self.W_hh + self.b_h)

    def read_out(self, h):
        return h @ self.W_hy + self.b_y

    def run(self, x, h):
        states = [h]
        for t in range(x.shape[1]):
            states.append(self.step(x[:, t], states[-1]))
        return np.stack(states, axis=1)

    def gradient(self, x, h, dlogits):
        total = Network(*(np.zeros_like(getattr(self, field.name)) for field in fields(self)))
        carry = np.zeros_like(h[:, 0])
        in_time = (np.moveaxis(a, 1, 0) for a in (x, h[:, :-1], h[:, 1:], dlogits))
        steps = list(zip(*in_time, strict=True))
        for x_t, before, after, above in reversed(steps):
            delta = (above @ self.W_hy.T + carry) * (1 - after * after)
            carry = delta @ self.W_hh.T
            for part, left, right in [
                (total.W_hy, after, above),
                (total.W_xh, x_t, delta),
                (total.W_hh, before, delta),
            ]:
                part[...] += left.T @ right
            total.b_y[...] += above.sum(0)
            total.b_h[...] += delta.sum(0)
        return total


def init_rnn(vocab_size, hidden_size, rng):
    return asdict(Network.random(vocab_size, hidden_size, rng))


def rnn_forward(params, x, h0):
    network = Network(**params)
    h = network.run(x, h0)
    return network.read_out(h[:, 1:]), h


def rnn_backward(params, x, h, dlogits):
    return asdict(Network(**params).gradient(x, h, dlogits))


def cross_entropy(logits, targets, mask):
    B = len(logits)
    # log(e^a + e^b + ...) in one call, without overflow.
    log_p = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    chosen = np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]
    dlogits = np.exp(log_p)
    np.put_along_axis(dlogits, targets[..., None], np.expm1(chosen)[..., None], axis=-1)
    return -(mask * chosen).sum() / B, dlogits * (mask / B)[..., None]


def clip_gradients(grads, max_norm):
    norm = np.linalg.norm([np.linalg.norm(grad) for grad in grads.values()])
    if norm <= max_norm:
        return dict(grads), norm
    return {name: grad * (max_norm / norm) for name, grad in grads.items()}, norm


class Momentum:
    def __init__(self, velocity, momentum):
        self.velocity = velocity
        self.momentum = momentum

    def step(self, params, grads, learning_rate):
        self.velocity = {name: self.momentum * v + grads[name] for name, v in self.velocity.items()}
        return {name: p - learning_rate * self.velocity[name] for name, p in params.items()}


def momentum_update(params, grads, velocity, learning_rate, momentum):
    optimizer = Momentum(velocity, momentum)
    return optimizer.step(params, grads, learning_rate), optimizer.velocity


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    optimizer = Momentum({name: np.zeros_like(p) for name, p in params.items()}, momentum)
    h0 = np.zeros((len(x), len(params["W_hh"])))
    losses = np.empty(steps)
    for k in track(steps):
        logits, h = rnn_forward(params, x, h0)
        losses[k], dlogits = cross_entropy(logits, targets, mask)
        grads, _ = clip_gradients(rnn_backward(params, x, h, dlogits), max_norm)
        params = optimizer.step(params, grads, learning_rate * (1 - 0.95 * k / steps))
    return params, losses


class Writer:
    """A network that remembers what it has read."""

    def __init__(self, params):
        self.network = Network(**params)
        self.h = np.zeros(len(params["b_h"]))

    def read(self, token):
        self.h = self.network.step(one_hot(token, len(self.network.b_y)), self.h)

    def next(self, temperature, rng):
        logits = self.network.read_out(self.h)
        if temperature == 0:
            return int(np.argmax(logits))
        return int(rng.choice(len(logits), p=softmax(logits / temperature)))


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if temperature < 0:
        raise ValueError("temperature < 0")
    if len(prefix) == 0:
        raise ValueError("empty prefix")
    writer = Writer(params)
    for token in prefix:
        writer.read(token)
    text = []
    for _ in range(max_tokens):
        text.append(writer.next(temperature, rng))
        if text[-1] == stop:
            break
        writer.read(text[-1])
    return text
