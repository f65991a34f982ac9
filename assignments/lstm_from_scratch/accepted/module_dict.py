"""The layers in a torch.nn.ModuleDict, weights moved by their shapes, Adam and clipping by hand."""

import numpy as np
import torch


class LSTMLanguageModel(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        self.layers = torch.nn.ModuleDict(
            {
                "recurrent": torch.nn.LSTM(vocab_size, hidden_size, batch_first=True),
                "output": torch.nn.Linear(hidden_size, vocab_size),
            }
        )

    def forward(self, x, state=None):
        arguments = (x,) if state is None else (x, tuple(state.unbind(dim=0)))
        outputs, both = self.layers["recurrent"](*arguments)
        return self.layers["output"](outputs), torch.stack(both)


@torch.no_grad()
def load_numpy_params(model, params):
    recurrent, output = model.layers["recurrent"], model.layers["output"]
    names = {"W_x": "weight_ih_l0", "W_h": "weight_hh_l0", "b": "bias_ih_l0"}
    for name, theirs in names.items():
        old = getattr(recurrent, theirs)
        new = torch.tensor(params[name].T, dtype=old.dtype)
        setattr(recurrent, theirs, torch.nn.Parameter(new))
    recurrent.bias_hh_l0.fill_(0)
    output.weight[:] = torch.as_tensor(params["W_y"].T)
    output.bias[:] = torch.as_tensor(params["b_y"])
    return model


def train_torch(model, x, targets, mask, steps, learning_rate):
    params = [p for p in model.parameters() if p.requires_grad]
    first = [torch.zeros_like(p) for p in params]
    second = [torch.zeros_like(p) for p in params]
    B, T = targets.shape
    losses = np.zeros(steps)
    for k in range(steps):
        logits, _ = model(x)
        right = logits[torch.arange(B)[:, None], torch.arange(T), targets]
        loss = ((torch.logsumexp(logits, dim=-1) - right) * mask).sum() / B
        losses[k] = float(loss)
        grads = torch.autograd.grad(loss, params)
        norm = torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads]))
        factor = 1.0 if norm <= 1 else 1 / norm
        rate = learning_rate * (1 - 0.95 * k / steps)
        with torch.no_grad():
            for p, grad, m, v in zip(params, grads, first, second, strict=True):
                grad = factor * grad
                m += 0.1 * (grad - m)
                v += 0.001 * (grad**2 - v)
                m_hat = m / (1 - 0.9 ** (k + 1))
                v_hat = v / (1 - 0.999 ** (k + 1))
                p -= rate * m_hat / (v_hat.sqrt() + 1e-8)
    return losses


def accepts(predictions, n, b, eos):
    expected = np.full(n, b)
    expected[-1] = eos
    return np.array_equal(predictions[-n:], expected)
