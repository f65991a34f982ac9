"""The loss from a log-sum-exp, padding cut out by a mask of bools; units by way of each other."""

import math

import torch


def masked_loss(logits, targets, mask):
    B, T, _ = logits.shape
    right = logits[torch.arange(B)[:, None], torch.arange(T), targets]
    each = torch.logsumexp(logits, dim=2) - right
    return torch.where(mask > 0, each, torch.zeros_like(each)).sum(dim=1).mean()


def bits_per_character(nats, characters):
    return math.log2(perplexity(nats, characters))


def perplexity(nats, characters):
    return math.e ** (nats / characters)
