"""Every product is an einsum, and no transpose is written."""

# ruff: noqa: F821

import numpy as np
import torch


def lstm_step(params, x_t, h_prev, c_prev):
    H = h_prev.shape[-1]
    z = (
        np.einsum("bv,vk->bk", x_t, params["W_x"])
        + np.einsum("bj,jk->bk", h_prev, params["W_h"])
        + params["b"]
    )
    gates = np.where(np.arange(4 * H) // H == 2, np.tanh(z), sigmoid(z))
    blocks = gates.reshape(-1, 4, H)
    c = np.einsum("bh,bh->bh", blocks[:, 1], c_prev)
    c += np.einsum("bh,bh->bh", blocks[:, 0], blocks[:, 2])
    return np.einsum("bh,bh->bh", blocks[:, 3], np.tanh(c)), c, gates


def lstm_forward(params, x, h0, c0):
    h, c, gates = [h0], [c0], []
    for t in range(x.shape[1]):
        step = lstm_step(params, x[:, t], h[-1], c[-1])
        for history, new in zip((h, c, gates), step, strict=True):
            history.append(new)
    h, c, gates = (np.einsum("tbk->btk", np.array(history)) for history in (h, c, gates))
    return np.einsum("bth,hv->btv", h[:, 1:], params["W_y"]) + params["b_y"], h, c, gates


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    B, H = c.shape
    i, f, g, o = np.einsum("bkh->kbh", gates.reshape(B, 4, H))
    tanh_c = np.tanh(c)
    dc = dc + np.einsum("bh,bh,bh->bh", dh, o, 1 - tanh_c**2)
    # One line per gate: what arrives, the other factor, the slope.
    dz = np.empty((B, 4, H))
    np.einsum("bh,bh,bh->bh", dc, g, i * (1 - i), out=dz[:, 0])
    np.einsum("bh,bh,bh->bh", dc, c_prev, f * (1 - f), out=dz[:, 1])
    np.einsum("bh,bh,bh->bh", dc, i, 1 - g**2, out=dz[:, 2])
    np.einsum("bh,bh,bh->bh", dh, tanh_c, o * (1 - o), out=dz[:, 3])
    dh_prev = np.einsum("bkh,jkh->bj", dz, params["W_h"].reshape(H, 4, H))
    return dh_prev, np.einsum("bh,bh->bh", dc, f), dz.reshape(B, 4 * H)


def lstm_backward(params, x, h, c, gates, dlogits):
    grads = {
        "W_y": np.einsum("bth,btv->hv", h[:, 1:], dlogits),
        "b_y": np.einsum("btv->v", dlogits),
    }
    above = np.einsum("btv,hv->bth", dlogits, params["W_y"])
    dz = np.empty_like(gates)
    dh, dc = np.zeros((2, *c[:, 0].shape))
    for t in reversed(range(x.shape[1])):
        dh, dc, dz[:, t] = lstm_step_backward(
            params, h[:, t], c[:, t], c[:, t + 1], gates[:, t], dh + above[:, t], dc
        )
    grads["W_x"] = np.einsum("btv,btk->vk", x, dz)
    grads["W_h"] = np.einsum("btj,btk->jk", h[:, :-1], dz)
    grads["b"] = np.einsum("btk->k", dz)
    return grads


class LSTMLanguageModel(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        # The four gates as rows, as in torch.nn.LSTM; drawn as torch.nn.LSTM draws them.
        bound = hidden_size**-0.5

        def draw(*shape):
            return torch.nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

        self.from_input = draw(4 * hidden_size, vocab_size)
        self.from_hidden = draw(4 * hidden_size, hidden_size)
        self.bias = draw(4 * hidden_size)
        self.second_bias = draw(4 * hidden_size)
        self.out = draw(vocab_size, hidden_size)
        self.out_bias = draw(vocab_size)

    def forward(self, x, state=None):
        H = self.out.shape[1]
        h, c = x.new_zeros(2, len(x), H) if state is None else state
        drive = torch.einsum("btv,kv->btk", x, self.from_input) + self.bias + self.second_bias
        outputs = []
        for z in drive.unbind(dim=1):
            z = z + torch.einsum("bj,kj->bk", h, self.from_hidden)
            i, f, g, o = z.unflatten(1, (4, H)).unbind(dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        outputs = torch.stack(outputs)
        return torch.einsum("tbh,vh->btv", outputs, self.out) + self.out_bias, (h, c)


def load_numpy_params(model, params):
    with torch.no_grad():
        model.from_input.copy_(torch.einsum("vk->kv", torch.tensor(params["W_x"])))
        model.from_hidden.copy_(torch.einsum("jk->kj", torch.tensor(params["W_h"])))
        model.bias.zero_()
        model.second_bias.copy_(torch.tensor(params["b"]))
        model.out.copy_(torch.einsum("hv->vh", torch.tensor(params["W_y"])))
        model.out_bias.copy_(torch.tensor(params["b_y"]))
    return model
