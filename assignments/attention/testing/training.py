"""Training for tests: the sequences, the exact loss, and Adam written out.

Nothing here imports torch.optim, which takes seconds.
"""

import numpy as np
import torch
from seqlab import anbn
from seqlab.checks import CheckError


def all_sequences():
    """Return inputs, targets (11, 22) and mask of the eleven sequences; a, b, EOS are 0, 1, 2."""
    numbers = {"a": 0, "b": 1, "EOS": 2}
    rows = [[numbers[token] for token in sequence] for sequence in anbn.exact_distribution()]
    T = 2 * anbn.MAX_N
    padded = torch.tensor([row + [0] * (T + 1 - len(row)) for row in rows])
    mask = torch.arange(T) < torch.tensor([[len(row) - 1] for row in rows])
    return padded[:, :-1], padded[:, 1:], mask


def nats_per_sequence(logits, targets, mask):
    """Return the loss that counts where the mask is 1, divided by the number of sequences."""
    each = torch.nn.functional.cross_entropy(logits.mT, targets, reduction="none")
    return (each * mask).sum() / len(targets)


def wrong_sequence(logits):
    """Return the smallest n whose determined tokens are not all predicted, or 0."""
    best = logits.argmax(dim=-1)
    for n in range(1, anbn.MAX_N + 1):
        if best[n - 1, n : 2 * n].tolist() != [1] * (n - 1) + [2]:
            return n
    return 0


def adam(state, loss_of, steps, learning_rate, max_norm):
    """Train the tensors of `state` in place and return the losses before each update.

    loss_of(k): the loss of step k, from `state`. The learning rate of step k is
    learning_rate (1 - 0.95 k / steps); gradients are clipped to the norm max_norm.
    """
    leaves = [tensor.requires_grad_() for tensor in state.values()]
    averages = [(torch.zeros_like(leaf), torch.zeros_like(leaf)) for leaf in leaves]
    losses = []
    for k in range(steps):
        loss = loss_of(k)
        losses.append(loss.item())
        found = torch.autograd.grad(loss, leaves)
        norm = float(torch.sqrt(sum((slope**2).sum() for slope in found)))
        factor = min(1.0, max_norm / norm)
        rate = learning_rate * (1 - 0.95 * k / steps)
        with torch.no_grad():
            for leaf, slope, (first, second) in zip(leaves, found, averages, strict=True):
                first.mul_(0.9).add_(factor * slope, alpha=0.1)
                second.mul_(0.999).add_((factor * slope) ** 2, alpha=0.001)
                root = torch.sqrt(second / (1 - 0.999 ** (k + 1)))
                leaf -= rate * first / (1 - 0.9 ** (k + 1)) / (root + 1e-8)
    for leaf in leaves:
        leaf.requires_grad_(False)
    return losses


def assert_learns(before, after, loss_of):
    """Raise unless a few small steps have moved the parameters against their gradient.

    A trained network counts only if it was reached by such steps. loss_of(state): the loss of some
    parameters.
    """
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in before.items()}
    slopes = torch.autograd.grad(loss_of(leaves), list(leaves.values()), allow_unused=True)
    for (name, start), slope in zip(before.items(), slopes, strict=True):
        # The bias of the keys, for example, moves all scores of a query alike: it has no slope.
        if slope is None or float(slope.norm()) < 1e-6:
            continue
        way = (after[name] - start).flatten()
        # Adam's steps are of one length in all directions. Written so that nan fails.
        if not float(-(way @ slope.flatten())) > 0.1 * float(way.norm() * slope.norm()):
            raise CheckError(
                f"Three small steps from a new model do not move `{name}` downhill, along minus "
                "its gradient: a model that is not reached by such steps does not count."
            )


def numbers(losses, steps):
    """Return the losses as an array; CheckError unless there is one for each step."""
    from seqlab import checks

    checks.assert_shape("losses", losses, (steps,))
    checks.assert_finite("losses", losses)
    return np.asarray([float(loss) for loss in losses])
