"""Type hints, long names, keyword arguments, assertions, and a line printed now and then."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from rnn_parts import clip_gradients, cross_entropy, momentum_update, orthogonal
from torch import Tensor, nn

Array = NDArray[np.float64]
Params = dict[str, Array]
NUMBER_OF_GATES: int = 4


def sigmoid(x: Array) -> Array:
    """The logistic function, with a ratio whose numerator and denominator never overflow."""
    negative_side: Array = np.minimum(x, 0.0)
    positive_side: Array = np.maximum(x, 0.0)
    numerator: Array = np.exp(negative_side)
    return numerator / (numerator + np.exp(-positive_side))


def init_lstm(vocab_size: int, hidden_size: int, rng: Generator) -> Params:
    assert vocab_size > 0 and hidden_size > 0, "a network without tokens or units"
    params: Params = {}
    for name, rows in {"W_x": vocab_size, "W_h": hidden_size}.items():
        blocks: list[Array] = [
            orthogonal(rows=rows, columns=hidden_size, rng=rng) for _gate in range(NUMBER_OF_GATES)
        ]
        params[name] = np.concatenate(blocks, axis=-1)
    bias_of_gate = {"input": 0.0, "forget": 1.0, "candidate": 0.0, "output": 0.0}
    params["b"] = np.repeat(list(bias_of_gate.values()), hidden_size)
    params["W_y"] = orthogonal(rows=hidden_size, columns=vocab_size, rng=rng)
    params["b_y"] = np.zeros(shape=vocab_size)
    return params


def lstm_step(
    params: Params, x_t: Array, h_prev: Array, c_prev: Array
) -> tuple[Array, Array, Array]:
    batch_size, hidden_size = h_prev.shape
    pre_activation: Array = x_t @ params["W_x"] + h_prev @ params["W_h"] + params["b"]
    assert pre_activation.shape == (batch_size, NUMBER_OF_GATES * hidden_size)
    z_input, z_forget, z_candidate, z_output = np.array_split(pre_activation, 4, axis=1)
    input_gate = sigmoid(z_input)
    forget_gate = sigmoid(z_forget)
    candidate = np.tanh(z_candidate)
    output_gate = sigmoid(z_output)
    new_cell_state = forget_gate * c_prev + input_gate * candidate
    new_hidden_state = output_gate * np.tanh(new_cell_state)
    gates = np.concatenate((input_gate, forget_gate, candidate, output_gate), axis=1)
    return new_hidden_state, new_cell_state, gates


def lstm_forward(
    params: Params, x: Array, h0: Array, c0: Array
) -> tuple[Array, Array, Array, Array]:
    hidden_states, cell_states, all_gates, all_logits = [h0], [c0], [], []
    for time_step in range(x.shape[1]):
        hidden, cell, gates = lstm_step(
            params=params, x_t=x[:, time_step, :], h_prev=hidden_states[-1], c_prev=cell_states[-1]
        )
        hidden_states.append(hidden)
        cell_states.append(cell)
        all_gates.append(gates)
        all_logits.append(hidden @ params["W_y"] + params["b_y"])
    along_time = [
        np.stack(arrays=arrays, axis=1)
        for arrays in (all_logits, hidden_states, cell_states, all_gates)
    ]
    return tuple(along_time)


def lstm_step_backward(
    params: Params,
    h_prev: Array,
    c_prev: Array,
    c: Array,
    gates: Array,
    dh: Array,
    dc: Array,
) -> tuple[Array, Array, Array]:
    input_gate, forget_gate, candidate, output_gate = np.array_split(gates, 4, axis=1)
    d_output_gate = dh * np.tanh(c)
    d_cell = dh * output_gate * (1.0 - np.tanh(c) ** 2) + dc
    d_forget_gate = d_cell * c_prev
    d_input_gate = d_cell * candidate
    d_candidate = d_cell * input_gate

    def through_sigmoid(gradient: Array, activated: Array) -> Array:
        return gradient * activated * (1.0 - activated)

    def through_tanh(gradient: Array, activated: Array) -> Array:
        return gradient * (1.0 - np.square(activated))

    dz = np.concatenate(
        (
            through_sigmoid(gradient=d_input_gate, activated=input_gate),
            through_sigmoid(gradient=d_forget_gate, activated=forget_gate),
            through_tanh(gradient=d_candidate, activated=candidate),
            through_sigmoid(gradient=d_output_gate, activated=output_gate),
        ),
        axis=1,
    )
    return dz @ params["W_h"].transpose(), d_cell * forget_gate, dz


def lstm_backward(
    params: Params, x: Array, h: Array, c: Array, gates: Array, dlogits: Array
) -> Params:
    number_of_steps: int = x.shape[1]
    assert h.shape[1] == c.shape[1] == number_of_steps + 1
    contributions: dict[str, list[Array]] = {name: [] for name in params}
    dh_from_future: Array = np.zeros_like(h[:, 0])
    dc_from_future: Array = np.zeros_like(c[:, 0])
    for t in range(number_of_steps - 1, -1, -1):
        dh_from_future, dc_from_future, dz = lstm_step_backward(
            params=params,
            h_prev=h[:, t],
            c_prev=c[:, t],
            c=c[:, t + 1],
            gates=gates[:, t],
            dh=dh_from_future + dlogits[:, t] @ params["W_y"].transpose(),
            dc=dc_from_future,
        )
        contributions["W_x"].append(x[:, t].transpose() @ dz)
        contributions["W_h"].append(h[:, t].transpose() @ dz)
        contributions["b"].append(np.sum(dz, axis=0))
        contributions["W_y"].append(h[:, t + 1].transpose() @ dlogits[:, t])
        contributions["b_y"].append(np.sum(dlogits[:, t], axis=0))
    return {name: np.sum(arrays, axis=0) for name, arrays in contributions.items()}


def rates(steps: int, learning_rate: float) -> Iterator[float]:
    for k in range(steps):
        yield learning_rate * (1.0 - 0.95 * k / steps)


def train_lstm(
    params: Params,
    x: Array,
    targets: NDArray[np.integer],
    mask: Array,
    steps: int,
    learning_rate: float,
    momentum: float,
    max_norm: float,
) -> tuple[Params, Array]:
    current: Params = {name: np.copy(array) for name, array in params.items()}
    velocity: Params = {name: np.zeros_like(array) for name, array in params.items()}
    losses: list[float] = []
    initial_state: Array = np.zeros(shape=(x.shape[0], params["W_h"].shape[0]))
    for step, rate in enumerate(rates(steps=steps, learning_rate=learning_rate)):
        logits, h, c, gates = lstm_forward(params=current, x=x, h0=initial_state, c0=initial_state)
        loss, dlogits = cross_entropy(logits=logits, targets=targets, mask=mask)
        losses.append(loss)
        if step % 100 == 0:
            print(f"step {step:4d}: loss {loss:.4f} nats per sequence")
        grads = lstm_backward(params=current, x=x, h=h, c=c, gates=gates, dlogits=dlogits)
        grads, norm = clip_gradients(grads=grads, max_norm=max_norm)
        assert np.isfinite(norm), "the gradient has exploded"
        current, velocity = momentum_update(
            params=current, grads=grads, velocity=velocity, learning_rate=rate, momentum=momentum
        )
    return current, np.asarray(losses)


class LSTMLanguageModel(nn.Module):
    """Predicts the next token from all tokens so far."""

    def __init__(self, vocab_size: int, hidden_size: int) -> None:
        super().__init__()
        self.vocab_size: int = vocab_size
        self.hidden_size: int = hidden_size
        self.recurrent_layer = nn.LSTM(
            input_size=vocab_size, hidden_size=hidden_size, batch_first=True, bias=True
        )
        self.output_layer = nn.Linear(in_features=hidden_size, out_features=vocab_size)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if state is None:
            shape = (1, x.size(0), self.hidden_size)
            state = (x.new_zeros(shape), x.new_zeros(shape))
        hidden_states, new_state = self.recurrent_layer(x, state)
        logits: Tensor = self.output_layer(hidden_states)
        assert logits.shape == (x.size(0), x.size(1), self.vocab_size)
        return logits, new_state


def load_numpy_params(model: LSTMLanguageModel, params: Params) -> LSTMLanguageModel:
    theirs: dict[str, str] = {
        "W_x": "recurrent_layer.weight_ih_l0",
        "W_h": "recurrent_layer.weight_hh_l0",
        "b": "recurrent_layer.bias_ih_l0",
        "W_y": "output_layer.weight",
        "b_y": "output_layer.bias",
    }
    for ours, name in theirs.items():
        parameter = model.get_parameter(name)
        with torch.no_grad():
            parameter.copy_(torch.tensor(np.transpose(params[ours]), dtype=parameter.dtype))
    nn.init.zeros_(model.recurrent_layer.bias_hh_l0)
    print(f"copied {len(params)} arrays")
    return model


def train_torch(
    model: nn.Module,
    x: Tensor,
    targets: Tensor,
    mask: Tensor,
    steps: int,
    learning_rate: float,
) -> list[float]:
    optimizer = torch.optim.AdamW(params=model.parameters(), lr=learning_rate, weight_decay=0.0)
    loss_of_each = nn.NLLLoss(reduction="none")
    losses: list[float] = []
    for step, rate in enumerate(rates(steps=steps, learning_rate=learning_rate)):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        logits, _state = model(x)
        log_probabilities = logits.log_softmax(dim=-1).transpose(1, 2)
        loss = torch.sum(loss_of_each(log_probabilities, targets) * mask) / x.size(0)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters=model.parameters(), max_norm=1.0, norm_type=2.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        if step % 100 == 0:
            print(f"step {step:4d}: loss {losses[-1]:.4f} nats per sequence")
    return losses


def accepts(predictions: NDArray[np.integer], n: int, b: int, eos: int) -> bool:
    assert len(predictions) == 2 * n, "one prediction for each of the 2n inputs"
    what_must_be: dict[int, int] = dict.fromkeys(range(n, 2 * n - 1), b)
    what_must_be[2 * n - 1] = eos
    mistakes: list[int] = [
        position for position, token in what_must_be.items() if int(predictions[position]) != token
    ]
    if mistakes:
        print(f"n = {n}: wrong at {mistakes}")
    return not mistakes
