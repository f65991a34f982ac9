"""The loss as a product with one-hot targets; the flattened cross-entropy for the stream."""

import numpy as np
import torch


def masked_loss(logits, targets, mask):
    one_hot = torch.nn.functional.one_hot(targets, logits.shape[-1]).to(logits.dtype)
    log_p = torch.log_softmax(logits, -1)
    return -torch.einsum("btv,btv,bt->", one_hot, log_p, mask.to(logits.dtype)) / logits.size(0)


def bits_per_character(nats, characters):
    return np.float64(nats) / (characters * np.log(2.0))


def perplexity(nats, characters):
    return torch.tensor(nats / characters, dtype=torch.float64).exp()
