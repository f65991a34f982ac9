"""`testing/`: modules that tests alone import, in a build, past the leak gate, and when graded."""

import dataclasses
import json

import pytest
from conftest import Project, copy_course

from autograder.assignment.bundle import read_bundle
from autograder.grader import Grader
from tools.commands import cli
from tools.files import unpacked, write
from tools.grading import otter_run
from tools.release import freshness
from tools.release.imports import needed_files

REVIEWS = '''"""How hidden tests make reviews."""

import numpy as np

from testing import shapes


def make_words(rng):
    """Return the word in a text of a random length."""
    return shapes.wrapped("hush", before=int(rng.integers(4, 9)), after=np.size(shapes.EMPTY))
'''
SHAPES = '''"""What checks say about texts."""

EMPTY = ()


def wrapped(word, before, after):
    """Return the word between spaces."""
    return " " * before + word + " " * after
'''
POLICY = "assignments/tiny/assignment.toml"


def with_testing(project: Project) -> None:
    """Add a private module, and one that a public test imports too."""
    folder = project.root / "assignments/tiny/testing"
    write(folder / "reviews.py", REVIEWS.encode())
    write(folder / "shapes.py", SHAPES.encode())
    write(folder / "rare_words.txt", b"A sentence that no student should ever read.\n")
    project.edit_file(POLICY, "[limits]", 'released_testing = ["shapes"]\n\n[limits]')
    project.edit("q1_test_two", "assert_equal(", "from testing import shapes\n\n    assert_equal(")
    project.edit("q1_test_two", "double(2), 4", "double(2), 4 + len(shapes.EMPTY)")
    project.edit("q3_test_word", '"""The right word"""', WORD)
    project.edit("q3_test_word", 'quiet(), "hush"', "quiet(), word.strip()")


WORD = '''"""The right word"""
    import numpy as np
    from testing import reviews

    word = reviews.make_words(np.random.default_rng(301))'''


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_course(tmp_path_factory.mktemp("testing") / "course")
    with_testing(project)
    cli.unroll(["build", "--root", str(project.root)], standalone_mode=False)
    return project


def test_a_release_holds_only_the_listed_modules(course):
    tree = course.tree()
    released = {p.removeprefix("student_release/tiny/") for p in tree if "release/tiny/t" in p}
    assert {p for p in released if p.startswith("testing/")} == {
        "testing/__init__.py",
        "testing/shapes.py",
    }
    hidden = "autograder/hidden_tests/tiny/testing/"
    private = {path.removeprefix(hidden) for path in tree if path.startswith(hidden)}
    assert private == {"__init__.py", "rare_words.txt", "reviews.py", "shapes.py"}
    about = json.loads(tree["autograder/hidden_tests/tiny/assignment.json"])
    assert about["testing"] == sorted(f"testing/{name}" for name in private)
    assert b"what these checks import" in tree["student_release/tiny/README.md"]
    for archive, folder in (("otter", "files"), ("gradescope", "hidden_tests/tiny")):
        assert f"{folder}/testing/reviews.py" in unpacked(tree[f"build/tiny-{archive}.zip"])
    assert b"hidden_tests/tiny" in tree["solutions/tiny.ipynb"].split(b"sys.path.insert")[1]


def spy() -> str:
    return (
        "import pathlib\n"
        "try:\n    import testing.reviews\n    found = ['imported']\n"
        "except ImportError:\n    found = []\n"
        "found += [str(p) for p in pathlib.Path().rglob('*reviews*')]\n"
        "def double(x):\n    from testing import shapes\n"
        "    return 2 * x if not found else found"
    )


def test_the_examiner_and_otter_import_it_and_a_submission_cannot(course, tmp_path):
    folder = course.root / "autograder/hidden_tests/tiny"
    solution = (course.root / "solutions/tiny.ipynb").read_bytes()
    archive = (course.root / "build/tiny-otter.zip").read_bytes()
    assert otter_run.run_cells("tiny", solution, archive, tmp_path)["q3_quiet"] == 30

    notebook = json.loads(solution)
    (cell,) = [c for c in notebook["cells"] if c["id"] == "q1_solution"]
    cell["source"] = spy()
    spying = tmp_path / "spy.ipynb"
    spying.write_text(json.dumps(notebook), encoding="utf-8")
    # Another assignment in the same grader, whose `testing` has other contents.
    other = tmp_path / "other"
    for file in folder.rglob("*.*"):
        write(other / file.relative_to(folder), file.read_bytes())
    write(other / "testing/shapes.py", SHAPES.replace("return", "return 'no' +").encode())
    write(other / "testing/reviews.py", REVIEWS.replace(".wrapped", ".absent").encode())
    with Grader(read_bundle(folder)) as grader:
        scores = [
            {q.name: q.points for q in grader.grade(spying, bundle=bundle).questions}
            for bundle in (grader.bundle, read_bundle(other), grader.bundle)
        ]
    full = {"q1_double": 30, "q2_center": 40, "q3_quiet": 30, "q4_explain": 0}
    assert scores == [full, full | {"q3_quiet": 0}, full]


def test_a_listed_file_that_is_missing_is_noticed(course, tmp_path):
    from autograder.assignment.bundle import BundleError

    bundle = read_bundle(course.root / "autograder/hidden_tests/tiny")
    values = dataclasses.asdict(bundle)
    assert values["testing"]
    write(tmp_path / "assignment.json", (bundle.folder / "assignment.json").read_bytes())
    with pytest.raises(BundleError, match=r"testing/__init__\.py: there is no such file"):
        read_bundle(tmp_path)


def test_the_gate_guards_its_lines_and_sentences(project, refused):
    with_testing(project)
    line = (
        'return shapes.wrapped("hush", before=int(rng.integers(4, 9)), after=np.size(shapes.EMPTY))'
    )
    project.edit("text", "Between two", f"A sentence that no student should ever read.\n\n`{line}`")
    at = "student_release/tiny/tiny.ipynb, cell text, line"
    now = f"Remove it there, or, if it gives nothing away, list it in may_repeat of {POLICY}."
    where = "which is secret in assignments/tiny/testing"
    assert refused() == [
        f"{at} 1: students would see a line of rare_words.txt, `A sentence that no student should "
        f"ever read.`, {where}/rare_words.txt, line 1. {now}",
        f"{at} 3: students would see a line of reviews.py, `{line}`, {where}/reviews.py, line 10. "
        f"{now}",
    ]


@pytest.mark.parametrize(
    ("cell", "old", "new", "message"),
    [
        (
            "q1_test_two",
            "import shapes",
            "import reviews, shapes",
            "tiny.ipynb, cell q1_test_two, line 6: this public test imports testing.reviews, which "
            'students do not have. Hide the test, or list "reviews" in released_testing of '
            "assignment.toml.",
        ),
        (
            "q3_test_word",
            "import reviews",
            "import review as reviews",
            'tiny.ipynb, cell q3_test_word, line 9: `testing` has no module "review". Did you mean '
            '"reviews"?',
        ),
        (
            "q2_code",
            "observations",
            "from testing import reviews\n\nobservations",
            "tiny.ipynb, cell q2_code, line 1: this cell imports testing.reviews, which students "
            'do not have. Hide the test, or list "reviews" in released_testing of assignment.toml.',
        ),
    ],
)
def test_imports_that_would_fail(project, refused, cell, old, new, message):
    with_testing(project)
    project.edit(cell, old, new)
    assert refused() == [message]


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        (
            POLICY,
            '"shapes"',
            '"shape"',
            f'{POLICY}: "shape" in released_testing is not a module of assignments/tiny/testing/. '
            'Did you mean "shapes"?',
        ),
        (
            POLICY,
            'files = ["words.txt"]',
            'files = ["words.txt", "testing/reviews.py"]',
            f'{POLICY}: "testing/reviews.py" in `files` belongs to what tests alone may import. '
            "List its module in `released_testing`, or move it out of that folder.",
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            "from testing import reviews\n\nEMPTY = ()",
            "assignments/tiny/testing/shapes.py, line 3: a released module imports "
            'testing.reviews, which students do not have. Hide the test, or list "reviews" in '
            "released_testing of assignment.toml.",
        ),
        (
            POLICY,
            '"shapes"',
            '"shapes", "reviews"',
            f'{POLICY}: only hidden tests import testing.reviews, and "reviews" in '
            "released_testing shows it. Remove it from released_testing.",
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            "import random\n\nEMPTY = (random.random(),)",
            "assignments/tiny/testing/shapes.py, line 5: `random.random()` in what tests import "
            "draws without a seed of its own. Let the function take the generator, `rng`, as an "
            "argument.",
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            "import numpy as np\n\nEMPTY = ()\nrng = np.random.default_rng(3)",
            "assignments/tiny/testing/shapes.py, line 6: all tests share `np.random.default_rng(3)`"
            ": what one draws depends on the others. Let the function take the generator, `rng`, "
            "as an argument.",
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            'EMPTY = list({"B", "T"})',
            "assignments/tiny/testing/shapes.py, line 3: `{'B', 'T'}` in what tests import comes "
            "in another order in each run, because Python salts the hashes of texts. Write "
            "`sorted({'B', 'T'})`.",
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            "from seqlab import checks\n\nEMPTY = checks.CheckErrors",
            "assignments/tiny/testing/shapes.py, line 5: `seqlab.checks` has no `CheckErrors`. "
            'Did you mean "CheckError"?',
        ),
        (
            "assignments/tiny/testing/shapes.py",
            "EMPTY = ()",
            "EMPTY = (",
            "assignments/tiny/testing/shapes.py, line 3: this is not Python: '(' was never closed. "
            "Fix that line.",
        ),
    ],
)
def test_parts_that_do_not_fit(project, refused, path, old, new, message):
    with_testing(project)
    project.edit_file(path, old, new)
    assert refused() == [message]


def test_a_release_needs_what_its_code_imports_and_no_more():
    package = {
        "lab/__init__.py": b"",
        "lab/plots.py": b"from lab.colors import RED\n",
        "lab/colors.py": b"RED = open('reds.txt')\n",
        "lab/reds.txt": b"",
        "lab/reviews.py": b"",
        "lab/deep/__init__.py": b"",
        "lab/deep/nets.py": b"",
    }
    start = {"lab/__init__.py"}
    colors = start | {"lab/colors.py", "lab/reds.txt"}
    assert needed_files(["import numpy as np\n%matplotlib inline\n!ls"], package) == set()
    assert needed_files(["from lab import plots"], package) == colors | {"lab/plots.py"}
    assert needed_files(["import lab\nlab.colors.RED"], package) == colors
    deep = start | {"lab/deep/__init__.py", "lab/deep/nets.py"}
    assert needed_files(["def f():\n    import lab.deep.nets"], package) == deep
    assert needed_files(["x = !ls"], package) == set(package)


def test_a_module_for_one_assignment_changes_no_other_release(course, tmp_path, capsys):
    fresh = Project(tmp_path / "course")
    for path, contents in course.tree().items():
        write(fresh.root / path, contents)
    before = fresh.tree()
    write(fresh.root / "assignments/seqlab/reviews.py", b'"""Reviews."""\n')
    cli.unroll(["build", "--root", str(fresh.root)], standalone_mode=False)
    after = fresh.tree()
    changed = {p for p in after if after[p] != before.get(p) and not p.startswith("build/stamps/")}
    assert changed == {"assignments/seqlab/reviews.py"}


def test_a_build_of_one_names_the_stale_releases_of_others(course, tmp_path):
    fresh = Project(tmp_path / "course")
    for path, contents in course.tree().items():
        write(fresh.root / path, contents)
    assert list(freshness.stale(fresh.root, [])) == []
    fresh.edit_file("assignments/seqlab/calls.py", "import sys\n", "import os, sys\n")
    assert list(freshness.stale(fresh.root, ["tiny"])) == []
    assert list(freshness.stale(fresh.root, [])) == [
        "tiny: stale: student_release/tiny/seqlab/calls.py is not what a build writes, from line "
        "8. Run `unroll build tiny`, and edit the master instead."
    ]
    fresh.edit("q1_tests_begin", "# BEGIN TESTS", "# BEGIN TEST")
    (told,) = freshness.stale(fresh.root, [])
    assert told.startswith("tiny: what is committed may be stale, and cannot be built now: tiny.")
