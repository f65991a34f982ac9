"""No function calls another: everything is written out where it is needed."""

import numpy as np
import torch


def sigmoid(x):
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def init_lstm(vocab_size, hidden_size, rng):
    V, H = vocab_size, hidden_size
    q = {}
    for name, rows, columns in [
        *[(("W_x", k), V, H) for k in range(4)],
        *[(("W_h", k), H, H) for k in range(4)],
        ("W_y", H, V),
    ]:
        # Gram and Schmidt, twice for the sake of rounding, on the rows of a wide matrix.
        a = rng.normal(size=(min(rows, columns), max(rows, columns)))
        for _ in range(2):
            for j in range(len(a)):
                for m in range(j):
                    a[j] -= (a[j] @ a[m]) * a[m]
                a[j] /= np.sqrt(a[j] @ a[j])
        q[name] = a if rows <= columns else a.T
    return {
        "W_x": np.concatenate([q["W_x", k] for k in range(4)], axis=1),
        "W_h": np.concatenate([q["W_h", k] for k in range(4)], axis=1),
        "b": np.array([0.0] * H + [1.0] * H + [0.0] * 2 * H),
        "W_y": q["W_y"],
        "b_y": np.zeros(V),
    }


def lstm_step(params, x_t, h_prev, c_prev):
    H = h_prev.shape[1]
    a = x_t @ params["W_x"] + h_prev @ params["W_h"] + params["b"]
    a[:, : 2 * H] = (1 + np.tanh(a[:, : 2 * H] / 2)) / 2
    a[:, 2 * H : 3 * H] = np.tanh(a[:, 2 * H : 3 * H])
    a[:, 3 * H :] = (1 + np.tanh(a[:, 3 * H :] / 2)) / 2
    c = a[:, H : 2 * H] * c_prev + a[:, :H] * a[:, 2 * H : 3 * H]
    return a[:, 3 * H :] * np.tanh(c), c, a


def lstm_forward(params, x, h0, c0):
    B, T, _ = x.shape
    H = h0.shape[1]
    h, c, gates = np.zeros((B, T + 1, H)), np.zeros((B, T + 1, H)), np.zeros((B, T, 4 * H))
    h[:, 0], c[:, 0] = h0, c0
    from_x = x @ params["W_x"] + params["b"]  # of all steps at once
    for t in range(T):
        z = from_x[:, t] + h[:, t] @ params["W_h"]
        gates[:, t] = np.tanh(z)
        for block in (slice(0, 2 * H), slice(3 * H, 4 * H)):
            gates[:, t, block] = 0.5 + 0.5 * np.tanh(0.5 * z[:, block])
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        c[:, t + 1] = i * g
        c[:, t + 1] += f * c[:, t]
        h[:, t + 1] = o * np.tanh(c[:, t + 1])
    return h[:, 1:] @ params["W_y"] + params["b_y"], h, c, gates


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    H = h_prev.shape[1]
    i, f, g, o = gates[:, :H], gates[:, H : -2 * H], gates[:, -2 * H : -H], gates[:, -H:]
    dc_all = dc + dh * o * (1 - np.tanh(c) ** 2)
    dz = gates * (1 - gates)
    dz[:, 2 * H : 3 * H] = 1 - g * g
    dz *= np.hstack([dc_all * g, dc_all * c_prev, dc_all * i, dh * np.tanh(c)])
    return dz @ params["W_h"].T, dc_all * f, dz


def lstm_backward(params, x, h, c, gates, dlogits):
    B, T, _ = x.shape
    H = h.shape[2]
    dW_x, dW_h, db = (np.zeros(params[name].shape) for name in ("W_x", "W_h", "b"))
    dW_y, db_y = np.zeros(params["W_y"].shape), np.zeros(params["b_y"].shape)
    # Two extra entries after the last step: what comes from there is 0.
    dh, dc = np.zeros((B, T + 1, H)), np.zeros((B, T + 1, H))
    dh[:, 1:] = dlogits @ params["W_y"].T
    for t in range(T, 0, -1):
        i, f, g, o = (gates[:, t - 1, k * H : (k + 1) * H] for k in range(4))
        tanh_c = np.tanh(c[:, t])
        dc[:, t] += dh[:, t] * o * (1 - tanh_c**2)
        dz_i = dc[:, t] * g * i * (1 - i)
        dz_f = dc[:, t] * c[:, t - 1] * f * (1 - f)
        dz_g = dc[:, t] * i * (1 - g**2)
        dz_o = dh[:, t] * tanh_c * o * (1 - o)
        dc[:, t - 1] += dc[:, t] * f
        for k, dz in enumerate((dz_i, dz_f, dz_g, dz_o)):
            columns = slice(k * H, k * H + H)
            dh[:, t - 1] += dz @ params["W_h"][:, columns].T
            dW_x[:, columns] += x[:, t - 1].T @ dz
            dW_h[:, columns] += h[:, t - 1].T @ dz
            db[columns] += dz.sum(axis=0)
        dW_y += h[:, t].T @ dlogits[:, t - 1]
        db_y += dlogits[:, t - 1].sum(axis=0)
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "W_y": dW_y, "b_y": db_y}


def train_lstm(params, x, targets, mask, steps, learning_rate, momentum, max_norm):
    B, T, V = x.shape
    W_x, W_h, b, W_y, b_y = (params[n].copy() for n in ("W_x", "W_h", "b", "W_y", "b_y"))
    H = len(W_h)
    weights = [W_x, W_h, b, W_y, b_y]
    velocity = [np.zeros_like(w) for w in weights]
    # Time first here.
    tokens, weight = x.swapaxes(0, 1), mask.T[:, :, None] / B
    right = np.eye(V)[targets.T]
    losses = np.empty(steps)
    for k in range(steps):
        h, c = np.zeros((T + 1, B, H)), np.zeros((T + 1, B, H))
        a = tokens @ W_x + b
        for t in range(T):
            a[t] += h[t] @ W_h
            a[t] = np.tanh(a[t] * np.repeat([0.5, 0.5, 1, 0.5], H))
            a[t, :, : 2 * H] = (a[t, :, : 2 * H] + 1) / 2
            a[t, :, 3 * H :] = (a[t, :, 3 * H :] + 1) / 2
            c[t + 1] = a[t, :, H : 2 * H] * c[t] + a[t, :, :H] * a[t, :, 2 * H : 3 * H]
            h[t + 1] = a[t, :, 3 * H :] * np.tanh(c[t + 1])
        e = h[1:] @ W_y + b_y
        e -= e.max(axis=2, keepdims=True)
        log_p = e - np.log(np.exp(e).sum(axis=2, keepdims=True))
        losses[k] = -(weight * right * log_p).sum()
        e = weight * (np.exp(log_p) - right)

        dz, dh, dc = np.empty((T, B, 4 * H)), np.zeros((B, H)), np.zeros((B, H))
        for t in range(T - 1, -1, -1):
            i, f, g, o = np.split(a[t], 4, axis=1)
            s = np.tanh(c[t + 1])
            dh = dh + e[t] @ W_y.T
            dc = dc + dh * o * (1 - s * s)
            dz[t] = np.hstack([dc * g, dc * c[t], dc * i, dh * s])
            dz[t] *= np.hstack([i - i * i, f - f * f, 1 - g * g, o - o * o])
            dh = dz[t] @ W_h.T
            dc = dc * f
        gradient = [
            np.einsum("tbv,tbk->vk", tokens, dz, optimize=True),
            np.einsum("tbj,tbk->jk", h[:-1], dz, optimize=True),
            dz.sum(axis=(0, 1)),
            np.einsum("tbh,tbv->hv", h[1:], e, optimize=True),
            e.sum(axis=(0, 1)),
        ]
        norm = sum((d * d).sum() for d in gradient) ** 0.5
        scale = max_norm / norm if norm > max_norm else 1.0
        for w, v, d in zip(weights, velocity, gradient, strict=True):
            v *= momentum
            v += scale * d
            w -= (learning_rate - learning_rate * 0.95 * k / steps) * v
    return {"W_x": W_x, "W_h": W_h, "b": b, "W_y": W_y, "b_y": b_y}, losses


class LSTMLanguageModel(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super().__init__()
        V, H = vocab_size, hidden_size
        scale = H**-0.5
        shapes = {"W_ih": (4 * H, V), "W_hh": (4 * H, H), "b_ih": (4 * H,), "b_hh": (4 * H,)}
        shapes |= {"W_out": (V, H), "b_out": (V,)}
        for name, shape in shapes.items():
            entries = scale * (2 * torch.rand(shape) - 1)
            self.register_parameter(name, torch.nn.Parameter(entries))

    def forward(self, x, state=None):
        # The state is one tensor (B, 2H): h and c side by side.
        H = self.W_hh.shape[1]
        if state is None:
            state = torch.zeros(len(x), 2 * H, dtype=x.dtype)
        h, c = state[:, :H], state[:, H:]
        logits = []
        for t in range(x.shape[1]):
            z = x[:, t] @ self.W_ih.T + h @ self.W_hh.T + self.b_ih + self.b_hh
            i, f, g, o = z.chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            logits.append(h @ self.W_out.T + self.b_out)
        return torch.stack(logits, dim=1), torch.cat([h, c], dim=1)


def load_numpy_params(model, params):
    with torch.no_grad():
        model.W_ih[...] = torch.tensor(params["W_x"]).t()
        model.W_hh[...] = torch.tensor(params["W_h"]).t()
        model.b_ih[...] = torch.tensor(params["b"]) - 1
        model.b_hh[...] = 1
        model.W_out[...] = torch.tensor(params["W_y"]).t()
        model.b_out[...] = torch.tensor(params["b_y"])
    return model


def train_torch(model, x, targets, mask, steps, learning_rate):
    weights = list(model.parameters())
    m = [0.0] * len(weights)
    v = [0.0] * len(weights)
    losses = []
    for k in range(1, steps + 1):
        log_p = torch.nn.functional.log_softmax(model(x)[0], dim=2)
        loss = -(log_p.gather(2, targets[..., None])[..., 0] * mask).sum(dim=1).mean()
        losses.append(loss.item())
        for w in weights:
            w.grad = None
        loss.backward()
        norm = sum(float((w.grad**2).sum()) for w in weights) ** 0.5
        rate = learning_rate * (1 - 0.95 * (k - 1) / steps)
        for n, w in enumerate(weights):
            d = w.grad / max(norm, 1.0)
            m[n] = 0.9 * m[n] + 0.1 * d
            v[n] = 0.999 * v[n] + 0.001 * d * d
            step = m[n] / (1 - 0.9**k) / (torch.sqrt(v[n] / (1 - 0.999**k)) + 1e-8)
            w.data -= rate * step
    return losses


def accepts(predictions, n, b, eos):
    right = predictions[2 * n - 1] == eos
    for place in range(n, 2 * n - 1):
        right = right and predictions[place] == b
    return right
