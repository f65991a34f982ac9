from otter.test_files import test_case

OK_FORMAT = False

name = "q6_init"
points = 6


@test_case(name="The biases of a small model", points=None, hidden=False)
def test_biases(CharLM, initialise):
    """The biases of a small model"""
    import numpy as np
    from seqlab import cases, checks

    V, E, H = 5, 6, 4
    model = CharLM(V, E, H)
    # Whatever PyTorch has drawn: here all entries are 0.3.
    model.load_state_dict({n: 0 * p + 0.3 for n, p in model.state_dict().items()})
    initialise(model)
    weights = cases.torch_weights(model)
    both = sum(weights[4 * H,])
    checks.assert_close("the sum of the two biases", both, np.repeat([0, 1, 0, 0], H))
    checks.assert_close("the bias of the linear layer", weights[V,][0], np.zeros(V))
