"""Random inputs for checks.

Every entry is drawn, the biases too: where a parameter is 0, a check cannot see that its term is
missing, and where all weights are tiny, it cannot see a wrong derivative of the tanh.
"""


def rnn_shapes(V, H):
    """Return the shapes of the parameters of an RNN, by name."""
    return {"W_xh": (V, H), "W_hh": (H, H), "b_h": (H,), "W_hy": (H, V), "b_y": (V,)}


def rnn_params(V, H, rng, scale=0.7):
    """Return parameters of an RNN with entries drawn from a normal distribution."""
    return {name: rng.normal(0, scale, size=shape) for name, shape in rnn_shapes(V, H).items()}
