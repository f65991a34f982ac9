"""A cell as statements: what can be parsed, what it binds, what answers need of skipped cells."""

import ast
import sys

import pytest
from conftest import ROOT

from autograder.assignment.bundle import read_bundle
from autograder.candidate.newer_python import needed_python
from autograder.candidate.outline import Outline
from autograder.candidate.running import Cells
from autograder.candidate.shell import make_shell
from autograder.candidate.statements import bound_names, needed_names, statements, touched_names
from autograder.submission.reading import read_submission

NAMES = sorted(path.parent.name for path in ROOT.glob("assignments/*/assignment.toml"))


@pytest.fixture(scope="module")
def shell():
    shell = make_shell()
    yield shell
    type(shell).clear_instance()


def one(source: str) -> ast.stmt:
    (node,) = ast.parse(source).body
    return node


@pytest.mark.parametrize(
    ("source", "count", "broken"),
    [
        ("x = 1\ny = 2", 2, 0),
        ("import a, b, c", 3, 0),
        ("!pip install x\n%matplotlib inline\nx = 1", 3, 0),
        ("x = 1\nthis is no Python\ny = 2", 2, 1),
        ("def f():\n    return (\n\ndef g():\n    pass", 1, 1),
        ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b", 2, 3),
        ("%%time\nx = 1\ny = 2", 2, 0),
        ("%%capture out\nx = 1", 2, 0),
        ("%%bash\nthis is no Python", 1, 0),
        # Of tools that the grader does not have: a profiler's, and another language's.
        ("%%pyinstrument -i 1\nx = 1\ny = 2", 2, 0),
        ("%%mermaid\nthis is no Python", 1, 0),
        ("%%skip\nx = 1\ny = 2", 1, 0),
    ],
)
def test_what_cannot_be_parsed_costs_itself(shell, source, count, broken):
    nodes, unparsed = statements(shell, source)
    assert (len(nodes), len(unparsed)) == (count, broken)


def test_lines_keep_their_numbers_below_a_wrapper(shell):
    (first, second), _ = statements(shell, "%%time\nx = 1\n\ny = 2")
    assert (first.lineno, second.lineno) == (2, 4)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import numpy.linalg as la, os.path", {"la", "os"}),
        ("from a import *", set()),
        ("def f(x):\n    y = 1", {"f"}),
        ("for i in range(3):\n    total = i", {"i", "total"}),
        ("x = [j for j in range(3)]", {"x"}),
        ("(a, *b), c.d, e[0] = 1, 2, 3", {"a", "b"}),
        ("del f, g", {"f", "g"}),
        ("with open(p) as file:\n    pass", {"file"}),
        ("if (n := 3):\n    pass", {"n"}),
    ],
)
def test_bound_names(source, names):
    assert bound_names(one(source)) == names


def test_needed_names_are_those_of_the_notebook():
    source = "def f(x):\n    y = x + FACTOR\n    return np.exp(y) + (lambda z: z + g(z))(1)"
    assert needed_names(one(source)) == {"FACTOR", "np", "g"}


@pytest.mark.parametrize(
    ("source", "names"),
    [("np.seterr(all='raise')", {"np"}), ("np.exp = None", {"np"}), ("a.b[0] = 1", {"a"}),
     ("x = np.exp(1)", set()), ("cache['x'].append(3)", {"cache"}),
     ("def f(E):\n    np.add.at(E, 0, 1)", set()), ("def f(x):\n    x[0] = 1", set()),
     ("def f():\n    m = g()\n    m.x = 1", set()), ("def f():\n    cache.clear()", {"cache"}),
     ("def f():\n    global m\n    m.x = m = 1", {"m"}), ("def f():\n    np.seterr()", {"np"}),
     ("def f():\n    np.exp = 1", {"np"}), ("g = lambda np: np.fill(0)", set())],
)  # fmt: skip
def test_touched_names(source, names):
    assert touched_names(one(source), frozenset({"np"})) == names


def test_of_a_skipped_cell_runs_what_answers_need():
    cells = [
        (False, "import numpy as np"),
        (True, "slow = train()\nFACTOR = 1 + ONE\nplot(slow)"),
        (True, "ONE = 1\nnp = broken()"),
        (False, "def answer(x):\n    return FACTOR * np.exp(x)"),
    ]
    outline = Outline([(skipped, ast.parse(source).body) for skipped, source in cells])
    assert outline.wanted(["answer"]) == {1: {1}, 2: {0}}


@pytest.mark.parametrize(
    ("later", "matters"),
    [("np = None", True), ("helper = 3", True), ("del answer", True), ("np.exp = None", True),
     ("other = np.exp(1)", False), ("plt.show()", False), ("x = answer(3)", False),
     ("print(3)", False), ("def f(a):\n    np.add.at(a, 0, 1)", False),
     ("class C(dict):\n    def __init__(self):\n        super().__init__()", False)],
)  # fmt: skip
def test_later_cells_matter_if_they_touch_what_an_answer_needs(later, matters):
    cells = [
        "import numpy as np\nhelper = 2",
        "def answer(x):\n    print(super, x)\n    return np.exp(helper)",
        later,
    ]
    outline = Outline([(False, ast.parse(source).body) for source in cells])
    found = outline.changes_later({"q1": ["answer"]}, {"q1": 1})
    assert found == (["q1"] if matters else [])


@pytest.mark.parametrize(
    ("source", "version"),
    [
        ('x = f"{", ".join(p)}"', "3.12"),
        ("type X = int", "3.12"),
        ("def f[T](a: T): pass", "3.12"),
        ('x = t"{a}"', "3.14"),
        ('x = f"{x"', None),
        ("x = (1", None),
        ("type(x) == 3", None),
    ],
)
def test_the_python_that_a_statement_needs(source, version):
    newer = version and tuple(map(int, version.split("."))) > sys.version_info[:2]
    assert needed_python([source]) == (version if newer else None)


def test_lines_keep_their_numbers_below_empty_ones(shell):
    (only,), _ = statements(shell, "\n   \nx = 1")
    assert only.lineno == 3


def test_a_value_whose_type_is_absent_is_computed_once(shell):
    source = "seen = []\nlength: Absent = len(seen.append(1) or seen)\n"
    assert Cells(shell).run(0, source) == []
    assert shell.user_ns["length"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_of_ours_makes_an_answer_be_examined_twice(shell, name):
    """Whatever fails would be examined again as it was at its check, in a class and in a proof."""
    bundle = read_bundle(ROOT / "autograder/hidden_tests" / name)
    cells = read_submission(ROOT / f"solutions/{name}.ipynb", name).cells
    outline = Outline([(cell.ignored, statements(shell, cell.source)[0]) for cell in cells])
    names = {
        question.name: {each for case in bundle.tests_of(question.name) for each in case.parameters}
        for question in bundle.graded
    }
    checks = {check: number for number, cell in enumerate(cells) for check in cell.checks}
    assert outline.changes_later(names, checks) == []
