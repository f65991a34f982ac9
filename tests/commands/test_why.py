"""`unroll why`: whom and what it means, and what it prints of a question that is examined again."""

import json
from pathlib import Path

import pytest
from conftest import Project

from tools.commands import cli


@pytest.fixture(scope="module")
def graded(built: Project, tmp_path_factory) -> Path:
    """Grade two hand-ins: the solution, and one whose first answer raises."""
    folder = tmp_path_factory.mktemp("why")
    handins, out = folder / "handins", folder / "graded"
    handins.mkdir()
    solution = json.loads((built.root / "solutions/tiny.ipynb").read_text(encoding="utf-8"))
    (handins / "anna_right.ipynb").write_text(json.dumps(solution), encoding="utf-8")
    for cell in solution["cells"]:
        if cell["id"] == "q1_solution":
            cell["source"] = "def double(x):\n    raise KeyError('a private text')\n"
    (handins / "anna_wrong.ipynb").write_text(json.dumps(solution), encoding="utf-8")
    (handins / "pia.pdf").write_bytes(b"%PDF")
    roster = folder / "roster.csv"
    roster.write_text("name,login\nright,r1\nwrong,w1\npia,p1\nBen Ode,bode\n", encoding="utf-8")
    command = ["grade", str(handins), "--assignment", "tiny", "--out", str(out), "-j", "1"]
    command += ["--roster", str(roster)]
    with pytest.raises(SystemExit):
        cli.main([*command, "--anonymous", "--root", str(built.root)])
    return out


def why(built: Project, out: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["why", *arguments, "--out", str(out), "--root", str(built.root)])
    return exit_.value.code


def test_a_wrong_answer_is_examined_again_and_explained(built, graded, capsys):
    scores = (graded / "scores.csv").read_bytes()
    assert why(built, graded, "anna_wrong", "q1") == 1
    out = capsys.readouterr().out
    assert "q1_double: 0 of " in out and "KeyError" in out and "(hidden, 0 of" in out
    assert "--- the reference solution" in out and "+    raise KeyError('a private text')" in out
    assert (graded / "scores.csv").read_bytes() == scores


def test_a_right_answer_is_said_to_be_right(built, graded, capsys):
    assert why(built, graded, "right", "q1_double") == 0
    assert "The answer equals the reference solution." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("student", "question", "error"),
    [
        ("anna", "q1", '"anna" may be anna_right, anna_wrong. Give more of the name, or an id.'),
        ("zoe", "q1", 'nobody here is called "zoe". Give an id from scores.csv, a name'),
        ("bode", "q1", '"bode": Ben Ode handed in nothing, so nothing is graded.'),
        ("pia", "q1", "Hand in the file that ends in .ipynb. There is nothing to examine."),
        ("...", "q1", 'nobody here is called "...".'),
        ("right", "q77", '"q77" is not one question with tests. Take one of: q1_double'),
    ],
)
def test_who_or_what_is_unclear(built, graded, capsys, student, question, error):
    assert why(built, graded, student, question) == 1
    assert error in capsys.readouterr().err


def test_grading_writes_a_page_for_staff_and_one_for_a_meeting(graded):
    page = (graded / "staff/anna_wrong.html").read_text(encoding="utf-8")
    assert "the reference solution" in page and "1 time graded" in page
    assert "handins/anna_wrong.ipynb" in page
    meeting = (graded / "report-anonymous.html").read_text(encoding="utf-8")
    assert "anna" not in meeting and "No. 1" in meeting
