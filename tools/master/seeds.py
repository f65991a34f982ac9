"""Sources of hidden tests' inputs: literal seeds, which the build ties to the semester."""

import ast
from collections.abc import Iterator, Mapping

from tools.errors import AuthorError, Place

# With a computed seed, the build could not see what a hidden test draws.
_SEEDING = {"default_rng", "seed", "manual_seed", "RandomState"}

# Every function of these modules draws from one generator that the whole process shares, except
# those that make or seed a generator.
_SHARED = ("numpy.random", "random")
_MAKING = {"BitGenerator", "Generator", "Random", "SystemRandom"} | _SEEDING
# These take a seed as an argument; without one, they use the system's entropy.
_SEEDED = {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64", "SeedSequence"}
_OF_TORCH = {"bernoulli", "multinomial", "normal", "poisson"} | {
    name + like for name in ("rand", "randint", "randn") for like in ("", "_like")
}
_OF_TORCH |= {"randperm"}
# Methods that fill a tensor, and modules that draw their weights.
_FILLING = {"normal_", "uniform_", "random_", "bernoulli_", "exponential_", "log_normal_"}
_WEIGHTS = {"Linear", "Bilinear", "Embedding", "MultiheadAttention", "Transformer"}
_WEIGHTS |= {kind + cell for kind in ("RNN", "LSTM", "GRU") for cell in ("", "Cell")}
# What gives such a module other weights, or asks only how many they are.
_NOT_DRAWN = {"load_state_dict", "copy_", "numel", "zero_", "fill_", "constant_"}


def draws(tree: ast.AST) -> list[ast.Call]:
    """Return the calls of NumPy's `default_rng`, in source order."""
    return [call for call in _calls(tree) if _called(call) == "default_rng"]


def check_draws(function: ast.FunctionDef, where: Place, first: int) -> None:
    """Raise an AuthorError for the first draw that the semester does not determine."""
    modules = dict(imported(function))
    # PyTorch has one global generator; a literal seed determines its draws.
    named = {_called(call) for call in _calls(function)}
    torch_seeded = "manual_seed" in named
    drawn = not torch_seeded and not named & _NOT_DRAWN
    for call in _calls(function):
        here = Place(where.file, where.cell, first + call.lineno)
        if _called(call) in _SEEDING and not _has_literal(call):
            raise AuthorError(
                f"`{ast.unparse(call)}` in a hidden test has no literal integer as its seed",
                here,
                f"Write one, such as `{ast.unparse(call.func)}(801)`: the build ties the seeds of "
                "default_rng to the semester.",
            )
        if drawn and _draws_weights(call, full_name(call.func, modules)):
            raise AuthorError(
                f"`{ast.unparse(call)}` in a hidden test draws without a seed of its own",
                here,
                "Call `torch.manual_seed(801)` first, or give it weights from `default_rng`.",
            )
        if _draws_unseeded(call, full_name(call.func, modules), torch_seeded):
            raise AuthorError(
                f"`{ast.unparse(call)}` in a hidden test draws without a seed of its own",
                here,
                "Draw from `np.random.default_rng(801)`: the build ties its seed to the semester.",
            )


def check_shared(tree: ast.AST, where: Place) -> None:
    """Raise an AuthorError for a draw from the process's own generators in a module of tests."""
    modules = dict(imported(tree))
    for call in _shared_by_all(tree):
        if _called(call) in _SEEDING | {"Generator"}:
            raise AuthorError(
                f"all tests share `{ast.unparse(call)}`: what one draws depends on the others",
                Place(where.file, line=call.lineno),
                "Let the function take the generator, `rng`, as an argument.",
            )
    for call in _calls(tree):
        if _draws_unseeded(call, full_name(call.func, modules), True):
            raise AuthorError(
                f"`{ast.unparse(call)}` in what tests import draws without a seed of its own",
                Place(where.file, line=call.lineno),
                "Let the function take the generator, `rng`, as an argument.",
            )


def _shared_by_all(tree: ast.AST) -> list[ast.Call]:
    """Return the calls that run once, with the module: outside functions, and in their defaults."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    bodies = [each.body for each in ast.walk(tree) if isinstance(each, kinds)]
    parts = [part for body in bodies for part in (body if isinstance(body, list) else [body])]
    inside = {id(node) for part in parts for node in ast.walk(part)}
    return [call for call in _calls(tree) if id(call) not in inside]


def unseeded(call: ast.Call, name: str) -> str:
    """Return the module whose generator a call of this name draws from; "" with a seed."""
    if name == "numpy.random.default_rng":
        return "" if call.args or call.keywords else "numpy.random"
    if _draws_weights(call, name):
        return "torch"
    return name.rpartition(".")[0] if _draws_unseeded(call, name, False) else ""


def _draws_weights(call: ast.Call, name: str) -> bool:
    module, _, function = name.rpartition(".")
    return _called(call) in _FILLING or (module == "torch.nn" and function in _WEIGHTS)


def _draws_unseeded(call: ast.Call, name: str, torch_seeded: bool) -> bool:
    module, _, function = name.rpartition(".")
    arguments = bool(call.args or call.keywords)
    if module in _SHARED and function in _SEEDED | {"Random"}:
        return not arguments
    if module == "torch" and function in _OF_TORCH:
        return not torch_seeded and all(k.arg != "generator" for k in call.keywords)
    return module in _SHARED and function not in _MAKING


def _calls(tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _has_literal(call: ast.Call) -> bool:
    only = call.args[0] if len(call.args) == 1 and not call.keywords else None
    return isinstance(only, ast.Constant) and type(only.value) is int


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def full_name(function: ast.expr, modules: Mapping[str, str]) -> str:
    """Return `numpy.random.normal` for `np.random.normal`, and "" for what is not imported."""
    if isinstance(function, ast.Attribute):
        module = full_name(function.value, modules)
        return f"{module}.{function.attr}" if module else ""
    return modules.get(function.id, "") if isinstance(function, ast.Name) else ""


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield each imported name, and the full name of what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
