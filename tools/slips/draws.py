"""Random numbers without a seed in given cells: students see others than the text is about."""

import ast
from collections.abc import Iterator

from tools.errors import AuthorError, Place
from tools.master.master import Master
from tools.master.notebook import python_of
from tools.master.seeds import full_name, imported, unseeded

_INSIDE = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
# What seeds the generator that a whole process shares, by what draws from it.
_SEEDS = {
    "numpy.random": "numpy.random.seed",
    "random": "random.seed",
    "torch": "torch.manual_seed",
}
_WRITE = {"numpy.random": "np.random.default_rng(0)", "random": "random.Random(0)"}


def given_draws(master: Master) -> Iterator[AuthorError]:
    """Yield a remark on each draw that runs with a given cell and that no seed above determines.

    Skipped cells count too: students run them.
    """
    modules: dict[str, str] = {}
    seeded: set[str] = set()
    for cell, spot in zip(master.notebook["cells"], master.spots, strict=True):
        if cell["cell_type"] != "code" or spot.role != "code":
            continue
        try:
            tree = ast.parse(python_of(cell))
        except SyntaxError:
            continue
        modules |= dict(imported(tree))
        for call in _run(tree):
            name = full_name(call.func, modules)
            seeded |= {module for module, seeds in _SEEDS.items() if name == seeds}
            if kind := unseeded(call, name):
                if kind in seeded:
                    continue
                what = f"`{ast.unparse(call)}` in a given cell draws other numbers in each run"
                where = Place(master.file, cell["id"], call.lineno)
                instead = _WRITE.get(kind)
                remedy = (
                    f"Draw from `{instead}`" if instead else "Call `torch.manual_seed(0)` first"
                )
                yield AuthorError(what, where, f"{remedy}, so that all students see the same.")


def _run(tree: ast.AST) -> list[ast.Call]:
    """Return the calls that run when the cell does, in their order."""
    found: list[ast.Call] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            found.append(node)
        waiting += [n for n in ast.iter_child_nodes(node) if not isinstance(n, _INSIDE)]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))
