from otter.test_files import test_case

OK_FORMAT = False

name = "q11_generate"
points = 6


@test_case(name="A model that always prefers the same character", points=None, hidden=False)
def test_no_choice(CharLM, generate):
    """A model that always prefers the same character"""
    import numpy as np
    import torch
    from seqlab import checks

    model = CharLM(4, 3, 5)
    state = {name: torch.zeros(p.shape) for name, p in model.named_parameters()}
    # Without weights the logits are the bias of the linear layer.
    state.update({n: torch.tensor([0.0, 1, 3, 2]) for n, p in state.items() if p.shape == (4,)})
    model.load_state_dict(state)
    rng = np.random.default_rng(0)
    tokens = generate(model, [0, 1], 5, 0, None, None, rng)
    checks.assert_equal("five characters at temperature 0", list(tokens), [2] * 5)
    tokens = generate(model, [0], 5, 0, None, 2, rng)
    checks.assert_equal("the characters with stop = 2", list(tokens), [2])
    checks.assert_raises(
        ValueError, generate, model, [], 3, 1.0, None, None, rng, because="the prefix is empty"
    )
