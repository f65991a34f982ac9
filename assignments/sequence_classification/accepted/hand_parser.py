"""A parser by hand that reads character by character, as CSV's rules say."""

import io


def cells_of(text):
    """Yield rows of cells."""
    row, cell, quoted, i = [], "", False, 0
    while i < len(text):
        sign = text[i]
        if quoted:
            if sign == '"' and text[i + 1 : i + 2] == '"':
                cell += '"'
                i += 1
            elif sign == '"':
                quoted = False
            else:
                cell += sign
        elif sign == '"':
            quoted = True
        elif sign == ",":
            row.append(cell)
            cell = ""
        elif sign == "\n":
            yield [*row, cell]
            row, cell = [], ""
        elif sign != "\r":
            cell += sign
        i += 1
    if row or cell:
        yield [*row, cell]


def read_table(path, text_column, label_column):
    with io.open(path, "rb") as file:  # noqa: UP020
        rows = list(cells_of(file.read().decode("utf-8")))
    columns = {name: i for i, name in enumerate(rows[0])}
    if text_column not in columns or label_column not in columns:
        raise ValueError(f"the columns are {list(columns)}")
    texts, labels = [], []
    for row in rows[1:]:
        texts.append(row[columns[text_column]])
        labels.append(row[columns[label_column]])
    return texts, labels


def build_vocabulary(token_lists, min_count):
    words = [word for row in token_lists for word in row]
    first = {}
    for place, word in enumerate(words):
        first.setdefault(word, place)
    kept = [word for word in first if words.count(word) >= min_count]
    kept.sort(key=lambda word: (-words.count(word), first[word]))
    return dict(zip(["<pad>", "<unk>", *kept], range(len(kept) + 2), strict=True))


def pad_batch(token_lists, vocabulary):
    import numpy as np

    longest = max(map(len, token_lists))
    rows = []
    for row in token_lists:
        indices = [vocabulary[word] if word in vocabulary else vocabulary["<unk>"] for word in row]
        rows.append(indices + [vocabulary["<pad>"]] * (longest - len(row)))
    lengths = np.fromiter(map(len, token_lists), dtype=np.int64)
    return np.array(rows, dtype=np.int64).reshape(len(rows), longest), lengths
