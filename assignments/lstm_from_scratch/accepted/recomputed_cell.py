"""The step back computes the new cell state from the gates again, and does not need `c`."""

import numpy as np


def lstm_step_backward(params, h_prev, c_prev, c, gates, dh, dc):
    i, f, g, o = np.split(gates, 4, axis=1)
    # Not every argument is needed: the new cell state follows from the gates.
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [
            dc * g * i * (1 - i),
            dc * c_prev * f * (1 - f),
            dc * i * (1 - g**2),
            dh * tanh_c * o * (1 - o),
        ],
        axis=1,
    )
    return dz @ params["W_h"].T, dc * f, dz
