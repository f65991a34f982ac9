"""Places in the stream are computed, not reshaped; a generator of pairs made into a list."""

import numpy as np


def stream_chunks(tokens, batch_size, chunk):
    tokens = np.array(tokens)
    row = (tokens.size - 1) // batch_size
    begins = row * np.arange(batch_size)

    def pairs():
        for j in range(row // chunk):
            places = begins[:, np.newaxis] + np.arange(j * chunk, (j + 1) * chunk)
            yield tokens[places], tokens[places + 1]

    return list(pairs())


def bounded_floor(classes, bound):
    # A sigmoid: the right class against all others together.
    return -np.log(1 / (1 + (classes - 1) * np.exp(-bound) * np.exp(-bound)))


def padded_batch(sentences, char_to_index):
    lengths = np.array([len(sentence) for sentence in sentences])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(float)
    inputs, targets = np.zeros((2, *mask.shape), dtype=np.int64)
    codes = [char_to_index[c] for sentence in sentences for c in sentence]
    targets[mask > 0] = codes
    inputs[:, 0] = char_to_index["^"]
    inputs[:, 1:] = np.where(mask[:, 1:] > 0, targets[:, :-1], 0)
    return inputs, targets, mask


def bucket(lengths, batch_size, rng):
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    batches = [np.array(order[i : i + batch_size]) for i in range(0, len(order), batch_size)]
    places = np.arange(len(batches))
    rng.shuffle(places)
    return [batches[i] for i in places]
