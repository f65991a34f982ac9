"""A class in each export form: graded, adjusted, regraded, sent back; and what its folder keeps."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from test_grade_class import _here, report, rows, run

from autograder.assignment.bundle import parse_bundle
from autograder.results.score import Outcome, QuestionScore, Score
from tools.course import settings
from tools.course.rules import LateRule
from tools.files import unpacked
from tools.gradebook.gradebook import Gradebook
from tools.grading import batch
from tools.grading.task import Task

PASSED, FAILED, _ = Outcome
PEOPLE = {"Anna Lee": 12, "Ben Ode": 30, "Cho Min": 0, "Dan Ray": 6}


@pytest.fixture
def desk(built, tmp_path, monkeypatch):
    """A folder for hand-ins, and `unroll grade` with a grader that reads points from the file."""
    now = {"more": 0}

    def pretended(task: Task) -> dict:
        points = float(re.search(rb"POINTS (\d+)", task.contents)[1]) + now["more"]
        one = QuestionScore("q1_double", points, 30.0, PASSED if points == 30 else FAILED)
        two = QuestionScore("q2_center", 40.0, 40.0, PASSED)
        three = QuestionScore("q3_quiet", 30.0, 30.0, PASSED)
        manual = QuestionScore("q4_explain", 0.0, 0.0, FAILED, manual=True)
        score = Score("tiny", "2026 spring", task.file, (one, two, three, manual))
        return {"score": score.to_json(), "essays": {}}

    monkeypatch.setattr(batch, "perform", pretended)
    monkeypatch.setattr("tools.commands.class_run._workers", _here)

    class Desk:
        folder, out, root, grader = tmp_path / "download", tmp_path / "out", built.root, now

        def put(self, names: dict[str, int], answer: str = "") -> None:
            """Hand in the release with points and a written answer."""
            release = json.loads((built.root / "student_release/tiny/tiny.ipynb").read_text())
            (cell,) = [c for c in release["cells"] if c.get("id") == "q4_answer"]
            cell["source"] = answer or cell["source"]
            for name, points in names.items():
                text = {"cell_type": "code", "source": f"# POINTS {points}", "metadata": {}}
                text |= {"outputs": [], "execution_count": None, "id": "points"}
                file = self.folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                book = release | {"cells": [*release["cells"], text]}
                file.write_text(json.dumps(book), encoding="utf-8")

        def grade(self, *options: object) -> int:
            return run(built.root, self.folder, "--out", self.out, *options)

        def file(self, name: str, text: str) -> Path:
            (tmp_path / name).write_text(text, encoding="utf-8")
            return tmp_path / name

        def adjust(self, text: str) -> None:
            text = f"student,question,points,comment\n{text}"
            (self.out / "adjustments.csv").write_text(text, encoding="utf-8")

        def read(self, name: str) -> list[list[str]]:
            return table((self.out / name).read_bytes().decode())

    return Desk()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def late_rule(monkeypatch, **rule) -> None:
    known = settings.read_course

    def with_rule(root: Path) -> settings.Course:
        return replace(known(root), late=LateRule(**rule))

    monkeypatch.setattr("tools.commands.class_inputs.read_course", with_rule)


CANVAS = {"leeanna_11_901_tiny": 12, "odeben_12_902_tiny": 30, "mincho_LATE_13_903_tiny": 0}
CANVAS |= {"raydan_14_904_tiny": 6}
GRADEBOOK = """Student,ID,SIS User ID,SIS Login ID,Section,Lab 0 (1),Homework A (2),Final Score
    Points Possible,,,,,10.00,100.00,(read only)
"Lee, Anna",11,,anna@uni.edu,A,8.00,,80.00
"Ode, Ben",12,,ben@uni.edu,A,8.00,EX,80.00
"Min, Cho",13,,cho@uni.edu,A,8.00,,80.00
"Ray, Dan",14,,dan@uni.edu,A,8.00,12.50,80.00
"Fox, Fay",15,,fay@uni.edu,A,8.00,,80.00
"""


def test_a_class_from_canvas(desk, monkeypatch, capsys):
    desk.put({f"{name}.ipynb": points for name, points in CANVAS.items()})
    export = desk.file("gradebook.csv", GRADEBOOK)
    options = ["--csv", "canvas", "--csv-template", export]
    # Nothing is graded before the options fit.
    assert desk.grade(*options) == 1
    said = capsys.readouterr().err
    assert 'no column "A tiny assignment" among: ' in said and "with --column" in said
    assert not list((desk.out / ".store").glob("*.0001.json"))

    assert desk.grade(*options, "--column", "Homework A") == 0
    first = GRADEBOOK.replace("8.00,,80.00", "8.00,82,80.00", 1)
    first = first.replace("cho@uni.edu,A,8.00,,", "cho@uni.edu,A,8.00,70,")
    assert desk.read("scores-canvas.csv") == table(first)
    said = capsys.readouterr().err
    assert "values that are not ours stay" in said
    assert "Ode, Ben: EX stays; here 100 points" in said
    assert "Ray, Dan: 12.50 stays; here 76 points" in said

    # Adjusted and late; the folder knows the rest. The export is the one after the import.
    late_rule(monkeypatch, percent_per_day=10)
    export.write_text(first, encoding="utf-8")
    desk.adjust(
        "11,q1_double,20,the test was wrong\n11,total,add 2,found a typo\n"
        "13,total,2 late days,\nFay Fox,total,excused,ill\n"
    )
    assert desk.grade() == 0
    second = first.replace("8.00,82,", "8.00,92,").replace("8.00,70,", "8.00,56,")
    second = second.replace("fay@uni.edu,A,8.00,,", "fay@uni.edu,A,8.00,EX,")
    assert desk.read("scores-canvas.csv") == table(second)
    said = capsys.readouterr()
    assert f'As before: --csv canvas --csv-template {export} --column "Homework A".' in said.out
    assert "gradebook.csv is of 20" in said.out and "export it again before you" in said.out
    assert "Lee, Anna: 82 → 92\n  Min, Cho: 70 → 56\n" in said.err

    # Regraded: the adjustments survive.
    desk.grader["more"] = 1
    assert desk.grade("--regrade") == 0
    third = second.replace("8.00,56,", "8.00,56.8,")
    assert desk.read("scores-canvas.csv") == table(third)
    found = {row["name"]: row for row in rows(desk.out)}
    anna, cho, fay = found["Lee, Anna"], found["Min, Cho"], found["Fox, Fay"]
    assert (anna["q1_double"], anna["total"], anna["status"]) == ("20", "92", "graded")
    assert anna["adjusted"] == "q1_double: 13 → 20; total: 90 → 92"
    assert anna["comment"] == "the test was wrong found a typo"
    assert (cho["late days"], cho["late penalty"], cho["total"]) == ("2", "14.2", "56.8")
    assert (fay["status"], fay["total"], fay["comment"]) == ("excused", "", "ill")
    changed = (desk.out / "regrade.csv").read_text()
    assert 'leeanna_11,"Lee, Anna"' in changed and ",12,13," in changed

    # Sent back: what changed is on the student's page.
    pages = unpacked((desk.out / "feedback-canvas.zip").read_bytes())
    page = pages["leeanna_11_901_feedback.html"].decode()
    assert "the test was wrong" in page and "That makes 92 points." in page
    assert "<dd>90 <small>of 100" in page
    assert "Late by 2 days: -14.2 points." in pages["mincho_LATE_13_903_feedback.html"].decode()


def test_a_class_from_moodle_gets_comments_back(desk, capsys):
    names = {f"{name}_{4711 + i}_assignsubmission_file/tiny.ipynb": points
             for i, (name, points) in enumerate(PEOPLE.items())}  # fmt: skip
    desk.put(names)
    header = 'Identifier,"Full name","Email address",Status,Bewertung,Bestwertung,"Feedback"\r\n'
    export = header + "".join(
        f'Participant {4711 + i},"{name}",{name[:3].lower()}@uni.edu,abgegeben,,"100,00",\r\n'
        for i, name in enumerate([*PEOPLE, "Fay Fox"])
    )
    options = ["--csv", "moodle", "--csv-template", desk.file("worksheet.csv", export)]
    desk.out.mkdir()
    desk.adjust("4712,total,12.5,typed in class\nDan Ray,q1_double,add 1,\n")
    assert desk.grade(*options) == 0
    expected = export
    for email, grade, comment in [
        ("ann@uni.edu", "82", ""),
        ("ben@uni.edu", '"12,5"', "Adjusted by staff: total: 100 → 12.5. typed in class"),
        ("cho@uni.edu", "70", ""),
        ("dan@uni.edu", "77", "Adjusted by staff: q1_double: 6 → 7."),
    ]:
        expected = expected.replace(
            f'{email},abgegeben,,"100,00",', f'{email},abgegeben,{grade},"100,00",{comment}'
        )
    assert desk.read("scores-moodle.csv") == table(expected)
    assert "Fay Fox: handed in nothing" in capsys.readouterr().out


def test_a_class_from_gradescope(desk):
    people = list(PEOPLE)
    desk.put({f"submission_{i}/tiny.ipynb": PEOPLE[name] for i, name in enumerate(people)})
    lines = [
        f"submission_{i}:\n  :submitters:\n  - :name: {name}\n    :sid: '{100 + i}'\n"
        f"    :email: {name[:3].lower()}@uni.edu\n  :created_at: 2026-03-01 12:00:00 Z\n"
        for i, name in enumerate(people)
    ]
    (desk.folder / "submission_metadata.yml").write_text("".join(lines))
    desk.out.mkdir()
    desk.adjust("100,total,add 1,\n101,total,excused,\n")
    assert desk.grade("--csv", "gradescope") == 0
    _, *found = desk.read("scores-gradescope.csv")
    told = [[row[0], row[2], row[5], row[6], row[7], *row[13:]] for row in found]
    assert told == [
        ["Anna", "100", "83", "100", "Graded", "12", "40", "30"],
        ["Ben", "101", "", "100", "Ungraded", "", "", ""],
        ["Cho", "102", "70", "100", "Graded", "0", "40", "30"],
        ["Dan", "103", "76", "100", "Graded", "6", "40", "30"],
    ]


def test_a_folder_and_a_roster_and_what_is_forgotten(desk, capsys):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    roster = desk.file("roster.csv", "name,email\nAnna Lee,a@uni.edu\nFay Fox,f@uni.edu\n")
    assert desk.grade("--roster", roster, "--csv", "canvas", "--csv", "moodle") == 0
    assert desk.read("scores-canvas.csv")[2] == ["Anna Lee", "", "", "a@uni.edu", "", "82"]
    capsys.readouterr()
    # Both kinds are written again, and none is older than the scores.
    assert report(desk.root, desk.out) == 0
    said = capsys.readouterr().out
    assert f"As before: --roster {roster} --csv canvas --csv moodle." in said
    assert desk.grade("--csv", "gradescope", "--forget", "roster") == 0
    assert "--csv gradescope" in capsys.readouterr().out
    assert {row["in roster"] for row in rows(desk.out)} == {""}
    scores = (desk.out / "scores.csv").stat().st_mtime_ns
    own = [f for f in desk.out.rglob("*.*") if f.is_file() and ".store" not in f.parts]
    assert len(own) == 3 * 4 + 6 and all(f.stat().st_mtime_ns <= scores for f in own)
    before = (desk.out / "scores-moodle.csv").read_bytes()
    assert desk.grade("--forget", "csv", "--csv", "canvas") == 0
    assert not (desk.out / "scores-moodle.csv").exists()
    # Somebody's own file of that name stays, and is named.
    (desk.out / "scores-moodle.csv").write_bytes(before + b"x")
    assert desk.grade() == 0
    assert "scores-moodle.csv is older than these scores" in capsys.readouterr().err
    roster.unlink()
    assert desk.grade("--forget", "roster") == 0


def test_no_file_outlives_what_it_was_made_from(desk, capsys):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    assert desk.grade() == 0
    desk.grader["more"] = 1
    assert desk.grade("--regrade") == 0 and (desk.out / "regrade.csv").exists()
    (desk.folder / "Ben Ode.ipynb").unlink()
    for name in ("Anna Lee", "Cho Min", "Dan Ray"):
        (desk.folder / f"{name}.ipynb").unlink()
    desk.put({"Cho Min.ipynb": 5})
    (desk.out / "feedback-moodle.zip").write_bytes(b"of another download")
    (desk.out / "alike").mkdir(exist_ok=True)
    (desk.out / "alike/7.html").write_bytes(b"a pair that is no more")
    (desk.out / "report-anonymous.html").write_bytes(b"of an earlier run")
    capsys.readouterr()
    assert desk.grade() == 0
    told = "3 earlier hand-ins are not in these submissions: Anna_Lee, Ben_Ode, Dan_Ray. What was"
    assert told in capsys.readouterr().err
    assert desk.grade() == 0 and "earlier hand-in" not in capsys.readouterr().err
    assert [file.stem for file in (desk.out / "feedback").iterdir()] == ["Cho_Min"]
    assert [file.stem for file in (desk.out / "results").iterdir()] == ["Cho_Min"]
    assert not (desk.out / "regrade.csv").exists()
    assert not (desk.out / "feedback-moodle.zip").exists()
    assert [file.stem for file in (desk.out / "staff").iterdir()] == ["Cho_Min"]
    assert not list((desk.out / "alike").iterdir())
    assert not (desk.out / "report-anonymous.html").exists()


def test_pages_for_staff_show_what_counts_and_one_for_a_meeting_no_names(desk, capsys):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    desk.put({"s1001.ipynb": 1, "s1002.ipynb": 2})
    twins = desk.file("twins.csv", "name,sid\nKim Min,s1001\nKim Min,s1002\n")
    assert desk.grade("--roster", twins) == 0
    page = (desk.out / "report.html").read_text(encoding="utf-8")
    twin_rows = re.findall(r"<tr data-status.*(Kim Min[^<]*)", page)
    assert twin_rows == ["Kim Min (s1001)", "Kim Min (s1002)"]
    assert desk.grade("--forget", "roster") == 0
    desk.adjust("Anna Lee,q1_double,20,Anna was right\nBen Ode,total,excused,ill\n")
    assert desk.grade("--anonymous") == 0
    page = (desk.out / "staff/Anna_Lee.html").read_text(encoding="utf-8")
    assert "90 points count." in page and "Anna was right" in page and "q1_double: 12 → 20" in page
    assert "no total counts." in (desk.out / "staff/Ben_Ode.html").read_text(encoding="utf-8")
    assert "count" not in (desk.out / "staff/Dan_Ray.html").read_text(encoding="utf-8")
    listed = (desk.out / "report.html").read_text(encoding="utf-8")
    assert '<td class="n">90</td>' in listed and "Anna was right" in listed
    meeting = (desk.out / "report-anonymous.html").read_text(encoding="utf-8")
    assert '<td class="n">90</td>' in meeting and "Anna" not in meeting
    # The folder remembers it.
    (desk.out / "report-anonymous.html").unlink()
    assert report(desk.root, desk.out) == 0 and (desk.out / "report-anonymous.html").exists()
    assert "As before: --anonymous." in capsys.readouterr().out
    assert desk.grade("--forget", "anonymous") == 0
    assert not (desk.out / "report-anonymous.html").exists()


def test_hand_ins_of_an_earlier_class_are_compared_until_that_is_forgotten(desk, capsys):
    earlier = desk.folder.parent / "earlier"
    now, desk.folder = desk.folder, earlier
    desk.put({"Eve Fox.ipynb": 30})
    desk.folder = now
    desk.put({"Anna Lee.ipynb": 12})
    assert desk.grade("--compare", earlier) == 0
    capsys.readouterr()
    assert report(desk.root, desk.out) == 0
    assert f"As before: --compare {earlier}." in capsys.readouterr().out
    earlier.rename(earlier.with_name("gone"))
    assert desk.grade() == 1
    assert "Give --compare again, or --forget compare." in capsys.readouterr().err
    assert desk.grade("--forget", "compare") == 0


def test_marks_without_a_maximum_count_in_a_total_of_all_points(desk):
    desk.put({"Anna Lee.ipynb": 30}, "Because.")
    assert desk.grade() == 0
    page = (desk.out / "written/q4_explain.html").read_text(encoding="utf-8")
    (answer,) = re.findall(r'data-answer="(\w+)"', page)
    lines = f"assignment,question,answer,points\ntiny,q4_explain,{answer},4\n"
    assert desk.grade("--written", desk.file("marks.csv", lines)) == 0
    assert [(row["q4_explain"], row["total"]) for row in rows(desk.out)] == [("4", "104")]


def test_a_question_without_points_is_worth_what_its_rubric_says(desk, monkeypatch):
    policy = replace(
        settings.read_assignment(desk.root, "tiny"),
        rubrics={"q4_explain": (("Why", 2.0), ("How far", 1.5))},
    )
    monkeypatch.setattr("tools.commands.class_inputs.read_assignment", lambda *_: policy)
    desk.put({"Anna Lee.ipynb": 30}, "Because.")
    assert desk.grade() == 0
    page = (desk.out / "written/q4_explain.html").read_text(encoding="utf-8")
    assert "points of 3.5" in page and "How far" in page
    (answer,) = re.findall(r'data-answer="(\w+)"', page)
    lines = f"assignment,question,answer,points,comment,criteria\ntiny,q4_explain,{answer},3.5,,\n"
    assert desk.grade("--written", desk.file("marks.csv", lines)) == 0
    assert [(row["q4_explain"], row["total"]) for row in rows(desk.out)] == [("3.5", "103.5")]


NAMES = ["Łukasz", "Lukasz", "José", "JOSE\u0301", "Ben Иванов", "李小龙", "שרה לוי", "Ünsal İpek"]


def test_ids_keep_their_letters_in_every_file(desk, capsys):
    desk.put({f"{name}.ipynb": 6 for name in NAMES})
    assert desk.grade() == 0
    ids = [row["id"] for row in rows(desk.out)]
    assert {"Łukasz", "Lukasz", "Ben_Иванов", "李小龙", "שרה_לוי", "Ünsal_İpek"} < {*ids}
    assert len({*ids}) == len(NAMES)
    for folder, suffix in (("results", "json"), ("feedback", "html"), ("staff", "html")):
        assert {file.name for file in (desk.out / folder).iterdir()} == {
            f"{i}.{suffix}" for i in ids
        }
    links = _links(desk.out / "report.html")
    assert {f"staff/{id_}.html" for id_ in ids} <= links
    links |= {f"staff/{link}" for id_ in ids for link in _links(desk.out / f"staff/{id_}.html")}
    assert all((desk.out / link).exists() for link in links)
    assert len(links) > 3 * len(NAMES)

    # Names typed on another system, and one like another's: an id means its own hand-in.
    desk.adjust(
        "I\u0307pek U\u0308nsal,q1_double,7,\nŁukasz,q1_double,8,\nBEN_ИВАНОВ,q1_double,9,\n"
    )
    capsys.readouterr()
    assert desk.grade("--student", "李小龙") == 0
    assert f"{len(NAMES)} of {len(NAMES)} graded (1 now" in capsys.readouterr().out
    given = {row["id"]: row["q1_double"] for row in rows(desk.out)}
    assert (given["Ünsal_İpek"], given["Łukasz"], given["Ben_Иванов"]) == ("7", "8", "9")
    assert given["Lukasz"] == given["李小龙"] == "6"


def test_a_folder_from_before_keeps_its_ids(desk, capsys):
    desk.put({"Łukasz.ipynb": 6, "Ben Иванов.ipynb": 12})
    memory = desk.out / ".store/class.json"
    memory.parent.mkdir(parents=True)
    about = {"name": "tiny", "submissions": [str(desk.folder)]}
    memory.write_text(json.dumps(about), encoding="utf-8")
    for _ in range(2):
        assert desk.grade() == 0
        assert {row["id"] for row in rows(desk.out)} == {"ukasz", "Ben"}
    assert "2 of 2 graded (0 now)" in capsys.readouterr().out


def _links(page: Path) -> set[str]:
    """Return where a page's links lead, as paths from its folder."""
    found = re.findall(r'href="([^"#:]+)"', page.read_text(encoding="utf-8"))
    return {unquote(link) for link in found}


def test_only_pages_that_differ_are_written_again(desk, monkeypatch):
    written = []
    known = Gradebook._write_for_staff
    monkeypatch.setattr(
        Gradebook,
        "_write_for_staff",
        lambda self, handin, *rest: written.append(handin.id) or known(self, handin, *rest),
    )

    def graded(*options: object) -> list[str]:
        written.clear()
        assert desk.grade(*options) == 0
        return sorted(written)

    desk.put({f"{name}.ipynb": 6 for name in ("a", "b", "c")})
    assert graded() == ["a", "b", "c"] and graded() == []
    desk.adjust("b,q1_double,20,\n")
    assert graded() == ["b"]
    assert "20 points count" not in (desk.out / "staff/b.html").read_text(encoding="utf-8")
    assert "90 points count" in (desk.out / "staff/b.html").read_text(encoding="utf-8")
    # A page that is gone or changed, another text, another result, another setting.
    (desk.out / "feedback/a.html").unlink()
    (desk.out / "results/c.json").write_text("{}", encoding="utf-8")
    assert graded() == ["a", "c"]
    assert "score" in (desk.out / "results/c.json").read_text(encoding="utf-8")
    desk.put({"c.ipynb": 7})
    assert graded() == ["c"]
    assert graded("--student", "a", "--question", "q1_double") == ["a"]
    assert graded("--published") == ["a", "b", "c"]
    (desk.out / ".store/made.json").write_text("[]", encoding="utf-8")
    assert graded() == ["a", "b", "c"] and graded() == []
    monkeypatch.setattr("tools.grading.made._code", lambda: "another version")
    assert graded() == ["a", "b", "c"]


def test_a_newer_export_in_the_folder_is_not_written_over(desk, capsys):
    desk.put({"leeanna_11_901_tiny.ipynb": 12})
    assert desk.grade("--csv", "canvas") == 0
    own = desk.out / "scores-canvas.csv"
    own.write_text(GRADEBOOK, encoding="utf-8")
    assert desk.grade() == 0
    said = capsys.readouterr().err
    assert "scores-canvas.csv was not as we wrote it: it is now scores-canvas.kept-1.csv." in said
    assert (desk.out / "scores-canvas.kept-1.csv").read_text(encoding="utf-8") == GRADEBOOK
    assert desk.grade("--csv", "canvas", "--csv-template", own) == 1
    assert "this is where unroll writes the points" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [
        (["--column", "x"], 2, "--column needs --csv-template"),
        (["--student", "nobody"], 2, '--student "nobody" is nobody here'),
        (["--question", "q1_doubel"], 2, 'no question "q1_doubel" with tests. Did you mean'),
        (["--csv", "gradescope", "--csv-template", __file__], 2, "Gradescope imports no CSV"),
        (["--forget", "marks"], 2, "Invalid value for '--forget'"),
    ],
)
def test_options_are_checked_before_anything_is_graded(desk, capsys, options, code, error):
    desk.put({"Anna Lee.ipynb": 12})
    assert desk.grade(*options) == code
    assert error in capsys.readouterr().err
    assert not list(desk.out.rglob("*.0001.json"))


def test_files_that_are_gone_and_folders_of_another_assignment(desk, capsys):
    desk.put({"Anna Lee.ipynb": 12})
    roster = desk.file("roster.csv", "name\nAnna Lee\n")
    assert desk.grade("--roster", roster) == 0
    roster.unlink()
    assert desk.grade() == 1
    assert "the file is gone. Give --roster again, or --forget roster." in capsys.readouterr().err
    assert desk.grade("--forget", "roster") == 0
    remembered = desk.out / ".store/class.json"
    remembered.write_text(remembered.read_text().replace('"tiny"', '"other"'))
    assert desk.grade() == 1
    assert "other was graded here. Give each assignment a folder" in capsys.readouterr().err


def test_a_bad_adjustment_stops_the_run_before_it_begins(desk, capsys):
    desk.put({"Anna Lee.ipynb": 12})
    desk.out.mkdir()
    desk.adjust("Anna Lee,q1_double,31,\n")
    assert desk.grade() == 1
    said = capsys.readouterr().err
    assert "adjustments.csv, line 2: 31 points, but q1_double has at most 30" in said
    assert not list((desk.out / ".store").glob("*.0001.json"))


def test_adding_to_nothing_is_said(desk, capsys):
    desk.put({"Anna Lee.ipynb": 12})
    roster = desk.file("roster.csv", "name\nAnna Lee\nFay Fox\n")
    desk.out.mkdir()
    desk.adjust("Fay Fox,total,add 3,\n")
    assert desk.grade("--roster", roster) == 0
    told = "Fay Fox: adjustments.csv adds to points that are not there (total)."
    assert told in capsys.readouterr().out


def test_one_student_again_leaves_the_others(desk, capsys):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    assert desk.grade() == 0
    desk.grader["more"] = 1
    assert desk.grade("--student", "Anna Lee") == 0
    assert {row["name"]: row["q1_double"] for row in rows(desk.out)} == {
        "Anna Lee": "13", "Ben Ode": "30", "Cho Min": "0", "Dan Ray": "6"
    }  # fmt: skip
    assert "4 of 4 graded (1 now" in capsys.readouterr().out
    changed = rows(desk.out, "regrade.csv")
    assert [(row["id"], row["old"], row["new"]) for row in changed] == [("Anna_Lee", "12", "13")]


def test_one_question_again_is_said(desk, capsys):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    assert desk.grade() == 0
    assert desk.grade("--question", "q2_center") == 0
    told = "4 of 4 are graded in part (q2_center, and in each what failed); the rest is kept."
    assert told in capsys.readouterr().out


def test_others_keep_what_earlier_tests_gave(desk, capsys, monkeypatch):
    desk.put({f"{name}.ipynb": points for name, points in PEOPLE.items()})
    assert desk.grade() == 0
    monkeypatch.setattr("tools.grading.class_batch.grader_version", lambda: "another")
    desk.grader["more"] = 1
    capsys.readouterr()
    assert desk.grade("--student", "Anna_Lee") == 0
    assert "3 others are as earlier tests graded them" in capsys.readouterr().out
    assert [row["q1_double"] for row in rows(desk.out)] == ["13", "30", "0", "6"]


def test_adjustments_are_told_when_points_are(desk, monkeypatch):
    monkeypatch.setattr(
        "tools.commands.class_inputs.parse_bundle",
        lambda *arguments: replace(parse_bundle(*arguments), feedback="graded"),
    )
    desk.put({"Anna Lee.ipynb": 12})
    desk.out.mkdir()
    desk.adjust("Anna Lee,total,add 3,found a typo\n")
    for options, told in [([], False), (["--published"], True), ([], True)]:
        assert desk.grade(*options) == 0
        page = (desk.out / "feedback/Anna_Lee.html").read_text(encoding="utf-8")
        assert ("found a typo" in page) is told and ("85 points" in page) is told


def test_a_mark_belongs_to_the_text_that_was_marked(desk, capsys, monkeypatch):
    monkeypatch.setattr("tools.commands.class_inputs._extra_credit", lambda *_: {"q4_explain": 5.0})
    files = {"Anna Lee.ipynb": 12, "Ben Ode.ipynb": 30}
    desk.put(files, "Because the mean is zero.")
    assert desk.grade() == 0
    page = (desk.out / "written/q4_explain.html").read_text(encoding="utf-8")
    answers = re.findall(r'data-answer="(\w+)"', page)
    lines = "".join(f"tiny,q4_explain,{answer},4,'=so good,says why\n" for answer in answers)
    header = "assignment,question,answer,points,comment,criteria\n"
    marks = desk.file("marks.csv", header + lines)
    assert desk.grade("--written", marks) == 0 and desk.grade() == 0
    for folder in ("feedback", "staff"):
        assert "Met: says why.\n=so good" in (desk.out / folder / "Ben_Ode.html").read_text()
    assert [row["q4_explain"] for row in rows(desk.out)] == ["4", "4"]
    capsys.readouterr()
    # Anna hands in a new text; a late copy of the marks does not reach it either.
    desk.put({"Anna Lee.ipynb": 13}, "It is zero already.")
    for options in ([], ["--written", marks]):
        assert desk.grade(*options) == 0
        assert [row["q4_explain"] for row in rows(desk.out)] == ["", "4"]
        told = "Anna_Lee: q4_explain had 4 points, but its text is new: mark it again"
        assert told in capsys.readouterr().err
    # The old text is back, and its mark with it.
    desk.put({"Anna Lee.ipynb": 13}, "Because  the mean is zero.".replace("  ", " "))
    assert desk.grade() == 0
    assert [row["q4_explain"] for row in rows(desk.out)] == ["4", "4"]


def test_lateness_that_is_not_known_costs_nothing_and_is_said(desk, monkeypatch, capsys):
    late_rule(monkeypatch, percent_per_day=50)
    desk.put({"mincho_LATE_13_903_tiny.ipynb": 30, "leeanna_11_901_tiny.ipynb": 30})
    assert desk.grade() == 0
    assert {row["late days"] for row in rows(desk.out)} == {"?", ""}
    assert {row["total"] for row in rows(desk.out)} == {"100"}
    said = capsys.readouterr().out
    assert "mincho_13: late, but not how late: no points are lost. Write its late days" in said
