"""Named tuples are returned, and the gradients collect in a defaultdict."""

# ruff: noqa: F821

from collections import defaultdict, namedtuple

import numpy as np

Step = namedtuple("Step", "h c gates")
Run = namedtuple("Run", "logits h c gates")
Back = namedtuple("Back", "dh_prev dc_prev dz")


def lstm_step(params, x_t, h_prev, c_prev):
    weights = np.vstack((params["W_x"], params["W_h"], params["b"]))
    columns = np.column_stack((x_t, h_prev, np.ones(len(x_t))))
    i, f, g, o = np.hsplit(columns @ weights, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = np.multiply(f, c_prev) + np.multiply(i, g)
    return Step(h=np.multiply(o, np.tanh(c)), c=c, gates=np.column_stack((i, f, g, o)))


def lstm_forward(params, x, h0, c0):
    steps = [Step(h0, c0, None)]
    for t in range(x.shape[1]):
        steps.append(lstm_step(params, x[:, t], steps[-1].h, steps[-1].c))
    h = np.stack([step.h for step in steps], axis=1)
    return Run(
        logits=np.stack([step.h @ params["W_y"] + params["b_y"] for step in steps[1:]], axis=1),
        h=h,
        c=np.stack([step.c for step in steps], axis=1),
        gates=np.stack([step.gates for step in steps[1:]], axis=1),
    )


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    i, f, g, o = np.hsplit(gates, 4)
    total = dc + dh * o - dh * o * np.tanh(c) ** 2
    dz = np.column_stack(
        (
            (total * g) * (i - i**2),
            (total * c_prev) * (f - f**2),
            (total * i) * (1 - g**2),
            (dh * np.tanh(c)) * (o - o**2),
        )
    )
    return Back(dh_prev=np.inner(dz, params["W_h"]), dc_prev=total * f, dz=dz)


def lstm_backward(params, x, h, c, gates, dlogits):
    grads = defaultdict(float)
    back = Back(dh_prev=0.0, dc_prev=0.0, dz=None)
    for t in range(x.shape[1] - 1, -1, -1):
        grads["b_y"] += dlogits[:, t].sum(0)
        grads["W_y"] += h[:, t + 1].T @ dlogits[:, t]
        dh = back.dh_prev + dlogits[:, t] @ params["W_y"].T
        back = lstm_step_backward(
            params, h[:, t], c[:, t], c[:, t + 1], gates[:, t], dh, back.dc_prev
        )
        grads["b"] += back.dz.sum(0)
        grads["W_x"] += x[:, t].T @ back.dz
        grads["W_h"] += h[:, t].T @ back.dz
    return grads
