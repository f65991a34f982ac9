"""Experiments with a PyTorch model: another cell inside, and a look at it while it learns.

PyTorch is imported only where it is needed: the first assignments do without it.
"""

from contextlib import contextmanager


def with_cell(model, cell):
    """Exchange each torch.nn.LSTM in a model for a new "RNN", "GRU" or "LSTM"; return the model.

    The new layer has the same sizes, and returns what an LSTM returns: (out, (h, c)). An RNN and a
    GRU have no c; theirs is h.
    """
    import torch

    class LikeLSTM(torch.nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, x, state=None):
            out, h = self.layer(x, None if state is None else state[0])
            return out, (h, h)

    kinds = {"RNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}
    if cell not in kinds:
        raise ValueError(f"there is no cell {cell!r}, only {', '.join(kinds)}")
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, torch.nn.LSTM):
                sizes = child.input_size, child.hidden_size
                layer = kinds[cell](*sizes, batch_first=child.batch_first)
                parent.add_module(name, layer if cell == "LSTM" else LikeLSTM(layer))
    return model


@contextmanager
def watched(model, measure, every=10):
    """Yield a list of pairs (step, measure()), which grows while the model is trained in the block.

    A step is one call of the model; before every tenth, measure() is asked, without gradients. It
    may call the model itself.
    """
    import torch

    curve, calls, asleep = [], 0, False

    def before_a_call(*_):
        nonlocal calls, asleep
        if asleep or not torch.is_grad_enabled():
            return
        if calls % every == 0:
            asleep = True
            with torch.no_grad():
                curve.append((calls, measure()))
            asleep = False
        calls += 1

    handle = model.register_forward_pre_hook(before_a_call)
    try:
        yield curve
        with torch.no_grad():
            asleep = True
            curve.append((calls, measure()))
    finally:
        handle.remove()
