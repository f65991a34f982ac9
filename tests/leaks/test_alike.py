"""Renamed, reordered and rewritten solutions are found; what a release may hold is not."""

import ast
import json
import textwrap
from pathlib import Path

import pytest

from tools.course.settings import read_assignment
from tools.leaks import alike
from tools.leaks.alike import alike_in, right_answers
from tools.leaks.inlined import inlined
from tools.leaks.leak import check_release
from tools.master.known_answers import read_bank
from tools.master.master import read

ROOT = Path(__file__).parents[2]
RNN = "rnn_from_scratch"
RENAMED = """
def normalise(a):
    biggest = np.max(a, axis=-1, keepdims=True)
    e = np.exp(a - biggest)
    return e / e.sum(keepdims=True, axis=-1)
"""
# A backward pass with other names, its statements in another order, halves on lines of their own.
BACKWARD = """
def bptt(w, inp, states, up):
    B, T, V = inp.shape
    out = {k: np.zeros_like(a) for k, a in w.items()}
    later = np.zeros_like(states[:, 0])
    for step in range(T - 1, -1, -1):
        out["b_y"] += up[:, step].sum(axis=0)
        out["W_hy"] += states[:, step + 1].T @ up[:, step]
        into = up[:, step] @ w["W_hy"].T
        total = later + into
        slope = 1.0 - states[:, step + 1] ** 2
        inner = total * slope
        out["b_h"] += inner.sum(axis=0)
        out["W_hh"] += states[:, step].T @ inner
        out["W_xh"] += inp[:, step].T @ inner
        later = inner @ w["W_hh"].T
    return out
"""


@pytest.fixture(scope="module")
def master():
    return read((ROOT / f"assignments/{RNN}/{RNN}.ipynb").read_text(encoding="utf-8"), RNN)


@pytest.fixture(scope="module")
def bank(master):
    return read_bank(ROOT, master)


@pytest.fixture(scope="module")
def rights(master, bank):
    return right_answers(master, bank.accepted)


def named(text: str, rights) -> set[str]:
    return {found.right.what for found in alike_in(text, rights)}


PLACES = {
    "code": RENAMED,
    "comments": textwrap.indent(RENAMED, "# ") + "\nx = 1",
    "one comment": "def f(a):\n"
    "  # m = a - a.max(axis=-1, keepdims=True); p = np.exp(m); p /= p.sum(axis=-1,keepdims=True)\n"
    '  raise NotImplementedError("write f")',
    "a docstring": f'def f():\n    """Not this:\n{RENAMED}\n    """\n    pass',
    "a fenced block": f"Some words.\n\n```python\n{RENAMED}\n```\n\nMore words, and a sum: 1.",
    "backticks": "First `m = a - np.max(a, axis=-1, keepdims=True)`, then `p = np.exp(m)`, last "
    "`p / np.sum(p, axis=-1, keepdims=True)`.",
    "a string of code": f"SOURCE = {RENAMED!r}",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_a_renamed_solution_is_found_wherever_it_stands(rights, text):
    assert named(text, rights) == {"`softmax`"}


def test_a_reordered_backward_pass_is_found(rights):
    assert "`rnn_backward`" in named(BACKWARD, rights)


# The same in functions: one returns two values, one changes what it is given and returns nothing.
CUT = """
def begin(inp, states, w):
    out = {k: np.zeros_like(a) for k, a in w.items()}
    return out, np.zeros_like(states[:, 0])

def outer(out, inp, states, up, step):
    out["b_y"] += up[:, step].sum(axis=0)
    out["W_hy"] += states[:, step + 1].T @ up[:, step]

def slope_of(after):
    return 1.0 - after ** 2

def inner(w, inp, states, up, step, later, out):
    total = later + up[:, step] @ w["W_hy"].T
    inside = total * slope_of(after=states[:, step + 1])
    out["b_h"] += inside.sum(axis=0)
    out["W_hh"] += states[:, step].T @ inside
    out["W_xh"] += inp[:, step].T @ inside
    return inside @ w["W_hh"].T

def bptt(w, inp, states, up):
    B, T, V = inp.shape
    out, later = begin(inp, states, w)
    for step in range(T - 1, -1, -1):
        outer(out, inp, states, up, step)
        later = inner(w, inp, states, up, step, later, out)
    return out
"""


def test_a_solution_in_several_functions_is_found(rights):
    (found,) = (each for each in alike_in(CUT, rights) if each.right.what == "`rnn_backward`")
    assert found.part > 0.9


def test_functions_are_put_in_place_where_they_are_called():
    def written(text: str) -> list[str]:
        return [ast.unparse(ast.Module(each, [])) for each in inlined(ast.parse(text).body)]

    double = "def double(a):\n    return a + a\n"
    assert written(double + "y = np.exp(double(x))") == ["y = np.exp(x + x)"]
    assert written(double + "y = double(double(x))") == ["a_2 = x + x\ny = a_2 + a_2"]
    two = "def two(a):\n    b = a @ a\n    a = b.T\n    return b, a\n"
    assert written(two + "u, v = two(x)") == ["v = x\nu = v @ v\nv = u.T"]
    assert written("def f(a):\n    return f(a - 1)\ny = f(x)") == ["y = f(x - 1)"]
    # It returns in its middle, takes any arguments, or nobody calls it.
    for text in (
        "def f(a):\n    if a:\n        return 1\n    return 2\ny = f(x)",
        "def f(*a):\n    return a\ny = f(x)",
        double,
        "y = double(x)",
    ):
        assert written(text) == []


def test_a_part_of_a_long_solution_is_found(rights):
    half = "\n".join(BACKWARD.strip().split("\n")[5:13])
    assert "`rnn_backward`" in named(textwrap.dedent(half), rights)


def test_other_code_is_not(rights):
    assert not named("def f(a, b):\n    c = np.tanh(a @ b)\n    return c / c.sum()", rights)
    assert not named("Divide by the sum: `p / p.sum()`. The largest is `z.max()`.", rights)


def test_every_accepted_answer_is_as_secret_as_the_solution(master, bank, rights):
    for accepted in bank.accepted:
        copy = ast.unparse(_renamed(ast.parse(accepted.source)))
        held = right_answers(master, [accepted])
        assert named(copy, held) >= {r.what for r in held if not r.is_solution}, accepted.file


def _renamed(tree: ast.AST) -> ast.AST:
    """Rename all parameters and variables of the functions."""
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        nodes = [n for n in ast.walk(function) if isinstance(n, ast.Name | ast.arg)]
        own = {n.arg for n in nodes if isinstance(n, ast.arg)}
        own |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in nodes:
            key = "arg" if isinstance(node, ast.arg) else "id"
            if getattr(node, key) in own - {"self"}:
                setattr(node, key, f"q_{getattr(node, key)}")
    return tree


def test_releases_hold_less_than_the_threshold(rights, monkeypatch):
    """A release holds at most 0.53 of a solution; of one that is renamed, it would hold all."""
    assignment = read_assignment(ROOT, RNN)
    files = {f: (ROOT / f).read_bytes() for f in _release(RNN)}
    master = read((ROOT / f"assignments/{RNN}/{RNN}.ipynb").read_text(encoding="utf-8"), RNN)
    monkeypatch.setattr(alike, "LEAST_PART", 0.55)
    assert check_release(master, files, assignment.may_repeat, "policy") == []


def _release(name: str) -> list[str]:
    folder = ROOT / "student_release" / name
    return [f.relative_to(ROOT).as_posix() for f in folder.rglob("*") if f.is_file()]


def test_what_is_said_of_it(master, bank):
    path = f"student_release/{RNN}/helpers.py"
    (error,) = check_release(master, {path: RENAMED.encode()}, [], "policy.toml")
    assert str(error) == (
        f"{path}, line 3: students would see code that is 100% like the answer `softmax`, which is "
        f"secret in {RNN}.ipynb, cell q4_solution: names, order and layout do not count. Remove it "
        "there, or, if it gives nothing away, list its first line, "
        "`biggest = np.max(a, axis=-1, keepdims=True)`, in may_repeat of policy.toml."
    )
    first = "biggest = np.max(a, axis=-1, keepdims=True)"
    assert check_release(master, {path: RENAMED.encode()}, [first], "policy.toml") == []


def test_an_answer_in_halves_and_in_a_message(master, rights):
    """Two cells hold a half each; a message has less room, and no need for code."""
    first, second, third = textwrap.dedent("\n".join(RENAMED.split("\n")[2:5])).split("\n")
    function = "def helper(x):\n    return x"
    sources = [f"{first}\n{second}", function, third.replace("return", "p =")]
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    path = f"student_release/{RNN}/{RNN}.ipynb"
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (error,) = check_release(master, {path: json.dumps(notebook).encode()}, [], "policy.toml")
    assert str(error).startswith(f"{path}, cell c0, line 1: students would see code that is 100% l")
    momentum = next(right for right in rights if right.what == "`momentum_update`")
    third = len(momentum.steps) // 3 + 1
    assert momentum.is_given_by(third, alike.MESSAGE_PART)
    assert not momentum.is_given_by(third, alike.LEAST_PART)


# An oracle of tests, and a copy with other names on other lines.
ORACLE = """
def worth(scores, keys, scale):
    weights = np.exp(scores / scale)
    weights = weights / weights.sum(axis=1, keepdims=True)
    spread = np.einsum("bt,btd->bd", weights, keys)
    return np.log(np.abs(spread)).mean(axis=0) - np.sqrt(scale)
"""
COPIED = """
def check(a, b, c):
    e = a / c
    e = np.exp(e)
    e /= e.sum(axis=1, keepdims=True)
    out = np.einsum("bt,btd->bd", e, b)
    out = np.abs(out)
    return np.log(out).mean(axis=0) - np.sqrt(c)
"""


def test_what_judges_is_as_secret(master, bank):
    path = f"student_release/{RNN}/helpers.py"
    private = {"testing/oracle.py": ORACLE}
    (error,) = check_release(master, {path: COPIED.encode()}, [], "policy.toml", private)
    assert str(error).startswith(
        f"{path}, line 3: students would see code that is 100% like what hidden tests import, "
        f"`worth`, which is secret in assignments/{RNN}/testing/oracle.py, line 2: names,"
    )
    bug = next(bug for bug in bank.answers.bugs if bug.question == "q10_momentum")
    (error,) = check_release(
        master, {path: _renamed_source(bug.source).encode()}, [], "policy.toml", {}, bank
    )
    assert "`momentum_update`" in str(error)
    # What everybody writes, to draw weights for a test, is told from nothing.
    short = "def draw(rng, D):\n    return {'W': rng.normal(size=(D, D)) / np.sqrt(D)}"
    held = right_answers(master, [], private={"testing/oracle.py": short})
    assert {right.kind for right in held} == {alike.ANSWER}


def _renamed_source(source: str) -> str:
    return ast.unparse(_renamed(ast.parse(source)))
