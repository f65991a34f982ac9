"""Loops over sequences and time steps, one vector at a time, with lists that are stacked."""

import math

import numpy as np


def build_vocabulary(sequences):
    tokens, counts = [], []
    for sequence in sequences:
        for token in sequence:
            if token in tokens:
                counts[tokens.index(token)] += 1
            else:
                tokens.append(token)
                counts.append(1)
    # Selection sort: index() finds the first of several largest counts.
    ordered = []
    while tokens:
        place = counts.index(max(counts))
        ordered.append(tokens.pop(place))
        counts.pop(place)
    ordered.append("UNK")
    return {ordered[i]: i for i in range(len(ordered))}, ordered


def encode(tokens, token_to_index):
    indices = np.zeros(len(tokens), dtype=np.int64)
    for t in range(len(tokens)):
        if tokens[t] in token_to_index:
            indices[t] = token_to_index[tokens[t]]
        else:
            indices[t] = token_to_index["UNK"]
    return indices


def one_hot(indices, vocab_size):
    indices = np.asarray(indices)
    result = np.zeros((*indices.shape, vocab_size))
    for place in np.ndindex(indices.shape):
        if indices[place] < 0 or indices[place] >= vocab_size:
            raise ValueError(f"{indices[place]} is not an index of {vocab_size} tokens")
        result[place][indices[place]] = 1.0
    return result


def make_batch(sequences, token_to_index):
    T = max([len(sequence) for sequence in sequences]) - 1
    inputs, targets, mask = [], [], []
    for sequence in sequences:
        indices = [int(i) for i in encode(sequence, token_to_index)]
        inputs.append([indices[t] if t < len(indices) - 1 else 0 for t in range(T)])
        targets.append([indices[t + 1] if t < len(indices) - 1 else 0 for t in range(T)])
        mask.append([1.0 if t < len(indices) - 1 else 0.0 for t in range(T)])
    return np.array(inputs), np.array(targets), np.array(mask)


def softmax(logits):
    if logits.ndim > 1:
        return np.stack([softmax(row) for row in logits])
    exponentials = [math.exp(z - max(logits)) for z in logits]
    return np.array([e / sum(exponentials) for e in exponentials])


def init_rnn(vocab_size, hidden_size, rng):
    def orthonormal_rows(count, length):
        rows = []
        while len(rows) < count:
            row = rng.normal(size=length)
            # Gram and Schmidt, twice: rounding leaves a little of the other rows the first time.
            for other in rows + rows:
                row = row - np.dot(row, other) * other
            rows.append(row / math.sqrt(np.dot(row, row)))
        return np.stack(rows)

    def weights(rows, columns):
        if rows <= columns:
            return orthonormal_rows(rows, columns)
        return orthonormal_rows(columns, rows).T

    params = {}
    params["W_xh"] = weights(vocab_size, hidden_size)
    params["W_hh"] = weights(hidden_size, hidden_size)
    params["b_h"] = np.zeros(hidden_size)
    params["W_hy"] = weights(hidden_size, vocab_size)
    params["b_y"] = np.zeros(vocab_size)
    return params


def rnn_forward(params, x, h0):
    all_logits, all_states = [], []
    for i in range(len(x)):
        states, logits = [h0[i]], []
        for x_t in x[i]:
            z = params["W_xh"].T @ x_t + params["W_hh"].T @ states[-1] + params["b_h"]
            states.append(np.tanh(z))
            logits.append(params["W_hy"].T @ states[-1] + params["b_y"])
        all_states.append(np.stack(states))
        all_logits.append(np.stack(logits))
    return np.stack(all_logits), np.stack(all_states)


def cross_entropy(logits, targets, mask):
    B, T, V = logits.shape
    costs = []
    dlogits = np.zeros((B, T, V))
    for i in range(B):
        for t in range(T):
            if mask[i, t] == 0:
                continue
            z = logits[i, t] - max(logits[i, t])
            log_sum = math.log(sum(math.exp(value) for value in z))
            costs.append(log_sum - z[targets[i, t]])
            for v in range(V):
                dlogits[i, t, v] = (math.exp(z[v] - log_sum) - (v == targets[i, t])) / B
    return math.fsum(costs) / B, dlogits


def rnn_backward(params, x, h, dlogits):
    grads = {name: np.zeros(array.shape) for name, array in params.items()}
    for i in range(x.shape[0]):
        dh_next = np.zeros(h.shape[2])
        for t in range(x.shape[1])[::-1]:
            grads["W_hy"] += np.outer(h[i, t + 1], dlogits[i, t])
            grads["b_y"] += dlogits[i, t]
            dh = params["W_hy"] @ dlogits[i, t] + dh_next
            dz = np.diag(1 - h[i, t + 1] ** 2) @ dh
            grads["W_xh"] += np.outer(x[i, t], dz)
            grads["W_hh"] += np.outer(h[i, t], dz)
            grads["b_h"] += dz
            dh_next = params["W_hh"] @ dz
    return grads


def clip_gradients(grads, max_norm):
    squares = [float(entry) ** 2 for grad in grads.values() for entry in grad.flat]
    norm = math.sqrt(math.fsum(squares))
    if norm > max_norm:
        return {name: max_norm * grad / norm for name, grad in grads.items()}, norm
    return {name: grad.copy() for name, grad in grads.items()}, norm


def momentum_update(params, grads, velocity, learning_rate, momentum):
    new_params, new_velocity = {}, {}
    for name in params:
        new_velocity[name] = np.stack(
            [momentum * v + g for v, g in zip(velocity[name], grads[name], strict=True)]
        )
        new_params[name] = np.stack(
            [p - learning_rate * v for p, v in zip(params[name], new_velocity[name], strict=True)]
        )
    return new_params, new_velocity


def train_rnn(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    # 1500 times through the loops above take half a minute, so here one loop runs over the steps
    # of all sequences together.
    B, T, V = x.shape
    truth = np.stack([one_hot(row, V) for row in targets])
    velocity = {name: np.zeros(array.shape) for name, array in params.items()}
    losses = []
    for k in range(steps):
        states, errors, loss = [np.zeros((B, len(params["b_h"])))], [], 0.0
        for t in range(T):
            z = x[:, t] @ params["W_xh"] + states[t] @ params["W_hh"] + params["b_h"]
            states.append(np.tanh(z))
            y = states[-1] @ params["W_hy"] + params["b_y"]
            y = y - np.max(y, axis=1, keepdims=True)
            y = y - np.log(np.sum(np.exp(y), axis=1, keepdims=True))
            loss -= np.sum(mask[:, t, None] * truth[:, t] * y) / B
            errors.append(mask[:, t, None] * (np.exp(y) - truth[:, t]) / B)
        losses.append(loss)

        grads = {name: np.zeros(array.shape) for name, array in params.items()}
        dz = 0 * states[0]
        for t in range(T - 1, -1, -1):
            dh = errors[t] @ params["W_hy"].T + dz @ params["W_hh"].T
            dz = dh * (1 - states[t + 1] ** 2)
            grads["W_hy"] += states[t + 1].T @ errors[t]
            grads["b_y"] += np.sum(errors[t], axis=0)
            grads["W_xh"] += x[:, t].T @ dz
            grads["W_hh"] += states[t].T @ dz
            grads["b_h"] += np.sum(dz, axis=0)
        grads, _ = clip_gradients(grads, max_norm)
        rate = learning_rate * (1 - 0.95 * k / steps)
        params, velocity = momentum_update(params, grads, velocity, rate, momentum)
    return params, np.array(losses)


def generate(params, prefix, max_tokens, temperature, stop, rng):
    if prefix == []:
        raise ValueError("the prefix must not be empty")
    if temperature < 0:
        raise ValueError("the temperature must not be negative")
    V, H = params["W_xh"].shape
    h = np.zeros((1, H))
    for token in prefix:
        logits, states = rnn_forward(params, one_hot([[token]], V), h)
        h = states[:, -1]
    new = []
    for _ in range(max_tokens):
        z = logits[0, 0]
        if temperature == 0:
            token = list(z).index(max(z))
        else:
            # Walk along the probabilities until they add up to a random number.
            u, token, total = rng.uniform(), -1, 0.0
            p = softmax(z / temperature)
            while total <= u and token < V - 1:
                token += 1
                total += p[token]
        new.append(token)
        if token == stop:
            break
        logits, states = rnn_forward(params, one_hot([[token]], V), h)
        h = states[:, -1]
    return new
