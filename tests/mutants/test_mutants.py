"""Mutants: each operator makes the edit that its name says, once, in a fixed order."""

import ast
import json
import re

import pytest
from conftest import ROOT

from autograder.assignment.answers import Answer
from autograder.mutants.mutant import Mutant, mutants_of


def mutants(source: str) -> tuple[Mutant, ...]:
    return mutants_of(Answer("q1_a", ("f",), source))


# The operator, a line, and what it becomes; a line with `…` is the head of a block.
EDITS = [
    ("number plus one", "n = 3", "n = 4"),
    ("number minus one", "n = 0", "n = -1"),
    ("number doubled", "n = 0.5", "n = 1.0"),
    ("truth value negated", "n = True", "n = False"),
    ("text changed", "n = 'UNK'", "n = 'UNK_'"),
    ("None becomes zero", "n = None", "n = 0"),
    ("operator exchanged", "z = x @ W", "z = x * W"),
    ("operands exchanged", "z = a - b", "z = b - a"),
    ("transpose added", "z = x @ W", "z = x @ W.T"),
    ("transpose dropped", "z = x @ W.T", "z = x @ W"),
    ("right operand dropped", "z = a + b", "z = a"),
    ("left operand dropped", "z = a + b", "z = b"),
    ("sign dropped", "z = x[-1]", "z = x[1]"),
    ("sign or negation dropped", "z = -x", "z = x"),
    ("boundary moved", "z = a < b", "z = a <= b"),
    ("comparison negated", "z = a == b", "z = a != b"),
    ("and, or exchanged", "z = a and b", "z = a or b"),
    ("condition dropped", "z = a and b", "z = b"),
    ("branches exchanged", "z = a if c else b", "z = b if c else a"),
    ("first branch always", "z = a if c else b", "z = a"),
    ("second branch always", "z = a if c else b", "z = b"),
    ("keyword dropped", "z = np.sum(x, axis=0)", "z = np.sum(x)"),
    ("arguments exchanged", "z = f(a, b)", "z = f(b, a)"),
    ("last argument dropped", "z = f(a, b)", "z = f(a)"),
    ("call unwrapped", "z = np.tanh(x)", "z = x"),
    ("method not called", "z = x.sum()", "z = x"),
    ("function exchanged", "z = np.max(x)", "z = np.min(x)"),
    ("range ends early", "for t in range(T): …", "for t in range(0, T - 1):"),
    ("range begins late", "for t in range(T): …", "for t in range(0 + 1, T):"),
    ("index dropped", "z = h[:, t]", "z = h"),
    ("index moved", "z = h[:, t]", "z = h[:, t + 1]"),
    ("index moved", "h[:, t] = z", "h[:, t - 1] = z"),
    ("first entry left out", "z = h[:, t]", "z = h[1:, t]"),
    ("last entry left out", "z = h[:, t]", "z = h[:-1, t]"),
    ("lower bound dropped", "z = h[H:2 * H]", "z = h[:2 * H]"),
    ("upper bound dropped", "z = h[H:2 * H]", "z = h[H:]"),
    ("bound moved", "z = h[H:2 * H]", "z = h[H + 1:2 * H]"),
    ("elements exchanged", "z = (a, b)", "z = (b, a)"),
    ("element dropped", "z = h[:, t]", "z = h[t]"),
    ("values exchanged", "z = {'U': a, 'V': b}", "z = {'U': b, 'V': a}"),
    ("filter dropped", "z = [a for a in x if a]", "z = [a for a in x]"),
    ("first item left out", "z = [a for a in x]", "z = [a for a in list(x)[1:]]"),
    ("statement left out", "z = a", "pass"),
    ("accumulation reversed", "z += a", "z -= a"),
    ("accumulation replaced", "z += a", "z = a"),
    ("nothing returned", "return a", "return None"),
    ("condition always true", "if a: …", "z += a"),
    ("loop left out", "while a: …", "pass"),
    ("loop done once", "for t in x: …", "for t in x: … break"),
    ("first round left out", "for t in x: …", "for t in list(x)[1:]:"),
    ("last round left out", "for t in x: …", "for t in list(x)[:-1]:"),
    ("loop backwards", "for t in x: …", "for t in list(x)[::-1]:"),
    ("block without its context", "with a: …", "z += a"),
]


@pytest.mark.parametrize(("operator", "line", "becomes"), EDITS)
def test_an_operator_makes_the_edit_that_it_says(operator, line, becomes):
    head = line.removesuffix(" …")
    body = "\n        z += a" if head != line else ""
    found = [m for m in mutants(f"def f(x):\n    {head}{body}\n") if m.operator == operator]
    (made,) = [m for m in found if m.becomes == becomes]
    assert (made.line, made.number) == (head, 2)
    # The code has this edit, and no other.
    lines = ast.unparse(ast.parse(made.source)).splitlines()[1:]
    shown = [text.strip() for text in lines]
    expected = [becomes.removesuffix(" … break")]
    if body and "z += a" not in becomes and becomes != "pass":
        expected += ["z += a"] + ["break"] * becomes.endswith("break")
    assert shown == expected


def test_there_are_more_than_thirty_operators():
    assert len({operator for operator, _, _ in EDITS}) > 30


def test_the_same_code_is_one_mutant_and_what_is_no_program_is_none():
    source = "def f(x):\n    for t in x:\n        break\n    return x + x\n"
    found = mutants(source)
    assert [m.becomes for m in found].count("return x") == 1  # either operand
    assert len({ast.dump(ast.parse(m.source)) for m in found}) == len(found)
    # The loop's `break` cannot stand without the loop; nor is a docstring or a message an edit.
    assert mutants('def f(x):\n    """One."""\n    raise ValueError("two")\n') == (
        Mutant("q1_a", "statement left out", 3, "raise ValueError('two')", "pass",
               'def f(x):\n    """One."""\n    pass'),
    )  # fmt: skip


def test_a_solution_has_many_mutants_always_the_same():
    file = ROOT / "autograder/hidden_tests/rnn_from_scratch/answers.json"
    answers = json.loads(file.read_text(encoding="utf-8"))["answers"]
    found = [m for a in answers for m in mutants(a["source"])]
    assert len(found) > 400 and len({m.operator for m in found}) > 30
    mutants_of.cache_clear()
    assert found[:100] == [m for a in answers[:3] for m in mutants(a["source"])][:100]
    assert all(re.fullmatch(r"- .+\n\+ .+", m.diff) for m in found)
