"""Each gate has weights of its own; they are stacked side by side at the very end."""

# ruff: noqa: F821

import numpy as np

ORDER = ("input", "forget", "candidate", "output")


def split(array):
    return dict(zip(ORDER, np.split(array, 4, axis=-1), strict=True))


def stack(parts):
    return np.concatenate([parts[gate] for gate in ORDER], axis=-1)


def init_lstm(vocab_size, hidden_size, rng):
    from_input, from_hidden, bias = {}, {}, {}
    for gate in ORDER:
        from_input[gate] = orthogonal(vocab_size, hidden_size, rng)
        from_hidden[gate] = orthogonal(hidden_size, hidden_size, rng)
        bias[gate] = np.full(hidden_size, 1.0 if gate == "forget" else 0.0)
    return {
        "W_x": stack(from_input),
        "W_h": stack(from_hidden),
        "b": stack(bias),
        "W_y": orthogonal(hidden_size, vocab_size, rng),
        "b_y": np.zeros(vocab_size),
    }


def lstm_step(params, x_t, h_prev, c_prev):
    from_input, from_hidden, bias = (split(params[name]) for name in ("W_x", "W_h", "b"))
    gates = {}
    for gate in ORDER:
        z = x_t @ from_input[gate] + h_prev @ from_hidden[gate] + bias[gate]
        gates[gate] = np.tanh(z) if gate == "candidate" else sigmoid(z)
    kept = gates["forget"] * c_prev
    added = gates["input"] * gates["candidate"]
    c = kept + added
    return gates["output"] * np.tanh(c), c, stack(gates)


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    gates = split(gates)
    shown = np.tanh(c)
    total = dc + dh * gates["output"] * (1 - shown**2)
    before = {
        "input": total * gates["candidate"],
        "forget": total * c_prev,
        "candidate": total * gates["input"],
        "output": dh * shown,
    }
    for gate, value in gates.items():
        slope = 1 - value**2 if gate == "candidate" else value * (1 - value)
        before[gate] = before[gate] * slope
    weights = split(params["W_h"])
    dh_prev = sum(before[gate] @ weights[gate].T for gate in ORDER)
    return dh_prev, total * gates["forget"], stack(before)


def lstm_backward(params, x, h, c, gates, dlogits):
    B, T, V = x.shape
    H = h.shape[-1]
    dh, dc = np.zeros((B, H)), np.zeros((B, H))
    for_input = {gate: np.zeros((V, H)) for gate in ORDER}
    for_hidden = {gate: np.zeros((H, H)) for gate in ORDER}
    for_bias = {gate: np.zeros(H) for gate in ORDER}
    for t in range(T - 1, -1, -1):
        above = dlogits[:, t] @ params["W_y"].T
        dh, dc, dz = lstm_step_backward(
            params, h[:, t], c[:, t], c[:, t + 1], gates[:, t], above + dh, dc
        )
        for gate, part in split(dz).items():
            for_input[gate] += x[:, t].T @ part
            for_hidden[gate] += h[:, t].T @ part
            for_bias[gate] += part.sum(axis=0)
    return {
        "W_x": stack(for_input),
        "W_h": stack(for_hidden),
        "b": stack(for_bias),
        "W_y": np.tensordot(h[:, 1:], dlogits, axes=([0, 1], [0, 1])),
        "b_y": dlogits.sum(axis=(0, 1)),
    }
