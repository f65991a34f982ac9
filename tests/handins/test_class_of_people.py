"""`unroll grade` on classes whose people are hard to tell apart: rows, strangers, the account."""

import contextlib
import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from test_classlist import notebook

from autograder.assignment.bundle import read_bundle
from autograder.results.score import Outcome, QuestionScore, Score
from tools.commands import cli
from tools.errors import ClassError
from tools.gradebook.gradebook import Gradebook
from tools.gradebook.roll import Class
from tools.grading import batch


class Here(ThreadPoolExecutor):
    """Workers in this process."""

    window = 3

    def close(self, at_once: bool = False) -> None:
        self.shutdown(not at_once)


@contextlib.contextmanager
def here(*_: object):
    with Here(2) as executor:
        yield executor


def pretended(task) -> dict:
    """Return a record at once, like a grader's."""
    question = QuestionScore("q1_double", float(len(task.contents) % 31), 30.0, Outcome.FAILED)
    score = Score("tiny", "2026 spring", task.file, (question,))
    return {"score": score.to_json(), "fingerprint": {}, "essays": {}, "seconds": 0.01}


@pytest.fixture
def grade(built, tmp_path, monkeypatch, capsys):
    """Return a function that grades files by a pretended grader: rows, and what was printed."""
    monkeypatch.setattr(batch, "perform", pretended)
    monkeypatch.setattr("tools.commands.class_run._workers", here)

    def run(files: dict[str, bytes], roster: str = "", *options: str):
        for name, contents in files.items():
            path = tmp_path / "class" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        arguments = ["grade", str(tmp_path / "class"), "--assignment", "tiny", "--root", built.root]
        if roster:
            (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
            arguments += ["--roster", tmp_path / "roster.csv"]
        with pytest.raises(SystemExit):
            cli.main([*map(str, arguments), "--out", str(tmp_path / "out"), *options])
        table = (tmp_path / "out/scores.csv").read_text(encoding="utf-8")
        told = capsys.readouterr()
        return list(csv.DictReader(io.StringIO(table, newline=""))), told.out, told.err

    return run


METADATA = """\
submission_{n}:
  :submitters:
  - :name: {name}
    :sid: '{sid}'
    :email: {email}
  :created_at: 2026-03-01 1{n}:00:00.000000000 Z
"""


def test_a_placeholder_merges_nobody(grade):
    people = [("Anna Lee", "N/A"), ("Ben Ode", "N/A"), ("Cho Min", "9"), ("Dora Ek", "9")]
    people += [("Dora Ek", "9")]
    metadata, files = "", {}
    for n, (name, sid) in enumerate(people):
        email = "lab@uni.edu" if n < 2 else ""
        metadata += METADATA.format(n=n, name=name, sid=sid, email=email)
        files[f"submission_{n}/tiny.ipynb"] = notebook("tiny", "#" * n)
    rows, out, err = grade({**files, "submission_metadata.yml": metadata.encode()})
    assert [row["name"] for row in rows] == [name for name, _ in people]
    assert "hand-ins: the student number N/A of 2 students is a placeholder." in err
    assert "hand-ins: the student number 9 stands for Cho Min, Dora Ek" in err
    assert "lab@uni.edu stands for Anna Lee, Ben Ode. It identifies nobody." in err
    assert "5 hand-ins in = 5 with a row\n" in out


def test_strangers_no_shows_and_the_account(grade):
    files = {f"{name}.ipynb": notebook("tiny", name) for name in ("Lee_Anna_tiny", "s1", "Eve")}
    roster = "name,email,sid\nAnna Lee,-,s1\nBen Ode,n/a,2.024E+11\n"
    rows, out, err = grade(files, roster)
    assert {(row["name"], row["in roster"]) for row in rows} == {
        ("Anna Lee", "yes"),
        ("Eve", "no"),
        ("Ben Ode", "yes"),
    }
    assert "  Ben Ode: handed in nothing\n" in out and "  Eve: not in the roster\n" in out
    assert "3 hand-ins in = 2 with a row and 1 superseded, listed above\n" in out
    assert "roster.csv: the e-mail address n/a of 1 student is a placeholder." in err
    assert "2.024E+11 of 1 student is what Excel leaves of a long number." in err
    assert "Anna Lee handed in " in err and "Nobody matches" not in err


def test_where_nobody_matches_that_is_said_first(grade):
    old = json.loads(notebook("tiny"))
    old["metadata"]["unroll"]["semester"] = "1999"
    rows, out, err = grade({"eve.ipynb": json.dumps(old).encode()}, "name,sid\nAnna Lee,s1\n")
    assert err.startswith("Nobody matches: none of 1 hand-in (eve) is by ")
    assert "1 hand-in is from another semester (1999, not " in err
    assert len(rows) == 2 and out.startswith("files: 1 hand-in")


def test_a_hand_in_that_got_lost_is_an_error(tmp_path, built):
    bundle = read_bundle(built.root / "autograder/hidden_tests/tiny")
    book = Gradebook(tmp_path, Class(bundle, arrived=("anna", "ben")))
    with pytest.raises(ClassError, match="2 hand-ins came in, but 0 have a row: anna, ben got lo"):
        book.account()
    notes = ["Anna handed in anna and zoe: the latter counts."]
    with pytest.raises(ClassError, match="have a row: ben got lost"):
        Gradebook(tmp_path, replace(book._of, notes=notes)).account()
    notes += ["Ben handed in ben and zoe: the latter counts."]
    assert "2 superseded" in Gradebook(tmp_path, replace(book._of, notes=notes)).account()
