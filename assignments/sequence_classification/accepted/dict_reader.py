"""Rows as dictionaries, a Counter, and a confusion matrix from a table of pairs."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np


def read_table(path, text_column, label_column):
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = {text_column, label_column} - set(reader.fieldnames)
        if missing:
            raise ValueError(f"no such column: {', '.join(sorted(missing))}")
        pairs = [(row[text_column], row[label_column]) for row in reader]
    return [text for text, _ in pairs], [label for _, label in pairs]


def build_vocabulary(token_lists, min_count):
    counts = Counter(word for row in token_lists for word in row)
    vocabulary = {"<pad>": 0, "<unk>": 1}
    # most_common() keeps equally frequent words in the order of their first appearance.
    for word, count in counts.most_common():
        if count < min_count:
            break
        vocabulary[word] = len(vocabulary)
    return vocabulary


def confusion_matrix(true, predicted, classes):
    pairs = Counter(zip(np.asarray(true).tolist(), np.asarray(predicted).tolist(), strict=True))
    return np.array([[pairs[i, j] for j in range(classes)] for i in range(classes)], dtype=np.int64)


def recall(matrix):
    return np.array(
        [row[i] / sum(row) if sum(row) else float("nan") for i, row in enumerate(matrix)]
    )


def pad_batch(token_lists, vocabulary):
    lengths = [len(row) for row in token_lists]
    unknown, padding = vocabulary["<unk>"], vocabulary["<pad>"]
    tokens = np.full((len(lengths), max(lengths)), padding, dtype=np.int64)
    for (i, t), _ in np.ndenumerate(tokens):
        if t < lengths[i]:
            tokens[i, t] = vocabulary.get(token_lists[i][t], unknown)
    return tokens, np.asarray(lengths, dtype=np.int64)
