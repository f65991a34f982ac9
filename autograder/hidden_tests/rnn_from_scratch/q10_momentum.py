from otter.test_files import test_case

OK_FORMAT = False

name = "q10_momentum"
points = 5

# Hidden inputs are those of one semester.
SEMESTER = 1480892924176797794


@test_case(name="The example from the text; the arguments do not change", points=None, hidden=False)
def test_by_hand(momentum_update):
    """The example from the text; the arguments do not change"""
    import numpy as np
    from seqlab import checks

    p, g, v = {"p": np.array([1.0])}, {"p": np.array([3.0])}, {"p": np.array([2.0])}
    with checks.unchanged(params=p, grads=g, velocity=v):
        params, velocity = momentum_update(p, g, v, 0.1, 0.9)
    checks.assert_params("velocity", velocity, {"p": np.array([4.8])})
    checks.assert_params("params", params, {"p": np.array([0.52])})


@test_case(
    name="Four steps of torch.optim.SGD with momentum",
    points=3,
    hidden=True,
    failure_message="Compare your code with the two formulas in the text. What is in front of g, where does the learning rate go, and does the step use the old or the new velocity?",
)
def test_against_torch(momentum_update):
    """Four steps of torch.optim.SGD with momentum"""
    import numpy as np
    import torch
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1001])
    shapes = {"W": (3, 4), "b": (4,), "U": (2, 3, 2)}
    learning_rate, momentum = 0.07, 0.8
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    velocity = {name: np.zeros(shape) for name, shape in shapes.items()}
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    optimizer = torch.optim.SGD(tensors.values(), lr=learning_rate, momentum=momentum)
    for _ in range(4):
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name])
        optimizer.step()
        params, velocity = momentum_update(params, grads, velocity, learning_rate, momentum)
    expected = {name: tensor.detach().numpy() for name, tensor in tensors.items()}
    checks.assert_params("params after four steps", params, expected)


@test_case(
    name="New dictionaries; the arguments are not modified",
    points=2,
    hidden=True,
    failure_message="The call must not change the old dictionaries and their arrays. The operators += and -= write into an array that the caller still holds.",
)
def test_arguments_unchanged(momentum_update):
    """New dictionaries; the arguments are not modified"""
    import numpy as np
    from seqlab import checks

    rng = np.random.default_rng([SEMESTER, 1002])
    params, grads, velocity = (
        {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)} for _ in range(3)
    )
    with checks.unchanged(params=params, grads=grads, velocity=velocity):
        new_params, new_velocity = momentum_update(params, grads, velocity, 0.3, 0.6)
    expected = {name: 0.6 * velocity[name] + grads[name] for name in velocity}
    checks.assert_params("velocity", new_velocity, expected)
    checks.assert_params(
        "params", new_params, {name: params[name] - 0.3 * v for name, v in expected.items()}
    )
