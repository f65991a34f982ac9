"""Lent functions: gradients flow through them as through functions of one's own."""

import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from autograder.candidate.loan import LoanError, borrowed, lend


def heads(x, count=2, scale=None):
    """Return two differentiable results, one that is none, and what is no tensor."""
    parts = torch.stack(x.tanh().chunk(count, -1))
    scaled = parts * scale if scale is not None else parts
    return scaled, {"squares": [x**2], "largest": x.argmax()}, "text"


def loss(given, targets):
    return torch.nn.functional.mse_loss(given[0], targets)


def detached(x):
    return x.detach() * 2


def in_numpy(x):
    return np.asarray(x) * 2


class Network(torch.nn.Module):
    """An LSTM with a layer, a buffer, and a state that is passed on."""

    def __init__(self, size, *, features=4):
        super().__init__()
        self.cells = torch.nn.LSTM(size, features, batch_first=True)
        self.head = torch.nn.Sequential(torch.nn.Linear(features, size))
        self.register_buffer("shift", torch.arange(float(size)))

    def forward(self, x, state=None):
        h, state = self.cells(x, state)
        return self.head(h) + self.shift, state


class Refusing(torch.nn.Module):
    def __init__(self):
        raise ValueError("not today")


@pytest.fixture
def lent() -> Iterator:
    """Return a function that borrows another by its name."""
    ours, theirs = socket.socketpair()
    names = {each.__name__: each for each in (heads, loss, detached, in_numpy, Network, Refusing)}
    allowed = {*names} - {"in_numpy"} | {"missing"}
    lender = threading.Thread(target=lend, args=(theirs, names, allowed))
    lender.start()
    yield lambda name: borrowed(ours, name)
    ours.close()
    lender.join(10)
    theirs.close()


def slopes(function, *leaves):
    """Return the gradients of a sum over everything that a call returns."""
    x, scale = (leaf.clone().requires_grad_() for leaf in leaves)
    first, more, text = function(x * 3, scale=scale)
    assert text == "text"
    assert not more["largest"].requires_grad
    ((first**3).sum() + (more["squares"][0] * x).sum()).backward()
    return first.detach(), more["largest"], x.grad, scale.grad


def test_gradients_are_those_of_the_function(lent):
    generator = torch.Generator().manual_seed(1)
    leaves = [torch.randn(3, 4, generator=generator), torch.randn(2, 3, 2, generator=generator)]
    for mine, theirs in zip(slopes(heads, *leaves), slopes(lent("heads"), *leaves), strict=True):
        torch.testing.assert_close(theirs, mine)


def test_a_network_trains_through_a_loan(lent):
    def trained(function):
        layer = torch.nn.Linear(3, 2).double()
        with torch.no_grad():
            layer.weight.copy_(torch.arange(6.0).view(2, 3) / 7)
            layer.bias.zero_()
        optimizer = torch.optim.SGD(layer.parameters(), 0.5)
        for step in range(4):
            optimizer.zero_grad()
            x = torch.full((2, 3), 0.1 * step + 0.2).double()
            function([layer(x)], x[:, :2]).backward()
            optimizer.step()
        return layer.weight.detach()

    torch.testing.assert_close(trained(lent("loss")), trained(loss))


def test_what_needs_no_gradient_has_none(lent):
    x = torch.ones(2, 4, requires_grad=True)
    assert not lent("detached")(x).requires_grad
    assert not lent("detached")(x.detach()).requires_grad
    with torch.no_grad():
        assert not lent("heads")(x)[0].requires_grad


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        ("in_numpy", torch.ones(2), "in_numpy is not lent"),
        ("missing", torch.ones(2), "missing is not lent"),
        ("heads", 3, "'int' object has no attribute"),
        ("detached", torch.ones(2, dtype=torch.int64), None),
    ],
)
def test_an_error_is_that_of_the_loan(lent, name, argument, said):
    if said is None:
        torch.testing.assert_close(lent(name)(argument), argument * 2)
        return
    with pytest.raises(LoanError, match=f"{name}: .*{said}"):
        lent(name)(argument)


def test_only_the_last_calls_can_be_differentiated(lent, monkeypatch):
    monkeypatch.setattr("autograder.candidate.loan.MAX_GRAPHS", 2)
    x = torch.ones(2, 4, requires_grad=True)
    first, *_ = (lent("heads")(x)[0] for _ in range(3))
    with pytest.raises(LoanError):
        first.sum().backward()


def test_a_lent_network_has_its_parameters_here(lent):
    borrowed_class = lent("Network")
    model, own = borrowed_class(3, features=5), Network(3, features=5)
    assert isinstance(model, borrowed_class)
    assert isinstance(model, torch.nn.Module)
    shapes = {name: each.shape for name, each in own.state_dict().items()}
    assert {name: each.shape for name, each in model.state_dict().items()} == shapes
    assert [*dict(model.named_parameters())] == [*dict(own.named_parameters())]
    assert (model.cells.hidden_size, model.cells.batch_first, model.training) == (5, True, True)
    own.load_state_dict(model.state_dict())
    x = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(2))
    for mine, theirs in zip(own(x), model(x), strict=True):
        torch.testing.assert_close(theirs, mine)


def test_a_lent_network_trains_as_one_of_ones_own(lent):
    """By itself, inside another one, and with its state carried on."""

    class Outer(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x, state):
            return self.inner(x, state=state)

    own = Outer(Network(2, features=3)).double()
    other = Outer(lent("Network")(2, features=3)).double()
    other.load_state_dict(own.state_dict())
    x = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(3)).double()
    for model in (own, other):
        optimizer, state = torch.optim.Adam(model.parameters(), 0.1), None
        for _ in range(3):
            optimizer.zero_grad()
            logits, state = model(x, state)
            (logits**2).mean().backward()
            state = tuple(each.detach() for each in state)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
    for mine, theirs in zip(own.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(theirs, mine)


def test_a_network_that_cannot_be_made_is_an_error_of_the_loan(lent):
    with pytest.raises(LoanError, match="Refusing: not today"):
        lent("Refusing")()
    with pytest.raises(LoanError, match="Network: "):
        lent("Network")(3)(torch.ones(1, 2, 7))
