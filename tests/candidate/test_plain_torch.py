"""What only makes PyTorch faster is left out, and nothing else changes."""

import copy
import os

import torch

from autograder.candidate.plain_torch import make_plain


def test_nothing_is_compiled_and_no_process_loads_data(monkeypatch) -> None:
    loader, items = torch.utils.data.DataLoader, list(range(7))
    options = {"batch_size": 2, "shuffle": True}
    torch.manual_seed(0)
    alone = [batch.tolist() for batch in loader(items, **options)]
    for owner, name in [(torch, "compile"), (loader, "__init__")]:  # to have them back
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(os, "fork", None)
    make_plain(torch)

    more = {"num_workers": 2, "persistent_workers": True, "timeout": 9, "prefetch_factor": 4}
    torch.manual_seed(0)
    spread = loader(items, **options, **more, multiprocessing_context="fork")
    assert [batch.tolist() for batch in spread] == alone
    assert len([batch for _ in range(2) for batch in spread]) == 2 * len(alone)

    model = torch.nn.Linear(2, 1)
    compiled = torch.compile(model, mode="reduce-overhead")
    assert compiled is compiled._orig_mod is model
    assert list(copy.deepcopy(compiled).state_dict()) == ["weight", "bias"]
    assert torch.compile(fullgraph=True)(abs) is abs
    model.compile()
    assert model(torch.ones(2)).shape == (1,)
