"""Type hints, long names, keyword arguments, and a line printed now and then."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Params = dict[str, NDArray]
UNKNOWN_TOKEN = "UNK"


def build_vocabulary(sequences: Iterable[Sequence[str]]) -> tuple[dict[str, int], list[str]]:
    how_often = Counter(token for sequence in sequences for token in sequence)
    # reverse=True keeps sort() stable, so ties stay in the order of first appearance.
    in_order = sorted(how_often, key=how_often.__getitem__, reverse=True)
    in_order.append(UNKNOWN_TOKEN)
    number_of = {}
    for number, token in enumerate(in_order):
        number_of[token] = number
    return number_of, in_order


def encode(tokens: Sequence[str], token_to_index: dict[str, int]) -> NDArray[np.int64]:
    numbers = []
    for token in tokens:
        try:
            numbers.append(token_to_index[token])
        except KeyError:
            numbers.append(token_to_index[UNKNOWN_TOKEN])
    return np.array(numbers, dtype="int64")


def one_hot(indices: ArrayLike, vocab_size: int) -> NDArray[np.float64]:
    positions: NDArray = np.asarray(indices)
    if np.any(positions < 0):
        raise ValueError("a negative index would count from the end")
    try:
        return np.take(np.identity(vocab_size), positions, axis=0, mode="raise")
    except IndexError as error:
        raise ValueError(f"an index is larger than {vocab_size - 1}") from error


def make_batch(
    sequences: Sequence[Sequence[str]], token_to_index: dict[str, int]
) -> tuple[NDArray, NDArray, NDArray]:
    longest = max(len(sequence) for sequence in sequences)
    inputs, targets, mask = [], [], []
    for sequence in sequences:
        numbers = encode(tokens=sequence, token_to_index=token_to_index).tolist()
        padding = [0] * (longest - len(numbers))
        inputs.append(numbers[:-1] + padding)
        targets.append(numbers[1:] + padding)
        mask.append([1.0] * (len(numbers) - 1) + [0.0] * len(padding))
    return np.array(inputs, dtype=np.int64), np.array(targets, dtype=np.int64), np.array(mask)


def softmax(logits: NDArray) -> NDArray:
    biggest = logits.max(axis=-1, keepdims=True)
    numerator = np.exp(logits - biggest)
    denominator = numerator.sum(axis=-1, keepdims=True)
    return numerator / denominator


def orthogonal_matrix(size: int, rng: np.random.Generator) -> NDArray:
    """Cayley's map: (1 - S)^-1 (1 + S) is orthogonal for every skew-symmetric S."""
    noise = rng.normal(size=(size, size))
    skew = noise - noise.T
    return np.linalg.solve(np.eye(size) - skew, np.eye(size) + skew)


def init_rnn(vocab_size: int, hidden_size: int, rng: np.random.Generator) -> Params:
    larger = max(vocab_size, hidden_size)
    # Rows, or columns, of an orthogonal matrix are orthonormal.
    return {
        "W_xh": orthogonal_matrix(larger, rng)[:vocab_size, :hidden_size],
        "W_hh": orthogonal_matrix(hidden_size, rng),
        "b_h": np.zeros(shape=hidden_size),
        "W_hy": orthogonal_matrix(larger, rng)[:hidden_size, :vocab_size],
        "b_y": np.zeros(shape=vocab_size),
    }


def rnn_forward(params: Params, x: NDArray, h0: NDArray) -> tuple[NDArray, NDArray]:
    batch_size, number_of_steps, vocab_size = x.shape
    assert h0.shape[0] == batch_size, "one initial state for each sequence, please"
    assert params["W_xh"].shape[0] == vocab_size
    state = h0.copy()
    all_states = [state]
    all_logits = []
    for step in range(number_of_steps):
        before_tanh = np.matmul(x[:, step, :], params["W_xh"])
        before_tanh = before_tanh + np.matmul(state, params["W_hh"])
        before_tanh = before_tanh + params["b_h"]
        state = np.tanh(before_tanh)
        all_states.append(state)
        all_logits.append(np.matmul(state, params["W_hy"]) + params["b_y"])
    return np.stack(all_logits, axis=1), np.stack(all_states, axis=1)


def cross_entropy(logits: NDArray, targets: NDArray, mask: NDArray) -> tuple[float, NDArray]:
    batch_size, number_of_steps, vocab_size = logits.shape
    flat_logits = logits.reshape(-1, vocab_size)
    flat_targets = targets.reshape(-1)
    flat_mask = mask.reshape(-1)
    every_row = np.arange(flat_targets.size)

    shifted = flat_logits - flat_logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    costs = -log_probabilities[every_row, flat_targets]
    loss = float(np.sum(costs * flat_mask)) / batch_size

    gradient = np.exp(log_probabilities)
    gradient[every_row, flat_targets] -= 1.0
    gradient *= flat_mask.reshape(-1, 1) / batch_size
    return loss, gradient.reshape(batch_size, number_of_steps, vocab_size)


def rnn_backward(params: Params, x: NDArray, h: NDArray, dlogits: NDArray) -> Params:
    number_of_steps = x.shape[1]
    grads = {key: np.zeros(value.shape) for key, value in params.items()}
    from_the_future = np.zeros(h[:, 0, :].shape)
    step = number_of_steps - 1
    while step >= 0:
        old_state, new_state = h[:, step, :], h[:, step + 1, :]
        # output layer
        grads["W_hy"] = grads["W_hy"] + np.matmul(new_state.T, dlogits[:, step, :])
        grads["b_y"] = grads["b_y"] + np.sum(dlogits[:, step, :], axis=0)
        # into the state, from above and from the right
        d_state = np.matmul(dlogits[:, step, :], params["W_hy"].T) + from_the_future
        # through the tanh
        d_before_tanh = d_state * (1.0 - new_state) * (1.0 + new_state)
        # the recurrent layer
        grads["W_xh"] = grads["W_xh"] + np.matmul(x[:, step, :].T, d_before_tanh)
        grads["W_hh"] = grads["W_hh"] + np.matmul(old_state.T, d_before_tanh)
        grads["b_h"] = grads["b_h"] + np.sum(d_before_tanh, axis=0)
        from_the_future = np.matmul(d_before_tanh, params["W_hh"].T)
        step -= 1
    return grads


def clip_gradients(grads: Params, max_norm: float) -> tuple[Params, float]:
    sum_of_squares = 0.0
    for gradient in grads.values():
        sum_of_squares += float((gradient**2).sum())
    norm = float(np.sqrt(sum_of_squares))
    if norm == 0.0:
        return {key: np.zeros_like(gradient) for key, gradient in grads.items()}, norm
    factor = min(1.0, max_norm / norm)
    return {key: gradient * factor for key, gradient in grads.items()}, norm


def momentum_update(
    params: Params, grads: Params, velocity: Params, learning_rate: float, momentum: float
) -> tuple[Params, Params]:
    new_params: Params = {}
    new_velocity: Params = {}
    for key in params:
        new_velocity[key] = np.add(np.multiply(momentum, velocity[key]), grads[key])
        new_params[key] = np.subtract(params[key], np.multiply(learning_rate, new_velocity[key]))
    return new_params, new_velocity


def train_rnn(
    params: Params,
    x: NDArray,
    targets: NDArray,
    mask: NDArray,
    steps: int,
    learning_rate: float,
    momentum: float,
    max_norm: float,
) -> tuple[Params, NDArray]:
    current = {key: value.copy() for key, value in params.items()}
    velocity = {key: np.zeros(value.shape) for key, value in params.items()}
    initial_state = np.zeros(shape=(x.shape[0], params["W_hh"].shape[0]))
    losses = np.zeros(shape=steps)
    for step in range(steps):
        logits, h = rnn_forward(params=current, x=x, h0=initial_state)
        loss, dlogits = cross_entropy(logits=logits, targets=targets, mask=mask)
        losses[step] = loss
        if step % 500 == 0:
            print(f"step {step:5d}   loss {loss:.4f}")
        grads = rnn_backward(params=current, x=x, h=h, dlogits=dlogits)
        grads, norm = clip_gradients(grads=grads, max_norm=max_norm)
        current, velocity = momentum_update(
            params=current,
            grads=grads,
            velocity=velocity,
            learning_rate=learning_rate * (1.0 - 0.95 * (step / steps)),
            momentum=momentum,
        )
    return current, losses


def generate(
    params: Params,
    prefix: Sequence[int],
    max_tokens: int,
    temperature: float,
    stop: int | None,
    rng: np.random.Generator,
) -> list[int]:
    if len(prefix) == 0:
        raise ValueError("prefix must hold at least one token")
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    vocab_size, hidden_size = params["W_xh"].shape
    text = list(prefix)
    # The whole text is read again for each token: slow, but there is no state to keep.
    while len(text) - len(prefix) < max_tokens:
        x = one_hot(indices=np.array([text]), vocab_size=vocab_size)
        logits, _ = rnn_forward(params=params, x=x, h0=np.zeros((1, hidden_size)))
        if temperature == 0:
            next_token = np.argmax(logits[0, -1])
        else:
            probabilities = softmax(logits[0, -1] / temperature)
            next_token = np.argmax(rng.multinomial(n=1, pvals=probabilities))
        text.append(int(next_token))
        if stop is not None and text[-1] == stop:
            break
    return text[len(prefix) :]
