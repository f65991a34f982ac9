"""The bank of known bugs and accepted answers: every mistake an author can make in it."""

import json

import pytest

BUGS = "assignments/tiny/known_bugs.toml"
SUMS = "assignments/tiny/accepted/sums.py"


def toml(slug: str = "q1_new", **values: str) -> str:
    table = {"question": "q1_double", "find": "2 * x", "replace": "x * x", "hint": "Think."}
    lines = [f"{key} = '{value}'" for key, value in (table | values).items() if value is not None]
    return "\n".join(["", f"[{slug}]", *lines]) + "\n"


AT = f"{BUGS}, line 2: [q1_new]: "
MISTAKES = {
    "no TOML": ("[q1_new\n", f"{BUGS}: this is not TOML: "),
    "twice": (toml() + toml(), f"{BUGS}: this is not TOML: "),
    "no table": ("q1_new = 3\n", f'{BUGS}, line 1: "q1_new" is outside a table. Put it'),
    "unknown key": (toml(hnit="x"), f'{AT}the key "hnit" is unknown. Did you mean "hint", as in '),
    "missing key": (
        toml(hint=None),
        f'{AT}the key "hint" is missing. Write a line such as hint = "',
    ),
    "no text": (
        "\n[q1_new]\nquestion = 3\n" + toml("x")[6:].split("\n", 1)[1],
        f'{AT}"question" is not a string.',
    ),
    "unknown question": (
        toml(question="q1_duoble"),
        f'{AT}there is no question "q1_duoble" with points. Did you mean "q1_double"?',
    ),
    "marked by hand": (toml(question="q4_explain"), f'{AT}there is no question "q4_explain"'),
    "slug": (
        toml(question="q3_quiet", find="hush"),
        f"{AT}the slug is not q3_ plus lower-case letters, digits or underscores. Call it [q3_…].",
    ),
    "not there": (
        toml(find="3 * x"),
        f"{AT}`3 * x` does not occur in the solution of q1_double. Copy the text from",
    ),
    "three times": (
        toml(find="x"),
        f"{AT}`x` occurs 3 times in the solution of q1_double. Copy more of the line.",
    ),
    "changes nothing": (toml(replace="(2 * x)"), f"{AT}the edit changes nothing. Write another"),
    "no Python": (
        toml(replace="2 *"),
        f"{AT}the edited answer is not Python: invalid syntax at `return 2 *`. Fix `replace`.",
    ),
    "empty hint": (toml(hint=" "), f"{AT}the hint is empty. Name the idea that went wrong."),
    "long hint": (
        toml(hint="x" * 301),
        f"{AT}the hint has 301 characters, more than 300. Say less",
    ),
    "code in the hint": (
        toml(replace="x + abs(x) * 1", hint="Not `x + abs(x)*1`!"),
        f"{AT}the hint contains the code `x + abs(x) * 1`. Name the idea, not the line.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_bank_of_bugs(project, unroll, mistake):
    text, message = MISTAKES[mistake]
    (project.root / BUGS).write_text(text, encoding="utf-8")
    code, _, errors = unroll("build")
    assert code == 1
    assert errors.startswith(message)


ANSWERS = {
    "no Python": ("def double(x:\n", ", line 1: this is not Python: '(' was never closed. Fix"),
    "no docstring": ("def double(x):\n    return x\n", ", line 1: the file has no docstring."),
    "no name": (
        '"""Helps."""\nx = 1\n',
        ": it defines no name that a question asks for.",
    ),
    "some names": (
        '"""Half."""\ndef center(x):\n    return x\n',
        ": it defines center of q2_center, but not spread. Define all of them",
    ),
}


@pytest.mark.parametrize("mistake", ANSWERS)
def test_a_mistake_in_an_accepted_answer(project, unroll, mistake):
    text, message = ANSWERS[mistake]
    (project.root / SUMS).write_text(text, encoding="utf-8")
    code, _, errors = unroll("build")
    assert code == 1
    assert errors.startswith(SUMS + message)


POLICY = "assignments/tiny/assignment.toml"
STUBS = {
    '"q1_double.zeros" = 3': 'there is no stub kind "zeros", in "q1_double.zeros". Did you mean',
    "q1_double.zero = 3": 'there is no stub kind "", in "q1_double". Write it with quotes, as in',
    '"q1_double.zero" = 0': '"q1_double.zero" is not a number of points above 0. Write the',
    '"q1_duoble.zero" = 3': '[stubs]: there is no question "q1_duoble" with tests, as in',
    '"q1_double.zero" = 31': '[stubs]: "q1_double.zero" may earn 31 points, more than the',
}


@pytest.mark.parametrize("line", STUBS)
def test_a_mistake_in_the_table_of_stubs(project, unroll, line):
    with (project.root / POLICY).open("a", encoding="utf-8") as file:
        file.write(f"\n[stubs]\n{line}\n")
    code, _, errors = unroll("build")
    assert code == 1
    assert STUBS[line] in errors


def test_an_assignment_without_a_bank(project, unroll):
    (project.root / BUGS).unlink()
    for file in (project.root / SUMS).parent.iterdir():
        file.unlink()
    assert unroll("build")[0] == 0
    values = json.loads(
        (project.root / "autograder/hidden_tests/tiny/answers.json").read_text(encoding="utf-8")
    )
    assert values["bugs"] == []
    assert [answer["names"] for answer in values["answers"]] == [
        ["double"],
        ["center", "spread"],
        ["quiet"],
    ]
    code, q2_code = "import numpy as np\n\nfrom seqlab import checks", "observations = "
    assert [step["cell"] for step in values["steps"]] == [
        *("code", "q1_solution", "q2_code", "q2_solution", "q3_solution"),
    ]
    assert values["steps"][0]["source"] == code
    assert values["steps"][2]["source"].startswith(q2_code)


def test_students_get_nothing_of_the_bank(built):
    release = built.root / "student_release/tiny"
    text = b"".join(file.read_bytes() for file in release.rglob("*") if file.is_file())
    assert b"grows with the square" not in text
    assert not (release / "known_bugs.toml").exists()
    assert not list(release.rglob("answers.json"))
