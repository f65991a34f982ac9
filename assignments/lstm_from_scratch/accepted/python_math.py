"""The sigmoid of one number with the module math, and a decision made while reading along."""

import math

import numpy as np


def of_one_number(x):
    if x < 0:
        power = math.exp(x)
        return power / (power + 1)
    return 1 / (1 + math.exp(-x))


def sigmoid(x):
    flat = [of_one_number(number) for number in x.ravel().tolist()]
    return np.array(flat).reshape(x.shape)


def accepts(predictions, n, b, eos):
    for place, token in enumerate(predictions):
        if place == 2 * n - 1 and token != eos:
            return False
        if n <= place < 2 * n - 1 and token != b:
            return False
    return True
