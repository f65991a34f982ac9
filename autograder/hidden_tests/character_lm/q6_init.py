from otter.test_files import test_case

OK_FORMAT = False

name = "q6_init"
points = 6

# Hidden inputs are those of one semester.
SEMESTER = 3325032271630867787


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


@test_case(
    name="Each block is orthogonal, and no two are alike",
    points=3,
    hidden=True,
    failure_message="Four square blocks, one below the other. A matrix is orthogonal when all its singular values are 1; what are they for each block?",
)
def test_orthogonal_blocks(CharLM, initialise):
    """Each block is orthogonal, and no two are alike"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    rng = np.random.default_rng([SEMESTER, 601])
    drawn = []
    for V, E, H in [(9, 5, 8), (4, 7, 3), (9, 5, 8)]:
        model = CharLM(V, E, H)
        networks.load(model, networks.random_parameters(V, E, H, rng))
        initialise(model)
        blocks = networks.parameters_of(model, V, E, H)["W_hh"].reshape(4, H, H)
        for number, block in enumerate(blocks):
            checks.assert_close(
                f"the singular values of block {number} of weight_hh_l0",
                np.linalg.svd(block, compute_uv=False),
                np.ones(H),
                atol=1e-4,
            )
        drawn += list(blocks) if H == 8 else []
    for i, block in enumerate(drawn):
        if any(np.allclose(block, other, atol=1e-3) for other in drawn[:i]):
            raise checks.CheckError("Two of the blocks are equal: draw each one separately.")


@test_case(
    name="The sum of the two biases, and the bias of the linear layer",
    points=2,
    hidden=True,
    failure_message="PyTorch adds two biases. What is their sum, for each of the four gates, whatever was there before?",
)
def test_forget_bias(CharLM, initialise):
    """The sum of the two biases, and the bias of the linear layer"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    rng = np.random.default_rng([SEMESTER, 602])
    for V, E, H in [(6, 3, 5), (5, 8, 7)]:
        model = CharLM(V, E, H)
        networks.load(model, networks.random_parameters(V, E, H, rng))
        initialise(model)
        params = networks.parameters_of(model, V, E, H)
        both = (params["b_ih"] + params["b_hh"]).reshape(4, H)
        for number, value in enumerate((0.0, 1.0, 0.0, 0.0)):
            name = f"the sum of the two biases in block {number}"
            checks.assert_close(name, both[number], np.full(H, value))
        checks.assert_close("the bias of the linear layer", params["b"], np.zeros(V))


@test_case(
    name="The embedding and the other matrices stay, and the recurrent one does not",
    points=1,
    hidden=True,
    failure_message="Only the recurrent matrix and the biases change. Does the model that was passed in hold the new values?",
)
def test_nothing_else(CharLM, initialise):
    """The embedding and the other matrices stay, and the recurrent one does not"""
    import numpy as np
    from seqlab import checks
    from testing import networks

    V, E, H = 7, 4, 6
    rng = np.random.default_rng([SEMESTER, 603])
    model = CharLM(V, E, H)
    networks.load(model, networks.random_parameters(V, E, H, rng))
    before = networks.parameters_of(model, V, E, H)
    initialise(model)
    after = networks.parameters_of(model, V, E, H)
    for name, what in [
        ("embedding", "the embedding"),
        ("W_ih", "weight_ih_l0"),
        ("W", "the weight of the linear layer"),
    ]:
        checks.assert_close(what, after[name], before[name])
    if np.allclose(after["W_hh"], before["W_hh"], atol=1e-3):
        raise checks.CheckError("The recurrent matrix of the model has not changed.")
