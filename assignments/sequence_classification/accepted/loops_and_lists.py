"""Loops over rows and words; lists for arrays where the text allows it."""

import math

import numpy as np


def stratified_split(labels, share, rng):
    rows_of = {}
    for row, label in enumerate(labels):
        rows_of.setdefault(label, []).append(row)
    train, valid = [], []
    for rows in rows_of.values():
        rng.shuffle(rows)
        cut = round(len(rows) * share)
        valid += rows[:cut]
        train += rows[cut:]
    rng.shuffle(train)
    rng.shuffle(valid)
    return np.array(train, dtype=np.int64), np.array(valid, dtype=np.int64)


def bag_of_words(tokens, lengths, vocab_size):
    bags = []
    for row, length in zip(tokens, lengths, strict=True):
        bag = [0] * vocab_size
        for token in row[:length]:
            bag[token] += 1
        bags.append(bag)
    return bags


def best_possible(keys, weights, p):
    groups = {}
    for key, weight, liked in zip(keys, weights, p, strict=True):
        group = groups.setdefault(key, [0.0, 0.0])
        group[0] += weight * (1 - liked)
        group[1] += weight * liked
    accuracy = sum(max(group) for group in groups.values())
    nats = 0.0
    for no, yes in groups.values():
        total = no + yes
        nats += sum(-part * math.log(part / total) for part in (no, yes) if part > 0)
    return [accuracy, nats]


def embed_backward(tokens, dx, vocab_size):
    dE = np.zeros((vocab_size, len(dx[0][0])))
    for row, gradients in zip(tokens, dx, strict=True):
        for token, gradient in zip(row, gradients, strict=True):
            if token != 0:
                dE[token] += gradient
    return dE


def last_valid(h, lengths):
    return [row[length] for row, length in zip(h, lengths, strict=True)]


def last_valid_backward(dlast, lengths, T):
    dh = [[np.zeros(len(d)) for _ in range(T)] for d in dlast]
    for row, length, d in zip(dh, lengths, dlast, strict=True):
        if length:
            row[length - 1] = d
    return dh


def recall(matrix):
    found = []
    for i, row in enumerate(matrix):
        total = int(np.sum(row))
        found.append(float(row[i]) / total if total > 0 else math.nan)
    return found


def embed(E, tokens):
    return [[E[token] for token in row] for row in tokens]


def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), dtype=np.int64)
    for i, j in zip(true, predicted, strict=True):
        matrix[i, j] += 1
    return matrix
