"""results.json: what students see and when, correct sums, validity at all times; the zip."""

import base64
import dataclasses
import json
import os
import subprocess
import sys

import jsonschema
import pytest

from autograder import run
from autograder.assignment.bundle import Bundle, Limits, Question
from autograder.results import gradescope
from autograder.results.feedback import Profile, plain, without_edits
from autograder.results.score import Misconception, Outcome, QuestionScore, Score
from autograder.results.score import TestScore as OneTest  # pytest collects names in Test…
from autograder.submission.reading import SubmissionError
from autograder.submission.upload import find_submission
from tools.files import unpacked
from tools.rehearsal.inspection import SCHEMA
from tools.release import zips as zips

PASSED, FAILED, BROKEN = Outcome
PUBLIC = OneTest("the public test", False, 0, 0, PASSED)
HIDDEN = OneTest("first hidden", True, 0, 4, FAILED, "the first hint", "the first facts")
SECOND = OneTest("second hidden", True, 0, 4, FAILED, "the second hint", "the second facts")
RIGHT = OneTest("third hidden", True, 2, 2, PASSED)
SCORE = Score(
    "tiny",
    "2026 spring",
    "anna.ipynb",
    (
        QuestionScore("q1_one", 5, 5, PASSED, (PUBLIC, dataclasses.replace(RIGHT, points=5))),
        QuestionScore("q2_two", 2, 10, FAILED, (PUBLIC, HIDDEN, SECOND, RIGHT), seconds=1.5),
        QuestionScore("q3_three", 0, 0, FAILED, manual=True),
        QuestionScore("q4_four", 0, 3.5, FAILED, note="The cell that begins `x` raised TypeError."),
    ),
    notes=("a note for the student",),
    staff_notes=("a note for staff",),
    isolation="T1: own uid",
    versions={"python": "3.12.1", "numpy": "2.4.6"},
    seconds=3.25,
)
BREAKDOWN = dataclasses.replace(
    SCORE,
    questions=(*SCORE.questions[:3], QuestionScore("q4_four", 0, 3.5, BROKEN, note="It broke.")),
)


def validated(values: dict) -> dict:
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(values)
    return json.loads(gradescope.as_json(values))


def results(score: Score, profile: str = "graded", **options) -> dict:
    return validated(gradescope.results(score, profile, **options))


def entries(values: dict, visibility: str) -> list[dict]:
    return [test for test in values["tests"] if test["visibility"] == visibility]


def seen(values: dict) -> str:
    """Everything a student reads before the due date."""
    return values["output"] + "".join(test["output"] for test in entries(values, "visible"))


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("score", [SCORE, BREAKDOWN])
@pytest.mark.parametrize("finished", [True, False])
def test_sums_and_maxima_are_the_same_for_every_profile(profile, score, finished):
    values = results(score, profile, finished=finished)
    assert "score" not in values
    scored = [test for test in values["tests"] if "score" in test]
    assert [(t["number"], t["name"], t["score"], t["max_score"]) for t in scored] == [
        ("1", "q1_one", 5, 5),
        ("2", "q2_two", 2, 10),
        ("4", "q4_four", 0, 3.5),
    ]
    assert [test["status"] for test in scored] == ["passed", "failed", "failed"]
    assert "Marked by hand, and not counted here: q3_three." in values["output"]


def test_practice_shows_everything():
    values = results(SCORE, "practice")
    assert entries(values, "visible") == values["tests"]
    text = seen(values)
    for words in ("the first facts", "the second hint", "(hidden, 2 of 2 points)", "a note for"):
        assert words in text


def test_graded_shows_public_results_titles_and_one_hint_at_once_and_points_later():
    values = results(SCORE, "graded")
    text = seen(values)
    assert all("score" not in test for test in entries(values, "visible"))
    for words in ("[passed] the public test", "first hidden", "third hidden", "the first hint"):
        assert words in text
    for words in ("the second hint", "facts", "of 4 points", "[failed] first hidden"):
        assert words not in text
    later = entries(values, "after_due_date")
    assert [test["name"] for test in later] == ["q1_one", "q2_two", "q4_four"]
    assert "the second facts" in later[1]["output"]
    assert [test["status"] for test in entries(values, "visible")] == ["passed", "failed", "failed"]


@pytest.mark.parametrize("profile", ["practice", "graded"])
def test_the_hint_of_a_known_bug_is_said_at_once(profile):
    found = (Misconception("q2_wrap", "What is before the first?"), Misconception("q2_sign", "Up?"))
    question = dataclasses.replace(SCORE.questions[1], misconceptions=found)
    score = dataclasses.replace(SCORE, questions=(question,))
    values = results(score, profile)
    text = seen(values)
    assert "Your results match a known mistake:" in text
    assert text.index("What is before the first?") < text.index("Up?")
    assert question.first_hint == "What is before the first?"
    assert Score.from_json(values["extra_data"]["score"]).questions[0].misconceptions == found


def test_exam_shows_that_the_file_was_received():
    values = results(SCORE, "exam")
    assert entries(values, "visible") == []
    assert values["output"] == (
        "anna.ipynb was received. Results appear when they are published.\n"
        "Marked by hand, and not counted here: q3_three.\n"
        "Isolation: T1: own uid\n"
        "Graded with python 3.12.1, numpy 2.4.6"
    )
    assert "a note for the student" in entries(values, "after_published")[-1]["output"]


@pytest.mark.parametrize("profile", Profile)
def test_why_a_file_could_not_be_read_is_said_at_once(profile):
    unreadable = dataclasses.replace(SCORE, notes=("The file is empty.",), readable=False)
    assert "The file is empty." in results(unreadable, profile)["output"]


@pytest.mark.parametrize("profile", Profile)
def test_a_broken_grader_comes_first_and_for_staff(profile):
    values = results(BREAKDOWN, profile)
    first = values["tests"][0]
    assert (first["visibility"], "score" in first) == ("hidden", False)
    assert first["output"] == "a note for staff"
    assert values["output"].startswith("The grader broke. Your submission will be graded again; ")
    assert "Concerns q4_four." in values["output"]
    del values["tests"][0]
    assert "a note for staff" not in json.dumps(values)


def test_an_entry_for_staff_would_hide_the_total_so_there_is_none_without_need():
    values = results(SCORE, "practice")
    assert entries(values, "hidden") == []
    assert "a note for staff" not in json.dumps(values)


def test_what_a_submission_can_steer_is_not_told_at_once():
    found = (
        Misconception("q2_bug", "Is it ln 11 = 2.3979?"),
        Misconception("f is 2.37 times the right one", "The result of `f` is 2.37 times it."),
    )
    question = dataclasses.replace(
        SCORE.questions[1], note="all", open_note="some", misconceptions=found
    )
    values = results(dataclasses.replace(SCORE, questions=(question,)))
    (seen,) = [test["output"] for test in values["tests"] if test["visibility"] == "visible"]
    (later,) = [test["output"] for test in values["tests"] if test["visibility"] != "visible"]
    assert seen.startswith("some\n") and "= 2.3979" in seen and "times it." not in seen
    assert later.startswith("all\n") and "is 2.37 times it." in later


def test_lines_of_the_right_answer_can_be_kept_from_students():
    question = SCORE.questions[0]
    found = (
        Misconception("z = x @ W -> z = x * W", "One change: `z = x @ W` becomes `z = x * W`."),
        Misconception("f is twice the right one", "The result of `f` is twice the right one."),
    )
    score = dataclasses.replace(
        SCORE, questions=(dataclasses.replace(question, misconceptions=found),)
    )
    assert "x @ W" in seen(results(score, "practice"))
    told = seen(results(without_edits(score), "practice"))
    assert "x @ W" not in told and "twice the right one" in told


def test_an_unfinished_run_says_so_to_staff():
    first = results(SCORE, finished=False)["tests"][0]
    assert (first["name"], first["visibility"]) == ("For staff: the run did not end", "hidden")


def test_results_without_a_bundle():
    values = validated(gradescope.broken_results("a traceback"))
    assert (values["score"], values["tests"][0]["output"]) == (0, "a traceback")


def test_stdout_is_for_staff_and_the_record_comes_back():
    values = results(SCORE)
    assert values["stdout_visibility"] == "hidden"
    assert "execution_time" not in values  # a submission chooses how long it takes
    assert results(SCORE, "practice")["execution_time"] == SCORE.seconds
    record = Score.from_json(values["extra_data"]["score"])
    assert record == dataclasses.replace(SCORE, staff_notes=())


def test_a_leaderboard_has_finite_values_and_no_place_in_an_exam():
    ranked = dataclasses.replace(SCORE, measured={"excess (nats)": 0.012512345, "n": float("nan")})
    board = [{"name": "excess (nats)", "value": 0.0125, "order": "asc"}]
    assert results(ranked, "practice", leaderboard=True)["leaderboard"] == board
    assert "leaderboard" not in results(ranked, "practice")
    assert "leaderboard" not in results(ranked, "exam", leaderboard=True)
    assert "leaderboard" not in results(SCORE, "practice", leaderboard=True)


@pytest.mark.parametrize(
    ("points", "shown"),
    [(float("nan"), 0), (float("inf"), 0), (-1.0, 0), (99.0, 10), (1 / 3, 0.333333)],
)
def test_scores_are_finite_and_within_their_maximum(points, shown):
    question = QuestionScore("q1", points, 10, FAILED)
    values = results(dataclasses.replace(SCORE, questions=(question,)), "practice")
    assert values["tests"][0]["score"] == shown


def test_a_students_text_is_plain_text():
    evil = "<b>x</b> \x1b[31m \x00 \ud800 \u202e **bold** [red] 3\u00a0€ é 🎉\n\ttab"
    question = QuestionScore("q1", 0, 1, FAILED, note=evil)
    values = results(dataclasses.replace(SCORE, questions=(question,), notes=(evil,)), "practice")
    expected = "<b>x</b> �[31m � � � **bold** [red] 3\u00a0€ é 🎉\n\ttab"
    assert values["tests"][0]["output"] == expected
    assert expected in values["output"]
    assert {test["output_format"] for test in values["tests"]} == {"text"}
    assert gradescope.as_json(values).isascii()


def test_a_long_text_is_cut():
    assert plain("x" * 30, 30) == "x" * 30
    assert plain("x" * 31, 30) == "x" * 18 + " … (cut off)"


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("tests", [5, 40])
def test_results_stay_small(profile, tests):
    test = OneTest("t" * 80, True, 0, 1, FAILED, "h" * 5_000, "\u20ac" * 9_000)
    questions = [QuestionScore(f"q{n}", 0, 1, FAILED, (test,) * tests) for n in range(20)]
    long = dataclasses.replace(SCORE, questions=tuple(questions), notes=("n" * 10**6,) * 10)
    values = results(long, profile)
    assert len(gradescope.as_json(values)) <= gradescope.MAX_BYTES
    assert sum(test.get("max_score", 0) for test in values["tests"]) == 20


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="'grade' is not a valid Profile"):
        gradescope.results(SCORE, "grade")


def test_writing_replaces_the_file_or_leaves_it(tmp_path):
    file = tmp_path / "results.json"
    gradescope.write_results(file, {"score": 1})
    before = file.stat().st_ino
    gradescope.write_results(file, {"score": 2})
    assert json.loads(file.read_text()) == {"score": 2}
    assert file.stat().st_ino != before
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="not JSON compliant"):
        gradescope.write_results(file, {"score": float("nan")})
    assert json.loads(file.read_text()) == {"score": 2}
    assert os.listdir(tmp_path) == ["results.json"]


def test_a_failed_replacement_leaves_no_trace(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        gradescope.write_results(tmp_path / "results.json", {})
    assert os.listdir(tmp_path) == []


# The choice among uploaded files


def notebook(assignment: str | None = None, source: str = "x = 1") -> str:
    metadata = {"unroll": {"assignment": assignment}} if assignment else {}
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4})


STUB = 'def f():\n    raise NotImplementedError("q1_double: write double")'


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ({"a.ipynb": notebook()}, "a.ipynb"),
        ({"a (1).ipynb": notebook(), "helper.py": "x = 1", "plot.png": ""}, "a (1).ipynb"),
        ({"a.ipynb": notebook("tiny"), "b.ipynb": notebook("other")}, "a.ipynb"),
        ({"a.ipynb": "{", "deep/er/b.ipynb": notebook("tiny")}, "deep/er/b.ipynb"),
        ({"folder/a.ipynb": notebook(), "folder/old/a.ipynb": notebook()}, "folder/a.ipynb"),
        # A copy beside the original: the same code, or one of them not worked in.
        ({"a.ipynb": notebook("tiny"), "a-Copy1.ipynb": notebook("tiny")}, "a.ipynb"),
        ({"a.ipynb": notebook(source=STUB), "a (1).ipynb": notebook()}, "a (1).ipynb"),
        ({"a-checkpoint.ipynb": notebook(), "a.ipynb": notebook(source="y")}, "a.ipynb"),
        ({"a.ipynb.txt": notebook(), "notes.txt": "x"}, "a.ipynb.txt"),
        ({"a": notebook("tiny"), "b.json": notebook("other")}, "a"),
        ({"tiny final": notebook(), "b": notebook(source="y")}, "tiny final"),
        ({"a.py": "x = 1", "seqlab/checks.py": "", "tests/q1.py": ""}, "a.py"),
        ({"a.zip": "PK", ".OTTER_LOG": ""}, "a.zip"),
        ({"a.ipynb": notebook(), ".ipynb_checkpoints/a-checkpoint.ipynb": notebook()}, "a.ipynb"),
    ],
)
def test_the_file_to_be_graded(tmp_path, files, chosen):
    put(tmp_path, files)
    assert find_submission(tmp_path, "tiny").relative_to(tmp_path).as_posix() == chosen


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"The upload contains no notebook\. Submit"),
        ({"a.pdf": "%PDF"}, r"contains no notebook \(a\.pdf\)\. This is a PDF\. Submit"),
        (
            {"a.ipynb": notebook(), "b.ipynb": notebook(source="y = 1")},
            r"2 notebooks \(a\.ipynb, b\.ipynb\)",
        ),
        (
            {"a.ipynb": notebook("tiny"), "a (1).ipynb": notebook("tiny", "y = 1")},
            r"2 notebooks .* Submit only the one to grade",
        ),
    ],
)
def test_no_file_or_too_many(tmp_path, files, message):
    put(tmp_path, files)
    with pytest.raises(SubmissionError, match=message):
        find_submission(tmp_path, "tiny")


def test_a_link_is_no_submission(tmp_path):
    """A student's Git repository may hold one that points to the solution."""
    (tmp_path / "solution.ipynb").write_text(notebook("tiny"))
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission/a.ipynb").symlink_to(tmp_path / "solution.ipynb")
    (tmp_path / "submission/b").symlink_to(tmp_path)
    with pytest.raises(SubmissionError, match="no notebook"):
        find_submission(tmp_path / "submission", "tiny")


def test_thousands_of_files_are_not_searched(tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.submission.upload.MAX_FILES", 3)
    put(tmp_path, {f"{n}.txt": "" for n in range(4)})
    with pytest.raises(SubmissionError, match="too many files"):
        find_submission(tmp_path, "tiny")


def put(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


# One run


@pytest.mark.parametrize(
    ("texts", "limit"),
    [(["805306368"], 768), (["max", "805306368"], 768), (["max"], None), ([str(2**63)], None)],
)
def test_the_memory_of_the_container(tmp_path, texts, limit):
    files = [tmp_path / f"{number}" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(f"{text}\n")
    assert run.container_memory_mb([tmp_path / "missing", *files]) == limit


@pytest.mark.parametrize(
    ("memory_mb", "limit"), [(None, 2048), (768, 368), (500, 256), (9999, 2048)]
)
def test_a_submission_gets_what_the_container_has_left(tmp_path, memory_mb, limit):
    bundle = Bundle(
        "a", "A", "c", "s", "graded", (), False, (), Limits(memory_mb=2048), {}, tmp_path
    )
    assert run.within_memory(bundle, memory_mb).limits.memory_mb == limit


@pytest.fixture
def base(tmp_path, built):
    """Gradescope's folder for the tiny assignment, after setup.sh."""
    archive = unpacked((built.root / "build/tiny-gradescope.zip").read_bytes())
    for name, contents in archive.items():
        if name.startswith("hidden_tests/"):
            (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "source" / name).write_bytes(contents)
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission_metadata.json").write_text("{not json")
    return tmp_path


def read_results(base) -> dict:
    return validated(json.loads((base / "results/results.json").read_text()))


def test_a_run_without_a_submission(base, capsys):
    assert run.main([str(base)]) == 0
    values = read_results(base)
    assert "The upload contains no notebook" in values["output"]
    assert sum(test.get("score", 0) for test in values["tests"]) == 0
    assert "contains no notebook" in capsys.readouterr().out
    for name in ("source", "submission", "results", "submission_metadata.json"):
        assert (base / name).stat().st_mode & 0o077 == 0, name


def test_a_grader_that_does_not_start_costs_nothing(base, monkeypatch, capsys):
    def explode(*_):
        assert read_results(base)["tests"][0]["name"] == "For staff: the run did not end"
        raise RuntimeError("no sandbox")

    monkeypatch.setattr(run, "Grader", explode)
    (base / "submission/tiny.ipynb").write_text(notebook("tiny"))
    assert run.main([str(base)]) == 0
    values = read_results(base)
    assert values["tests"][0]["visibility"] == "hidden"
    assert "RuntimeError: no sandbox" in values["tests"][0]["output"]
    assert values["output"].startswith("The grader broke.")
    assert "RuntimeError: no sandbox" in capsys.readouterr().out


def test_a_run_without_a_bundle(base):
    (base / "source/hidden_tests/tiny/assignment.json").unlink()
    assert run.main([str(base)]) == 0
    assert "assignment.json" in read_results(base)["tests"][0]["output"]


def test_a_solution_without_full_marks_fails_the_setup(base, monkeypatch, capsys):
    class Fake:
        def __init__(self, *_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def grade(self, file):
            return SCORE

    monkeypatch.setattr(run, "Grader", Fake)
    assert run.main([str(base), "--check", "solution.ipynb"]) == 1
    assert "solution.ipynb has 7 of 18.5 points: do not use this." in capsys.readouterr().out


def test_questions_not_examined_have_their_maximum(tmp_path):
    questions = (Question("q1", 3, False), Question("q2", 0, True))
    bundle = Bundle("a", "A", "c", "s", "graded", (), False, questions, Limits(), {}, tmp_path)
    score = run.unexamined(bundle, ["why"])
    assert (score.points, score.max_points, score.notes) == (0, 3, ("why",))


# The zip


@pytest.fixture(scope="module")
def members(built) -> dict[str, bytes]:
    return unpacked((built.root / "build/tiny-gradescope.zip").read_bytes())


def test_the_zip_holds_the_grader_and_this_assignment_alone(built, members):
    tests = built.root / "autograder/hidden_tests/tiny"
    expected = {f"hidden_tests/tiny/{file.name}": file.read_bytes() for file in tests.iterdir()}
    assert {n: m for n, m in members.items() if n.startswith("hidden_tests/")} == expected
    assert members["solution.ipynb"] == (built.root / "solutions/tiny.ipynb").read_bytes()
    bundle = json.loads(members["hidden_tests/tiny/assignment.json"])
    assert base64.b64decode(bundle["files"]["words.txt"]) == b"spam\neggs\n"
    assert {"setup.sh", "run_autograder", "autograder/run.py", "seqlab/checks.py"} <= set(members)
    assert members["requirements.txt"].decode().splitlines() == [
        "numpy==2.4.6",
        "matplotlib==3.11.2",
        "torch==2.13.0",
        "tqdm==4.70.1",
        "ipython==9.18.1",
        "otter-grader==7.0.0",
    ]
    assert b"otter-grader==7.0.0\n" in members["constraints.txt"]


def test_what_run_autograder_writes_first_is_valid(members):
    text = members["run_autograder"].decode()
    first = text.split("<<'END'\n", 1)[1].split("\nEND\n", 1)[0]
    assert validated(json.loads(first))["score"] == 0


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_scripts_are_valid_bash(members, script):
    done = subprocess.run(["bash", "-n"], input=members[script], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_run_autograder_without_python_leaves_a_valid_result(tmp_path, members):
    (tmp_path / "source").mkdir()
    script = tmp_path / "run_autograder"
    script.write_bytes(members["run_autograder"])
    script.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "UNROLL_PYTHON": str(tmp_path / "python")}
    assert subprocess.run([script], env=environment, capture_output=True).returncode
    assert read_results(tmp_path)["tests"][0]["output"] == "Python did not start."


SETUP_STEPS = {
    "--target": "1/5",
    "uv venv": "2/5",
    "install --no-deps": "3/5",
    "install --requirement": "4/5",
    "import IPython": "4/5",
    "--check": "5/5",
}


@pytest.mark.parametrize("fails", [None, *SETUP_STEPS])
def test_setup_stops_at_the_first_step_that_fails(tmp_path, members, fails):
    """With stand-ins for everything that needs the network, which record their calls."""
    source = tmp_path / "autograder/source"
    (source / "autograder").mkdir(parents=True)
    (source / "seqlab").mkdir()
    (source / "solution.ipynb").touch()
    # The only edit: a test folder in place of /opt.
    script = members["setup.sh"].decode().replace("/opt/unroll", str(tmp_path / "opt"))
    (source / "setup.sh").write_text(script)
    calls, packages = tmp_path / "calls", tmp_path / "opt/packages"
    stand_in = (
        f'#!/bin/sh\necho "$(basename $0) $*" >> {calls}\n'
        f'case "$(basename $0) $*" in *"{fails}"*) exit 1;; esac\n'
        f'case "$*" in *get_path*) echo {packages};; esac\n'
    )
    tools = tmp_path / "bin"
    tools.mkdir()
    for path in (tools / "python3", tmp_path / "opt/uv/bin/uv", tmp_path / "opt/venv/bin/python"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(stand_in)
        path.chmod(0o755)
    packages.mkdir()
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", str(source / "setup.sh")], env=environment, capture_output=True, text=True
    )
    if fails is None:
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "ready"), done.stderr
        assert (packages / "seqlab").is_dir()
        assert sorted(os.listdir(source)) == ["autograder", "setup.sh"]
        assert source.stat().st_mode & 0o777 == 0o700
        return
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("failed. This image must not be used.")
    assert done.stdout.splitlines()[-1].startswith(SETUP_STEPS[fails])
    assert (source / "solution.ipynb").exists()


def test_python_is_the_only_thing_that_the_zip_needs(members):
    """No conda, no browser, no LaTeX, and nothing in the home of root."""
    scripts = (members["setup.sh"] + members["run_autograder"]).decode()
    for word in (
        "curl",
        "wget",
        "conda",
        "mamba",
        "playwright",
        "chromium",
        "texlive",
        "pandoc",
        "/root",
    ):
        assert word not in scripts
    assert sys.version_info >= (3, 11)
