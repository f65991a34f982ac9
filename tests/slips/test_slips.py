"""Slips that no grading shows: each planted one has its message, and a right master has none.

The checks are tried on a master in memory, without a build.
"""

import pytest
from conftest import Project

from tools.course.settings import read_assignment
from tools.master.known_answers import read_bank
from tools.master.master import read
from tools.slips.bank import check_bank
from tools.slips.beside import check_beside
from tools.slips.judging import check_judging
from tools.slips.wording import check_wording

TINY = "assignments/tiny"
SWAPPED = "students would read them the wrong way round. Put what the answer gave second, and what"


def found(project: Project) -> list[str]:
    root = project.root
    master = read(project.master.read_text(encoding="utf-8"), "tiny")
    files = read_assignment(root, "tiny").files
    bank = read_bank(root, master)
    errors = [*check_judging(master), *check_wording(master, [*files, "README.md"])]
    return list(map(str, [*errors, *check_beside(root, "tiny", files), *check_bank(master, bank)]))


def test_a_right_master_has_none(project):
    project.edit("text", "Between", "See [words](words.txt) and [all](https://a.org/b). Between")
    assert found(project) == []


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
    "a merge": (
        "q3_text",
        "Write `quiet",
        "<<<<<<< HEAD\nWrite `quiet",
        "line 3: Git has not merged this cell. Choose one of the two forms.",
    ),
}


@pytest.mark.parametrize(("cell", "old", "new", "said"), EDITS.values(), ids=EDITS)
def test_a_slip_in_a_cell(project, cell, old, new, said):
    project.edit(cell, old, new)
    (error,) = found(project)
    assert said in error and error.startswith(f"tiny.ipynb, cell {cell}")


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
def test_a_slip_beside_the_master(project, path, text, said):
    file = project.root / TINY / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    (error,) = found(project)
    assert said in error and error.startswith(f"{TINY}/{path.split('/')[0]}")


def test_a_bug_that_only_raises_a_name_error(project):
    project.edit_file(f"{TINY}/known_bugs.toml", 'replace = "x * x"', 'replace = "y * x"')
    assert found(project) == [
        f"{TINY}/known_bugs.toml: [q1_square]: nothing defines `y`, which the edit uses. "
        "Fix `replace`: this bug would only raise a NameError."
    ]


def test_a_notebook_with_magics_and_helpers_of_tests(project):
    project.edit("code_2", "print", "%time print")
    project.edit(
        "q3_test_word",
        '    assert_equal("quiet()", quiet(), "hush")',
        "    said = []\n\n    def ask():\n        said.append(quiet())\n\n    ask()\n"
        '    assert_equal("quiet()", said[0], "hush")',
    )
    assert found(project) == []
