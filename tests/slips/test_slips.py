"""Slips that no grading shows: each planted one has its message, and a right master has none.

A build finds them before Otter splits the master, so that each costs a fraction of a second.
"""

import pytest
from conftest import Project

from tools.course.settings import read_assignment, read_course
from tools.errors import AuthorError, AuthorErrors
from tools.master.master import read
from tools.release import build as building
from tools.release.summary import print_report
from tools.slips.draws import given_draws
from tools.slips.policy import shared_variables

TINY = "assignments/tiny"
SWAPPED = "students would read them the wrong way round. Put what the answer gave second, and what"


class PassedError(Exception):
    """The build has found no mistake, and would now split the master."""


@pytest.fixture
def found(project, monkeypatch):
    """Return a function that gives all that a build says before it calls Otter."""

    def passed(*_):
        raise PassedError

    monkeypatch.setattr(building, "run_otter", passed)

    def find() -> list[str]:
        try:
            building.assemble(project.root, read_course(project.root), "tiny")
        except PassedError:
            return []
        except (AuthorError, AuthorErrors) as error:
            return str(error).splitlines()

    return find


@pytest.fixture
def noted(project):
    """Return a function that gives all that a build says and does not refuse."""

    def notes() -> list[str]:
        master = read(project.master.read_text("utf-8"), "tiny")
        remarks = [
            *given_draws(master),
            *shared_variables(read_assignment(project.root, "tiny"), master),
        ]
        return list(map(str, remarks))

    return notes


def edit(project: Project, *changes: tuple[str, str, str]) -> None:
    """Replace texts in cells, or in files that have a dot in their names."""
    for where, old, new in changes:
        change = project.edit_file if "." in where else project.edit
        change(f"{TINY}/{where}" if "." in where else where, old, new)


def test_a_right_master_has_none(project, found):
    project.edit("text", "Between", "See [words](words.txt) and [all](https://a.org/b). Between")
    assert found() == []


EDITS = {
    "swapped": (
        "q3_test_word",
        'quiet(), "hush")',
        '"hush", quiet())',
        f"compares `'hush'`, which the answer did not give, with `quiet()`: {SWAPPED}",
    ),
    "swapped, by way of a name": (
        "q1_test_array",
        'assert_close(f"double of shape {shape}", double(x.copy()), x + x)',
        'got = [double(x)]\n        assert_close("it", x + x, got[0])',
        f"compares `x + x`, which the answer did not give, with `got[0]`: {SWAPPED}",
    ),
    "told": (
        "q3_test_word",
        'assert_equal("quiet()", quiet(), "hush")',
        'right = "hush"\n    assert_equal(f"quiet(), {right}", quiet(), right)',
        "says what is right, `right`, in a name that students read. Name what is compared, not its",
    ),
    "any number": ("q2_test_values", "rtol=1e-9", "rtol=10.0", "`rtol=10.0` accepts what is twice"),
    "all numbers": ("q1_test_array", "x + x)", "x + x, atol=np.inf)", "`atol=np.inf` accepts what"),
    "a picture": (
        "q3_text",
        "It has",
        "![a word](figure.png) It has",
        'line 3: students do not get "figure.png". List it in `files`.',
    ),
    "a file of another case": (
        "q3_text",
        "It has",
        '<a href="Words.txt">words</a> It has',
        'students do not get "Words.txt". Did you mean "words.txt"?',
    ),
    "a function": (
        "q3_text",
        "`quiet()`",
        "`quite()`",
        'line 3: the text names `quite`, which nothing defines. Did you mean "quiet"?',
    ),
    "points": (
        "q3_text",
        "a check",
        "a check (20 points)",
        "the text gives 20 points, the question has 30. Leave them out: `show_question_points` pr",
    ),
    "a copied prompt": (
        "q2_solution",
        "q2_center: write spread",
        "q1_double: write spread",
        "cell q2_solution: the prompt of q2_center names q1_double. Write q2_center.",
    ),
    "a copied message": (
        "q3_test_word",
        "The text of the question has the word.",
        "A number below zero is doubled like any other.",
        "q3_test_word: the failure_message is that of a test of q1_double. Write this one's own.",
    ),
    "a right value in a message": (
        "q3_test_word",
        'assert_equal("quiet()", quiet(), "hush")',
        'right = "hush"\n    assert quiet() == right, f"should be {right}"',
        "this hidden test tells students what is right, `right`. Say what is wrong, not what is ri",
    ),
    "an attribute": (
        "q3_test_word",
        'assert_equal("quiet()", quiet(), "hush")',
        'word = quiet()\n    word.loud = False\n    assert_equal("quiet()", quiet(), "hush")',
        "this test sets `word.loud` of an object that the answer keeps. Let a method, or what make",
    ),
    "a function that is there": (
        "q3_test_word",
        'assert_equal("quiet()", quiet(), "hush")',
        "assert quiet",
        "`assert quiet` never fails: it is a function. Call it, and compare what it returns.",
    ),
    "a misspelt prompt": (
        "q2_solution",
        "write spread",
        "write spraed",
        'the prompt of q2_center names `spraed`, which nothing defines. Did you mean "spread"?',
    ),
    "no message": (
        "q3_test_word",
        "The text of the question has the word.",
        "TODO",
        "`TODO` helps nobody who failed this test. Write a sentence that helps without giving the",
    ),
    "a wait": (
        "q3_test_word",
        "    assert_equal(",
        "    import time\n\n    time.sleep(300)\n    assert_equal(",
        "`time.sleep` in a hidden test waits, which takes everybody's time and proves nothing. Rem",
    ),
    "a question": (
        "q3_test_word",
        "    assert_equal(",
        "    input()\n    assert_equal(",
        "`input` in a hidden test asks somebody, and nobody is there. Write the value into the tes",
    ),
    "a file of nobody": (
        "q2_code",
        "observations =",
        'table = open("table.csv")\nobservations =',
        'line 1: this cell reads "table.csv", which neither students nor graders have. List it in',
    ),
    "a file of the author": (
        "code_2",
        "'words.txt'",
        "'/srv/words.txt'",
        'this cell reads "/srv/words.txt", which neither students nor graders have. List it',
    ),
    "an address": (
        "q2_code",
        "observations =",
        'import urllib.request\n\npage = urllib.request.urlopen("https://a.org/b")\nobservations =',
        'line 3: this cell reads "https://a.org/b": graders have no network. List the data in `fil',
    ),
    "a misspelt module": (
        "q3_test_word",
        "seqlab.checks",
        "seqlab.check",
        'line 8: `seqlab` has no `check`. Did you mean "checks"?',
    ),
    "a misspelt comparator": (
        "q3_test_word",
        "assert_equal",
        "assert_equals",
        'line 8: `seqlab.checks` has no `assert_equals`. Did you mean "assert_equal"?',
    ),
    "a name that no module has": (
        "code",
        "from seqlab import checks",
        "import seqlab.checks as checks\n\nprint(checks.wibble)",
        "line 5: `seqlab.checks` has no `wibble`. Define it there, or remove it.",
    ),
    "a merge": (
        "q3_text",
        "Write `quiet",
        "<<<<<<< HEAD\nWrite `quiet",
        "line 3: Git has not merged this cell. Choose one of the two forms.",
    ),
}


@pytest.mark.parametrize(("cell", "old", "new", "said"), EDITS.values(), ids=EDITS)
def test_a_slip_in_a_cell(project, found, cell, old, new, said):
    project.edit(cell, old, new)
    (error,) = found()
    assert said in error and error.startswith(f"tiny.ipynb, cell {cell}")


VARIABLE = (
    "# BEGIN SOLUTION NO PROMPT\n{answer}\n# END SOLUTION\n"
    '""" # BEGIN PROMPT\n{name} = ...\n""" # END PROMPT'
)
SETS = {
    "a list of one": ("list(set('abc'))", "set('abc')"),
    "a name of one": ("left = {'a', 'b'} | {'c'}\n    [x for x in left]", "left"),
    "a word from one": ("''.join({x for x in 'abc'})", "{x for x in 'abc'}"),
    "its last": ("left = set('abc')\n    left.pop()", "left"),
    "draws in a loop over one": (
        "import numpy as np\n\n    rng = np.random.default_rng(1)\n"
        "    for _ in {'a', 'b'}:\n        rng.normal()",
        "{'a', 'b'}",
    ),
    "an orderly list": ("sorted(list(set('abc')))", ""),
    "a number of it": ("left = set('abc')\n    assert len(left) == sum(1 for _ in left)", ""),
    "whole numbers": ("[x for x in set(range(3)) | {7, 8}]", ""),
    "a loop that forgets": ("for x in {'a', 'b'}:\n        assert x", ""),
}


@pytest.mark.parametrize(("lines", "named"), SETS.values(), ids=SETS)
def test_the_order_of_a_set(project, found, lines, named):
    project.edit("q3_test_word", "    assert_equal(", f"    {lines}\n    assert_equal(")
    said = [
        f"`{named}` in a test comes in another order in each run, because Python salts the hashes "
        f"of texts. Write `sorted({named})`."
    ]
    assert [error.partition(": ")[2] for error in found()] == (said if named else [])


def test_numbers_without_a_seed_in_a_given_cell(project, noted):
    project.edit("q2_code", "observations =", "noise = np.random.normal(size=3)\nobservations =")
    assert noted() == [
        "tiny.ipynb, cell q2_code, line 1: `np.random.normal(size=3)` in a given cell draws other "
        "numbers in each run. Draw from `np.random.default_rng(0)`, so that all students see the "
        "same."
    ]


def test_seeded_numbers_and_those_of_functions_are_given(project, noted):
    project.edit(
        "q2_code",
        "observations =",
        "import random\n\nrandom.seed(1)\nrandom.random()\nnp.random.default_rng(1).normal()\n\n\n"
        "def noise():\n    return np.random.normal()\n\n\nobservations =",
    )
    assert noted() == []


def test_a_build_tells_its_notes(capsys):
    print_report([building.Built("tiny", {"a": b""}, {"q1_double": 1.0}, notes=("a slip.",))])
    assert capsys.readouterr().out.endswith("note: a slip.\n")


def test_weights_in_a_given_cell_have_a_seed(project, noted):
    edit(
        project,
        ("assignment.toml", "requirements = [", 'requirements = ["torch", '),
        ("q2_code", "observations =", "import torch\n\ntorch.nn.Linear(2, 3)\nobservations ="),
    )
    assert noted() == [
        "tiny.ipynb, cell q2_code, line 3: `torch.nn.Linear(2, 3)` in a given cell draws other "
        "numbers in each run. Call `torch.manual_seed(0)` first, so that all students see the same."
    ]
    project.edit("q2_code", "torch.nn", "torch.manual_seed(0)\ntorch.nn")
    assert noted() == []


def test_a_test_that_takes_the_variable_of_another_question(project, noted):
    answer = "double = lambda x: 2 * x"
    project.update("q1_solution", source=VARIABLE.format(answer=answer, name="double"))
    edit(
        project,
        ("q3_test_word", "test_word(quiet)", "test_word(quiet, double)"),
        ("q3_test_word", "    assert_equal(", "    assert double(2) == 4\n    assert_equal("),
    )
    assert noted() == [
        "tiny.ipynb, cell q3_test_word, line 6: this test takes `double`, the answer to q1_double, "
        "so that one mistake costs two questions. Write the value into the test; or, if the "
        'question is about that answer, q3_quiet = ["q1_double"] below [builds_on].'
    ]
    edit(
        project,
        ("assignment.toml", "[limits]", '[builds_on]\nq3_quiet = ["q1_double"]\n\n[limits]'),
    )
    assert noted() == []


SETTINGS = {
    "a later question": (
        "[limits]",
        '[builds_on]\nq1_double = ["q3_quiet"]\n\n[limits]',
        '"builds_on": q3_quiet is not earlier than q1_double. Name the questions above it, or',
    ),
    "credit for nothing": (
        "[limits]",
        "[extra_credit]\nq3_quite = 5\n\n[limits]",
        '[extra_credit]: there is no question "q3_quite". Did you mean "q3_quiet"?',
    ),
    "a bonus of everything": (
        "feedback =",
        'bonus = ["q1_double", "q2_center", "q3_quiet"]\nfeedback =',
        "every question with points is in `bonus`: the maximum would be 0. Leave out those that",
    ),
    "two files in one": (
        'files = ["words.txt"]',
        'files = ["words.txt", "Words.txt"]',
        '"Words.txt" and "words.txt" in `files` are one file on Windows and macOS. Rename one of',
    ),
    "a device of Windows": (
        'files = ["words.txt"]',
        'files = ["words.txt", "con.csv"]',
        '"con.csv" in `files` cannot be unpacked on Windows. Use letters, digits, hyphens and und',
    ),
    "a module of Python": (
        'files = ["words.txt"]',
        'files = ["words.txt", "random.py"]',
        "takes the place of the module `random` that everybody imports. Rename it, and what imp",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), SETTINGS.values(), ids=SETTINGS)
def test_a_slip_in_the_settings(project, found, old, new, said):
    for name in ("Words.txt", "con.csv", "random.py"):
        (project.root / TINY / name).write_text("", encoding="utf-8")
    edit(project, ("assignment.toml", old, new))
    (error,) = found()
    assert said in error and error.startswith(TINY)


def test_points_that_are_no_number(project, found):
    edit(project, ("q3_begin", "points: 30", "points: .nan"))
    (error,) = found()
    assert 'cell q3_begin, line 3: "q3_quiet" has no points.' in error


def test_an_answer_with_a_name_of_somebody_else(project, found):
    for name, owner in (("print", "Python"), ("np", "numpy"), ("grader", "the notebook")):
        edit(
            project,
            ("q3_text", "quiet()", f"{name}()"),
            ("q3_solution", "def quiet", f"def {name}"),
            ("q3_solution", "write quiet", f"write {name}"),
            ("q3_test_word", "(quiet)", f"({name})"),
            ("q3_test_word", '"quiet()", quiet()', f'"it", {name}()'),
        )
        (project.root / TINY / "accepted/joined.py").unlink(missing_ok=True)
        assert found() == [
            f"tiny.ipynb, cell q3_solution: `{name}`, the answer to q3_quiet, is a name of {owner} "
            "already. Rename it."
        ]
        edit(
            project,
            ("q3_text", f"{name}()", "quiet()"),
            ("q3_solution", f"def {name}", "def quiet"),
            ("q3_solution", f"write {name}", "write quiet"),
            ("q3_test_word", f"({name})", "(quiet)"),
            ("q3_test_word", f'"it", {name}()', '"quiet()", quiet()'),
        )


def test_a_given_cell_that_assigns_a_variable_again(project, found):
    (project.root / TINY / "accepted/joined.py").unlink()
    project.update("q3_solution", source=VARIABLE.format(answer="quiet = 'hush'", name="quiet"))
    edit(
        project,
        ("q3_text", "quiet()", "quiet"),
        ("q3_test_word", '"quiet()", quiet()', '"quiet", quiet'),
        ("q2_code", "observations =", "quiet = None\nobservations ="),
    )
    assert found() == []
    after = {"cell_type": "code", "id": "code_3", "metadata": {}, "outputs": []}
    notebook = project.notebook()
    notebook["cells"].append(after | {"source": "quiet = 'loud'", "execution_count": None})
    project.save(notebook)
    assert found() == [
        "tiny.ipynb, cell code_3, line 1: `quiet`, the answer to q3_quiet, is defined again by a "
        "given cell. Rename it: tests would take this one."
    ]


def test_a_name_that_students_never_read(project, found):
    helper = (
        "# BEGIN SOLUTION NO PROMPT\ndef word():\n    return 'hu' + 'sh'\n# END SOLUTION\n"
        '""" # BEGIN PROMPT\nraise NotImplementedError("q3_quiet: see above")\n""" # END PROMPT\n'
    )
    (project.root / TINY / "accepted/joined.py").unlink()
    edit(
        project,
        ("q3_text", "the word `hush`", "`hush`"),
        ("q3_solution", "def quiet", f"{helper}\n\ndef quiet"),
        ("q3_solution", "the word", "it"),
        ("q3_test_word", "test_word(quiet)", "test_word(quiet, word)"),
        ("q3_test_word", "quiet(), ", "quiet(), word() or "),
    )
    assert "the test takes `word`, of which students never read. Name it in the text" in found()[-1]


def test_a_misspelt_tag(project, found):
    project.update("code_2", metadata={"tags": ["otter-ignore"]})
    (error,) = found()
    assert error.endswith('nothing knows the tag "otter-ignore". Did you mean "otter_ignore"?')


COURSE = {
    '["tiny"]': ('["tiny", "tiny"]', '"tiny" is twice in the list. Name it once.'),
    '"2026 spring"': ('" "', '"semester" is empty. Write a line such as semester = "2027 spring".'),
    "https://example.org/tiny": ("htps://a.org", '"release_url" is no address of a page. Begin it'),
    'assignments = ["tiny"]': (
        'assignments = ["tiny"]\n[late]\npercent_per_day = 1\n[late.due]\n'
        "tinny = 2026-03-01T23:59:00+01:00",
        '[late.due]: there is no assignment "tinny". Did you mean "tiny"?',
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), [(k, *v) for k, v in COURSE.items()], ids=COURSE)
def test_a_slip_in_the_course(project, found, old, new, said):
    project.edit_file("assignments/course.toml", old, new)
    (error,) = found()
    assert said in error and error.startswith("assignments/course.toml, line ")


QUIET = '"""Another."""\n\n\ndef {}():\n    return "hush"\n'
FILES = {
    "a misspelt bank": (
        "known_bug.toml",
        "",
        'this. Did you mean "known_bugs.toml"?',
    ),
    "a misspelt folder": ("acepted/a.py", "", 'nothing reads this. Did you mean "accepted"?'),
    "a misspelt list": (
        "Equivalents.toml",
        "",
        'this. Did you mean "equivalent.toml"?',
    ),
    "an answer in a folder": (
        "accepted/more/a.py",
        QUIET.format("quiet"),
        "an accepted answer is a module in this folder, so nothing reads this. Save it as accepte",
    ),
    "an answer as a notebook": ("accepted/a.ipynb", "{}", "Save it as accepted/a.py."),
    "a misspelt answer": (
        "accepted/a.py",
        QUIET.format("quite") + "\n\ndef double(x):\n    return x + x\n",
        "line 4: `quite` answers no question, and nothing in this file calls it. Did you mean "
        '"quiet"?',
    ),
    "the solution again": (
        "accepted/a.py",
        QUIET.format("quiet").replace("():\n", '():\n    """Return it."""\n'),
        "these are the solution's own answers, which prove nothing more. Write them in another way",
    ),
    "Git LFS": (
        "words.txt",
        "version https://git-lfs.github.com/spec/v1\noid sha256:aa\n",
        "this is a pointer of Git LFS, not the file itself. Run `git lfs pull`.",
    ),
    "a merged file": (
        "words.txt",
        "a\n<<<<<<< HEAD\nb\n",
        "words.txt, line 2: Git has not merged this file. Choose one of the two forms.",
    ),
}


@pytest.mark.parametrize(("path", "text", "said"), FILES.values(), ids=FILES)
def test_a_slip_beside_the_master(project, found, path, text, said):
    file = project.root / TINY / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    (error,) = found()
    assert said in error and error.startswith(f"{TINY}/{path.split('/')[0]}")


def test_a_bug_that_only_raises_a_name_error(project, found):
    project.edit_file(f"{TINY}/known_bugs.toml", 'replace = "x * x"', 'replace = "y * x"')
    assert found() == [
        f"{TINY}/known_bugs.toml: [q1_square]: nothing defines `y`, which the edit uses. "
        "Fix `replace`: this bug would only raise a NameError."
    ]


def test_two_bugs_with_one_hint(project, found):
    """A student with the second would read what is true of the first."""
    project.edit_file(
        f"{TINY}/known_bugs.toml",
        "Your result has lost the sign. On which side of zero is twice minus one?",
        "Your result grows with the square of the number. What is twice three?",
    )
    assert found() == [
        f"{TINY}/known_bugs.toml: [q1_no_sign]: the hint is that of [q1_square], and is true of "
        "one of them. Write this one's own, or remove one of the two."
    ]


def test_a_notebook_with_magics_and_helpers_of_tests(project, found):
    project.edit("code_2", "print", "%time print")
    project.edit(
        "q3_test_word",
        '    assert_equal("quiet()", quiet(), "hush")',
        "    said = []\n\n    def ask():\n        said.append(quiet())\n\n    ask()\n"
        '    assert_equal("quiet()", said[0], "hush")',
    )
    assert found() == []
