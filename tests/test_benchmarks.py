"""The benchmarks with small counts: figures that nobody could print would go unnoticed."""

import argparse
import csv
import json
import shutil
import types
from pathlib import Path

import pytest
from conftest import ROOT

from tools.proof.verdict import Law

NAME = "rnn_from_scratch"


@pytest.fixture
def grading(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import grading

    return grading


@pytest.mark.parametrize(("count", "otter", "code"), [(1, 0, 0), (1, 1, 2), (7, 1, 0)])
def test_a_class_is_graded_and_compared(grading, monkeypatch, tmp_path, capsys, count, otter, code):
    """Nothing is graded here: the rows are those that are known to be right."""
    text = (ROOT / f"assignments/{NAME}/{NAME}.ipynb").read_text(encoding="utf-8")
    master = grading.read(text, NAME)
    members = grading.make_class(master, tmp_path / "handed_in", count)
    most = {q.name: q.points for q in master.questions if not q.manual}

    def run(command: list, **_) -> grading.spent.Spent:
        if "grade" in command:
            out = Path(command[command.index("--out") + 1])
            write_scores(out, members, most)
            cpu = 25.0 if out.name == "out" else 10.0
        return grading.spent.Spent(cpu if "grade" in command else 40.0, 5.0, 100.0)

    monkeypatch.setattr(grading.spent, "run", run)
    built = types.SimpleNamespace(outputs={f"build/{NAME}-otter.zip": b""})
    monkeypatch.setattr(grading, "assemble", lambda *_: built)
    options = argparse.Namespace(
        assignment=NAME, count=count, otter=otter, j=2, one=True, ways=False, kills=0
    )
    assert grading.measure(tmp_path, options) == code
    told = capsys.readouterr().out
    assert f"{count} submissions, 0 scores wrong" in told
    assert "a start: 10.0 s; overhead of the rest: 50% of the students' own" in told
    assert ("otter run: 40.00 s of CPU each" in told) == (otter == 1 and code == 0)


def write_scores(out: Path, members: list, most: dict[str, float]) -> None:
    (out / ".store").mkdir(parents=True)
    (out / ".store/a.b.json").write_text(json.dumps({"score": {"cpu_seconds": 10.0}}))
    with (out / "scores.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, ["name", "status", "total", *most])
        rows.writeheader()
        for known in members:
            name = Path(known.name).stem
            if not known.graded:
                rows.writerow({"name": name, "status": "nothing to grade"})
                continue
            lost = set(most) if known.zero else known.lost
            points = {q: 0 if q in lost else full for q, full in most.items()}
            rows.writerow({"name": name, "status": "graded", "total": 1, **points})


def test_a_pretended_class_has_all_results(monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import scale

    scale.in_this_process(3)
    seconds, megabytes = json.loads(capsys.readouterr().out)
    assert seconds > 0 <= megabytes


def test_mistakes_of_an_author_are_caught_where_the_list_says(monkeypatch, tmp_path):
    """Only those of a kind, which a build refuses; a proof takes seconds for each of the others."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import author_mistakes

    every = author_mistakes.read_plants()
    laws = {"build", "note", author_mistakes.NOT, *Law}
    assert len({each.mistake for each in every}) == len(every) >= 40
    assert laws >= {each.by for each in every}
    right = author_mistakes.written(tmp_path / "course")
    for each in every:
        author_mistakes.plant(shutil.copytree(right, tmp_path / "planted"), each.edits)
        shutil.rmtree(tmp_path / "planted")
    clocks = [each for each in author_mistakes.read_plants("clock") if each.by == "build"]
    ((_, by, said),) = author_mistakes.tried(clocks, workers=0)
    assert by == "build" and "depends on the clock" in said[0]
