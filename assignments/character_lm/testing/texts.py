"""Batches and chunks of the grammar's text, and how far a model is above its entropy."""

import numpy as np
import torch
from seqlab import grammar

from testing import limits, networks

SENTENCES, PROBABILITIES = grammar.sentences()
ENTROPY = limits.entropy(PROBABILITIES)
# One alphabet for both texts: the start of a sentence, the newline of a stream, and the letters.
ALPHABET = grammar.START + grammar.END + grammar.alphabet()
V = len(ALPHABET)

# Rows of the stream on which models are judged, and how much of it they may read first.
ROWS, LENGTH, WARM_UP = 32, 657, 32


def encode(text):
    """Return the indices of the characters."""
    return np.array([ALPHABET.index(character) for character in text])


def batch(sentences):
    """Return inputs, targets and mask (B, T) of sentences, as tensors."""
    T = max(map(len, sentences))
    inputs, targets = np.zeros((2, len(sentences), T), dtype=np.int64)
    for row, sentence in enumerate(sentences):
        codes = encode(grammar.START + sentence)
        inputs[row, : len(sentence)], targets[row, : len(sentence)] = codes[:-1], codes[1:]
    mask = np.arange(T) < np.array([[len(sentence)] for sentence in sentences])
    return tuple(map(torch.tensor, (inputs, targets, mask.astype(np.float32))))


def batches(count, size, rng):
    """Return `count` batches of `size` sentences, drawn from the grammar."""
    drawn = grammar.sample(count * size, rng)
    return [batch(drawn[i * size : (i + 1) * size]) for i in range(count)]


def even_batch(rng, size=32, length=31):
    """Return a batch of sentences that all have this length."""
    same = [sentence for sentence in SENTENCES if len(sentence) == length]
    return batch([same[i] for i in rng.integers(len(same), size=size)])


def chunks(count, rows, length, rng):
    """Return `count` chunks (inputs, targets) of shape (rows, length) of a stream, in order."""
    codes = encode(grammar.stream(rows * length * count + 1, rng))
    # Row b starts where row b - 1 ends.
    places = np.arange(rows)[:, None] * length * count + np.arange(length)
    return [
        (torch.tensor(codes[places + j * length]), torch.tensor(codes[places + j * length + 1]))
        for j in range(count)
    ]


def ten_characters(stream=False):
    """Return the least excess of a model that sees ten characters, in nats per sentence.

    In a stream: per character. There a newline follows each sentence, and says where one begins.
    """
    excess = limits.context_floor(SENTENCES, PROBABILITIES, 10) - ENTROPY
    length = PROBABILITIES @ [len(sentence) + 1 for sentence in SENTENCES]
    return float(excess / length if stream else excess)


def sentence_excess(params):
    """Return how far arrays `params` are above the entropy: exact, in nats per sentence."""
    inputs, targets, mask = batch(SENTENCES)
    with torch.no_grad():
        each = networks.nats(networks.forward(networks.tensors(params), inputs)[0], targets)
    return float(PROBABILITIES @ (each * mask).sum(dim=1).numpy()) - ENTROPY


def stream_excess(params, rng):
    """Return how far arrays `params` are above the grammar on 20,000 new characters.

    ln P of the grammar minus ln P of the model, averaged: what was drawn cancels. Each row begins
    with a sentence; the first characters are not counted, because a model that was trained on a
    stream has hardly seen a beginning. Nats per character.
    """
    rows = [grammar.stream(LENGTH, rng) for _ in range(ROWS)]
    codes = np.array([encode(row) for row in rows])
    with torch.no_grad():
        logits, _ = networks.forward(networks.tensors(params), codes[:, :-1])
        each = networks.nats(logits, codes[:, 1:]).numpy()
    right = np.array([grammar.true_logp(row)[1:] for row in rows])
    return float((right + each)[:, WARM_UP:].mean())
