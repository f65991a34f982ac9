"""A GRU by PyTorch, with the parameters of a NumPy GRU."""

import numpy as np
import torch


def random_params(D, H, rng, scale=0.7):
    """Return parameters in which no term is small: W (D, 3H), U (H, 3H), b and c (3H,)."""
    shapes = {"W": (D, 3 * H), "U": (H, 3 * H), "b": (3 * H,), "c": (3 * H,)}
    return {name: rng.normal(0, scale, size=shape) for name, shape in shapes.items()}


def layer(params):
    """Return a torch.nn.GRU in float64 with these parameters."""
    D, H = params["W"].shape[0], params["U"].shape[0]
    gru = torch.nn.GRU(D, H, batch_first=True, dtype=torch.float64)
    arrays = (params["W"].T, params["U"].T, params["b"], params["c"])
    with torch.no_grad():
        for parameter, array in zip(gru.parameters(), arrays, strict=True):
            parameter.copy_(torch.tensor(np.asarray(array)))
    return gru


def states(params, x, h0):
    """Return h (B, T + 1, H), the initial state in front."""
    with torch.no_grad():
        outputs, _ = layer(params)(torch.tensor(x), torch.tensor(h0)[None])
    return np.concatenate([h0[:, None], outputs.numpy()], axis=1)


def gates(params, x, h):
    """Return r, z, n and u side by side (B, T, 4H), from inputs and states."""
    H = h.shape[2]
    a = np.einsum("btd,dk->btk", x, params["W"]) + params["b"]
    s = np.einsum("bth,hk->btk", h[:, :-1], params["U"]) + params["c"]
    # sigmoid(v) = tanh(v / 2) / 2 + 1 / 2
    r, z = np.split(np.tanh((a + s)[..., : 2 * H] / 2) / 2 + 0.5, 2, axis=-1)
    u = s[..., 2 * H :]
    return np.concatenate([r, z, np.tanh(a[..., 2 * H :] + r * u), u], axis=-1)


def gradients(params, x, h0, dh):
    """Return the gradient of sum(dh * h) by autograd, keys as in params; dh: (B, T, H)."""
    gru = layer(params)
    outputs, _ = gru(torch.tensor(x), torch.tensor(h0)[None])
    (outputs * torch.tensor(dh)).sum().backward()
    W, U, b, c = (parameter.grad.numpy() for parameter in gru.parameters())
    return {"W": W.T, "U": U.T, "b": b, "c": c}
