"""`unroll grade` on a class: right scores whoever grades, and nothing lost whatever happens."""

import contextlib
import csv
import errno
import io
import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import util
from pathlib import Path

import psutil
import pytest
from conftest import HERE, Project

from autograder.assignment.bundle import parse_bundle, read_bundle
from autograder.disk import write_atomically
from autograder.results.score import Misconception, Outcome, QuestionScore, Score, unexamined
from autograder.results.score import TestScore as OneTest  # pytest collects what is called Test…
from tools import terminal
from tools.commands import cli
from tools.decisions import marks
from tools.decisions.marks import pseudonyms
from tools.errors import ClassError
from tools.gradebook import gradebook
from tools.grading import batch, class_batch, dask, regrade, task, workers
from tools.grading.store import BusyError, Store
from tools.grading.task import Task
from tools.handins import essays
from tools.handins.handin import Handin, Student

PASSED, FAILED, BROKEN = Outcome
SLUGS = ("q1_double", "q2_center", "q3_quiet")
FULL = (30.0, 40.0, 30.0)
# Quick attacks; each states the most it may earn, and what it must keep.
HOSTILE = ("always_equal", "exit_function", "kill_all", "segfault_function", "sys_exit")


# --- a class ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def class_(built: Project, tmp_path_factory) -> tuple[Path, dict[str, tuple | None]]:
    """A folder of hand-ins, and the points of each by name; None where nothing is graded."""
    folder = tmp_path_factory.mktemp("class")
    right = (built.root / "solutions/tiny.ipynb").read_text(encoding="utf-8")
    double = right.replace("2 * x", "x")
    files = {
        "right": (right, FULL),
        "untouched": ((built.root / "student_release/tiny/tiny.ipynb").read_text(), (0, 0, 0)),
        "marked": ("\ufeff" + right, FULL),
        "Zoë O'Brien, Jr.": (right, FULL),
        # Without a right answer to lend, the spread would fail too.
        "double": (double, (0, 40, 30)),
        "quiet": (right.replace("hush", "Hush"), (30, 40, 0)),
        "double and quiet": (double.replace("hush", "Hush"), (0, 40, 0)),
        "half": (right[: len(right) // 2], None),
        "empty": ("", None),
    }
    for name, (text, _) in files.items():
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
    known = {name: points for name, (_, points) in files.items()}
    with zipfile.ZipFile(folder / "exported.zip", "w") as archive:
        archive.writestr("tiny.ipynb", right)
    (folder / "corrupt.zip").write_bytes(b"PK\x03\x04 and nothing more")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7")
    return folder, known | {"exported": FULL, "corrupt": None, "paper": None}


def run(root: Path, *arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["grade", *map(str, arguments), "--assignment", "tiny", "--root", str(root)])
    return exit_.value.code or 0


def rows(out: Path, name: str = "scores.csv") -> list[dict[str, str]]:
    text = (out / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def totals(out: Path) -> dict[str, str]:
    return {row["id"]: row["total"] for row in rows(out)}


@pytest.fixture(scope="module")
def graded(built, class_, tmp_path_factory) -> Path:
    """The class and tests/hostile, graded by one process. Read only."""
    folder, _ = class_
    out = tmp_path_factory.mktemp("graded") / "out"
    files = [*sorted(folder.iterdir()), *(HERE / f"hostile/{name}.ipynb" for name in HOSTILE)]
    assert run(built.root, *files, "--out", out, "-j", 1) == 0
    return out


def test_every_score_is_right(graded, class_):
    found = {row["name"]: row for row in rows(graded)}
    for name, points in class_[1].items():
        row = found.pop(name)
        if points is None:
            assert (row["status"], row["total"]) == ("nothing to grade", "")
        else:
            assert (row["status"], float(row["total"])) == ("graded", sum(points)), name
            assert tuple(float(row[slug]) for slug in SLUGS) == points, name
    assert set(found) == set(HOSTILE)
    for name, row in found.items():
        notebook = json.loads((HERE / f"hostile/{name}.ipynb").read_text(encoding="utf-8"))
        about = notebook["metadata"]["hostile"]
        for slug, most in about["honest_points"].items():
            assert float(row[slug]) <= most
            assert slug not in about["keeps"] or float(row[slug]) == most


def test_each_handin_has_its_files(graded):
    ids = {row["id"] for row in rows(graded)}
    assert {file.stem for file in (graded / "results").iterdir()} == ids
    assert {file.stem for file in (graded / "feedback").iterdir()} == ids
    results = json.loads((graded / "results/double.json").read_text())
    scores = [test["score"] for test in results["tests"] if "score" in test]
    assert scores == [0, 40, 30]
    assert "Zo" in (graded / "report.html").read_text(encoding="utf-8")
    assert "zero already" in (graded / "written/q4_explain.html").read_text(encoding="utf-8")


def test_what_is_graded_is_not_graded_again(built, class_, graded, monkeypatch):
    """The tables and pages, too, are the same to the byte."""
    before = {file: file.read_bytes() for file in graded.rglob("*.*") if file.is_file()}
    monkeypatch.setattr(class_batch.ClassBatch, "grade", lambda *_: pytest.fail("graded again"))
    folder, _ = class_
    files = [*sorted(folder.iterdir()), *(HERE / f"hostile/{name}.ipynb" for name in HOSTILE)]
    random.Random(3).shuffle(files)
    assert run(built.root, *files, "--out", graded, "-j", 1) == 0
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize("way", ["two processes", "dask"])
def test_scores_do_not_depend_on_who_grades(way, built, class_, graded, tmp_path):
    files = [*class_[0].iterdir(), *(HERE / f"hostile/{name}.ipynb" for name in HOSTILE)]
    random.Random(7).shuffle(files)
    with contextlib.ExitStack() as stack:
        if way == "dask":
            cluster = pytest.importorskip("distributed").LocalCluster
            about = {"host": "127.0.0.1", "dashboard_address": None, "threads_per_worker": 1}
            at_work = stack.enter_context(cluster(n_workers=2, processes=True, **about))
            options = ["--dask", at_work.scheduler_address]
        else:
            options = ["-j", 2]
        assert run(built.root, *files, "--out", tmp_path, *options) == 0
    assert (tmp_path / "scores.csv").read_bytes() == (graded / "scores.csv").read_bytes()


# --- what may happen to processes and disks -----------------------------------------------------


class Here(ThreadPoolExecutor):
    """Workers in this process, with whatever function stands in for `perform`."""

    window = 3

    def close(self, at_once: bool = False) -> None:
        self.shutdown(not at_once)


def pretended(task: Task) -> dict:
    """Return a record at once, like a grader's: the points depend on the file alone."""
    time.sleep(0.01)
    if b"die" in task.contents:
        os.kill(os.getpid(), signal.SIGKILL)
    points = float(len(task.contents) % 31)
    question = QuestionScore("q1_double", points, 30.0, PASSED if points == 30 else FAILED)
    manual = QuestionScore("q4_explain", 0.0, 0.0, FAILED, manual=True)
    score = Score("tiny", "2026 spring", task.file, (question, manual))
    return {"score": score.to_json(), "fingerprint": {}, "essays": {}, "seconds": 0.01}


@pytest.fixture
def handins(tmp_path: Path) -> list[Handin]:
    folder = tmp_path / "handed_in"
    folder.mkdir()
    made = []
    for number in range(12):
        file = folder / f"s{number}.py"
        file.write_text("#" * (7 * number + 1), encoding="utf-8")
        made.append(Handin(file.stem, (Student(name=file.stem),), file))
    return made


@pytest.fixture
def batch_of(built, tmp_path, monkeypatch) -> Iterator[Callable[..., class_batch.ClassBatch]]:
    monkeypatch.setattr(batch, "perform", pretended)
    bundle = read_bundle(built.root / "autograder/hidden_tests/tiny")
    with Store(tmp_path / "out/.store") as store:

        def make(handins: list[Handin], **kit) -> class_batch.ClassBatch:
            return class_batch.ClassBatch(handins, bundle, task.Kit(**{"files": {}} | kit), store)

        yield make


def grade_here(of: class_batch.ClassBatch, told: list | None = None) -> None:
    with Here(2) as executor:
        of.grade(of.to_do(), executor, (told if told is not None else []).append)


def test_a_process_that_dies_costs_one_submission_and_is_noted(batch_of, handins):
    handins[5].file.write_text("die", encoding="utf-8")
    of = batch_of(handins)
    graders = workers.LocalWorkers(2, task.Kit({}))
    told = []
    of.grade(of.to_do(), graders, told.append)
    graders.close()
    scores = {result.handin.id: result.score for result in of.results()}
    assert [id_ for id_, score in scores.items() if score.outcome is BROKEN] == ["s5"]
    assert "died on this submission, twice" in scores["s5"].staff_notes[0]
    assert (told[-1].done, told[-1].count, told[-1].broken) == (12, 12, 1)
    # The next run grades it again, and not the others.
    assert [job.handin.id for job in of.to_do()] == ["s5"]
    handins[5].file.write_text("better", encoding="utf-8")
    of = batch_of(handins)
    grade_here(of)
    assert of.to_do() == []


def test_a_process_that_does_not_come_back_counts_as_dead():
    graders = workers.LocalWorkers(1, task.Kit({}), patience=1.0)
    with pytest.raises(workers.DEATHS):
        graders.submit(time.sleep, 600.0).result(60)
    assert graders.submit(int, "3").result(60) == 3
    graders.close()


def end_under_a_signal(folder: str) -> None:
    workers._begin(pickle.dumps(task.Kit({})), os.getppid())
    util.Finalize(None, Path(folder, "is late").touch, exitpriority=1)
    util.Finalize(None, os.kill, (os.getpid(), signal.SIGTERM), exitpriority=2)


def test_a_signal_does_not_disturb_the_exit_of_a_worker(tmp_path):
    """Or what is finalized later, such as a semaphore, would outlive it."""
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=end_under_a_signal, args=(str(tmp_path),))
    worker.start()
    worker.join(60)
    assert os.listdir(tmp_path) == ["is late"]


def test_a_worker_that_dies_between_two_tasks_is_replaced():
    graders = workers.LocalWorkers(1, task.Kit({}))
    process = graders.submit(eval, "__import__('os').getpid()").result(60)
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while graders._pool.active and time.monotonic() < deadline:
        time.sleep(0.05)
    assert graders.submit(int, "3").result(60) == 3
    # It also takes up another kit, in place of the first.
    known = "[*__import__('tools.grading.desk').grading.desk._KITS]"
    first, second = task.Kit({}), task.Kit({"a.txt": b"another"})
    assert graders.submit(eval, known).result(60) == [first.key]
    graders.take_up(second)
    assert graders.submit(eval, known).result(60) == [second.key]
    graders.close()


def test_workers_that_cannot_start_end_the_run(batch_of, handins, monkeypatch):
    def fails(_: Task) -> dict:
        raise task.StartError("There is no sandbox here.")

    monkeypatch.setattr(batch, "perform", fails)
    of = batch_of(handins)
    with pytest.raises(task.StartError, match="no sandbox"):
        grade_here(of)
    assert len(of.to_do()) == 12
    assert not any(result.score for result in of.results())


@pytest.mark.parametrize("error", [TimeoutError("it hangs"), ValueError("an accident")])
def test_no_number_of_deaths_in_a_row_ends_the_run(batch_of, handins, monkeypatch, error):
    def dies(_: Task) -> dict:
        raise error

    monkeypatch.setattr(batch, "perform", dies)
    of = batch_of(handins)
    told = []
    grade_here(of, told)
    assert [result.score.outcome for result in of.results()] == [BROKEN] * 12
    assert (told[-1].done, told[-1].broken) == (12, 12)


def test_workers_that_no_longer_start_end_the_run(batch_of, handins, monkeypatch):
    own, begun, one_at_a_time = batch.perform, [], threading.Lock()

    def starts_at_first(task_: Task) -> dict:
        # Or a busy machine could finish the fourth after many failures, which would count anew.
        with one_at_a_time:
            begun.append(task_)
            if len(begun) > 4:
                raise task.StartError("The disk is full.")
            return own(task_)

    monkeypatch.setattr(batch, "perform", starts_at_first)
    of = batch_of(handins)
    with pytest.raises(task.StartError, match="disk is full"):
        grade_here(of)
    assert 4 + class_batch.HOPELESS <= len(begun) <= 12
    assert sum(result.score is not None for result in of.results()) < 12


def test_memory_holds_a_few_files_at_a_time(batch_of, handins, monkeypatch):
    of = batch_of(handins)
    told: list[terminal.Told] = []
    grade_here(of, told)
    assert max(len(each.doing) for each in told) <= Here.window


def test_an_interrupted_run_keeps_what_is_done(batch_of, handins):
    of = batch_of(handins)

    def interrupt(told: terminal.Told) -> None:
        if told.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Here(2) as executor:
        of.grade(of.to_do(), executor, interrupt)
    assert len(of.to_do()) <= 8
    waiting = [result for result in of.results() if result.waiting]
    assert len(waiting) == len(of.to_do())


def test_a_full_disk_is_said_and_loses_nothing(built, class_, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(batch, "perform", pretended)
    monkeypatch.setattr("tools.commands.class_run._workers", _here)
    out = tmp_path / "out"
    put, kept = Store.put, []

    def full(self: Store, *record) -> object:
        if len(kept) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder / "x.json"))
        kept.append(put(self, *record))
        return kept[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", full)
        assert run(built.root, class_[0], "--out", out) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said and "make room on a full disk" in said
    assert "Traceback" not in said
    assert not (out / "scores.csv").exists()
    before = len(kept)
    assert run(built.root, class_[0], "--out", out) == 0
    assert before == 3 <= len(list((out / ".store").glob("*.json")))
    assert all(row["status"] != "not graded yet" for row in rows(out))


@contextlib.contextmanager
def _here(*_: object) -> Iterator[Here]:
    with Here(2) as executor:
        yield executor


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full_damages_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk]).returncode:
        pytest.skip("no tmpfs here")
    try:
        with Store(disk / ".store") as store, pytest.raises(OSError, match="No space left"):
            for number in range(100):
                store.put(f"s{number}", "0" * 32, {"text": "x" * 3000})
        with Store(disk / ".store") as store:
            files = list(store.folder.glob("*.json"))
            assert 5 < len(files) < 30
            for file in files:
                assert json.loads(file.read_bytes())
            assert not [f for f in store.folder.iterdir() if f.name.startswith(".")]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_runs_do_not_share_a_folder(tmp_path):
    with Store(tmp_path), pytest.raises(BusyError, match="another run is using it"):
        Store(tmp_path).__enter__()
    with Store(tmp_path) as store:
        store.put("anna", "0" * 32, {"a": 1})
        store.put("anna", "0" * 32, {"a": 2})
        (tmp_path / f"anna.{'0' * 32}.0003.json").write_text("{")
    with Store(tmp_path) as store:
        assert [entry.read() for entry in store.entries("anna")] == [{"a": 1}, {"a": 2}, None]


KILLED = """
import sys
import time
from pathlib import Path


def pretended(task):
    from autograder.results.score import Outcome, QuestionScore, Score

    time.sleep(0.01)
    question = QuestionScore("q1_double", float(len(task.contents) % 31), 30.0, Outcome.FAILED)
    score = Score("tiny", "2026 spring", task.file, (question,))
    return {"score": score.to_json(), "fingerprint": {}, "essays": {}, "seconds": 0.01}


if __name__ == "__main__":
    from tools.commands import class_run, request
    from tools.grading import batch

    batch.perform = pretended
    root, folder, out = map(Path, sys.argv[1:])
    sys.exit(class_run.run(request.Request(root, "tiny", (folder,), out, workers=2)))
"""


def test_a_killed_run_goes_on_where_it_was(built, handins, tmp_path):
    """Killed six times, before the first record, between records, and while pages are written."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    folder = handins[0].file.parent
    for number in range(12, 30):
        (folder / f"s{number}.py").write_text("#" * (5 * number), encoding="utf-8")

    def start(out: Path) -> subprocess.Popen:
        paths = {"PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
        return subprocess.Popen(
            [sys.executable, script, built.root, folder, out],
            env={**os.environ, **paths},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    undisturbed = start(tmp_path / "undisturbed")
    out = tmp_path / "out"
    moments = random.Random(11)
    for wanted in [0, 3, 9, 15, 24, 30]:
        process = start(out)
        below: list[psutil.Process] = []
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psutil.Error):
                below = psutil.Process(process.pid).children(recursive=True) or below
            if len(list(out.glob(".store/*.json"))) >= wanted and (below or wanted == 30):
                break
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.wait()
        gone, alive = psutil.wait_procs(below, timeout=10)
        assert not alive
    assert start(out).wait(60) == undisturbed.wait(60) == 0
    assert (out / "scores.csv").read_bytes() == (tmp_path / "undisturbed/scores.csv").read_bytes()
    assert len(rows(out)) == 30
    assert {row["status"] for row in rows(out)} == {"graded"}


# --- regrade ------------------------------------------------------------------------------------


def test_a_regrade_says_what_changed_and_why(batch_of, handins, monkeypatch):
    of = batch_of(handins[:2])
    grade_here(of)

    def other(task: Task) -> dict:
        record = pretended(task)
        if task.file == "s1.py":
            record["score"]["questions"][0]["points"] = 12.0
        return record

    monkeypatch.setattr(batch, "perform", other)
    # An instructor fixes a test: the bundle changes, and everything is graded again.
    of = batch_of(handins[:2], files={"q1_double.py": b"mended"})
    assert len(of.to_do()) == 2
    grade_here(of)
    changed = [
        change
        for job in of.jobs
        for change in regrade.latest_changes(job.handin, of.store, job.key)
    ]
    (one,) = changed
    assert (one.handin.id, one.question, one.old, one.new) == ("s1", "q1_double", 8.0, 12.0)
    assert one.why == "other tests"
    table = regrade.regrade_csv(changed)
    assert table.splitlines()[1] == "s1,s1,,,q1_double,8,12,other tests"


def test_records_of_an_earlier_version_count_and_damaged_ones_do_not(batch_of, handins):
    of = batch_of(handins[:2])
    for job, damage in zip(of.jobs, [False, True], strict=True):
        record = pretended(task.Task("a.py", b"#" * 40, "", ""))
        for key in ("measured", "curves"):
            del record["score"][key]
        record["score"] |= {"leaderboard": {}} if not damage else {"questions": None}
        of.store.put(job.handin.id, job.key, record | {"file": job.digest, "kit": "", "grader": ""})
    assert [job.handin.id for job in of.to_do()] == ["s1"]
    grade_here(of)
    found = regrade.latest_changes(handins[1], of.store, of.jobs[1].key)
    assert found == [] and of.to_do() == []


def test_a_regrade_that_is_interrupted_goes_on(batch_of, handins):
    of = batch_of(handins)
    grade_here(of)
    ids = [handin.id for handin in handins]
    again = regrade.Regrade(of.store.folder)
    after = again.begin(of.store, ids)
    after = class_batch.Again(after)
    assert len(of.to_do(after)) == 12
    with Here(2) as executor:
        of.grade(of.to_do(after)[:5], executor, lambda _: None)
    # The next run finds the same beginning.
    assert regrade.Regrade(of.store.folder).begin(of.store, ids) == after.after
    assert len(of.to_do(after)) == 7
    assert of.to_do() == []
    again.end()
    assert len(of.to_do(class_batch.Again(again.begin(of.store, ids)))) == 12


def record(points: float, *tests: OneTest, outcome: Outcome = FAILED, **about: str) -> dict:
    question = QuestionScore("q1_double", points, 30.0, outcome, tests)
    score = Score("tiny", "", "a.ipynb", (question,))
    return {"score": score.to_json(), "kit": "k", "grader": "g"} | about


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (
            record(9, OneTest("One", True, 9, 9, PASSED), kit="l"),
            "other tests; One: failed → passed",
        ),
        (
            record(9, OneTest("Two", True, 9, 9, PASSED), grader="h"),
            "graded by another version; Two: new, passed; One: gone",
        ),
        (record(0, outcome=BROKEN), "the grader broke now"),
        (record(3, OneTest("One", True, 3, 9, FAILED)), "graded twice by the same tests"),
    ],
)
def test_the_reason_names_the_tests(now, why):
    before = record(0.0 if now["score"]["questions"][0]["points"] else 5.0,
                    OneTest("One", True, 0, 9, FAILED))  # fmt: skip
    (change,) = regrade.changes(Handin("a", (), None), before, now)
    assert change.why.startswith(why)


# --- marks --------------------------------------------------------------------------------------


@pytest.fixture
def scheme(built) -> marks.MarkingScheme:
    bundle = read_bundle(built.root / "autograder/hidden_tests/tiny")
    questions = [replace(q, points=10.0) if q.manual else q for q in bundle.questions]
    texts = {"anna": {"q4_explain": "Because."}, "ben": {}}
    return marks.MarkingScheme(replace(bundle, questions=tuple(questions)), texts)


def test_marks_are_merged_and_kept(scheme):
    names = pseudonyms("q4_explain", {"anna": "Because.", "ben": ""})
    text = f"assignment;question;answer;points\ntiny;q4_explain;{names['anna'].lower()};7,5\n"
    text += f"tiny;q4_explain;{names['ben']};\n"
    given = marks.read_marks(text, "marks.csv", scheme)
    first = marks.Mark("q4_explain", names["anna"], 7.5)
    assert marks.by_handin(given, scheme) == {"anna": {"q4_explain": first}}
    comment = '=well, "done"'
    last = marks.Mark("q4_explain", names["anna"], 8.0, comment, "says why; how far")
    later = marks.latest(given, [last])
    written = marks.marks_csv(later, "tiny")
    assert marks.read_marks(written, "marks.csv", scheme) == later
    manual = QuestionScore("q4_explain", 0.0, 0.0, FAILED, manual=True)
    score = Score("tiny", "", "a", (QuestionScore("q1_double", 30.0, 30.0, PASSED), manual))
    marked = marks.marked(score, {"q4_explain": 8.0}, scheme.most, {"q4_explain": last.told})
    assert (marked.points, marked.max_points) == (38.0, 40.0)
    assert marked.questions[1].note == f"Met: says why; how far.\n{comment}"
    assert marked.questions[1].note_at_once == "", "a comment waits for the points"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("tiny,q4_explain,XXXXX,3", 'q4_explain has no answer "XXXXX"'),
        ("tiny,q4_explain,{anna},11", "11 points, but q4_explain has at most 10"),
        ("tiny,q4_explain,{anna},-1", '"-1" is not a number of points'),
        ("tiny,q4_explain,{anna},nan", '"nan" is not a number of points'),
        ("tiny,q4_explain,{anna},many", '"many" is not a number of points'),
        ("tiny,q1_double,{anna},3", 'no question "q1_double" is marked by hand'),
        ("other,q4_explain,{anna},3", 'these are marks of "other", not of tiny'),
        ("tiny,q4_explain,{ben},4", "has other points or another comment above"),
    ],
)
def test_a_bad_mark_is_named_by_its_line(scheme, line, error):
    names = pseudonyms("q4_explain", {"anna": "Because.", "ben": ""})
    text = "assignment,question,answer,points\n\n" + f"tiny,q4_explain,{names['ben']},3\n"
    with pytest.raises(marks.MarksError) as raised:
        marks.read_marks(text + line.format(**names) + "\n", "marks.csv", scheme)
    assert str(raised.value).startswith("marks.csv, line 4: ")
    assert error in str(raised.value)


def test_a_csv_of_something_else_is_no_marks(scheme):
    with pytest.raises(ClassError, match=r"line 1: there is no column assignment"):
        marks.read_marks("name,email\n", "marks.csv", scheme)
    text = (
        'assignment,question,answer,points,comment\ntiny,q4_explain,A,1,"good\ntiny,q4_explain,B,2,'
    )
    with pytest.raises(ClassError, match=r"the quote that opens in line 2 is never closed"):
        marks.read_marks(f"{text}\n", "marks.csv", scheme, strangers=True)


# --- written answers ----------------------------------------------------------------------------


def test_a_written_answer_is_found_though_cells_have_new_ids(built):
    release = json.loads((built.root / "student_release/tiny/tiny.ipynb").read_text())
    sheet = essays.read_sheet(_joined(release), ["q4_explain"])
    assert essays.essays(release, sheet) == {"q4_explain": essays.Essay("")}
    cells = release["cells"]
    (at,) = [n for n, cell in enumerate(cells) if cell.get("id") == "q4_answer"]
    cells[at]["source"] = ["Because **twice**\n", "is once. ![a](data:image/png;base64,AAAA)"]
    cells.insert(at + 1, {"cell_type": "markdown", "source": "And more.", "metadata": {}})
    cells.insert(at + 1, {"cell_type": "code", "source": "1 / 0", "metadata": {}})
    for cell in cells:
        cell.pop("id", None)
    (found,) = essays.essays(release, sheet).values()
    assert found.text == "Because **twice**\nis once. ![a]((an image))\n\nAnd more."
    assert found.images == 1


def _joined(notebook: dict) -> dict:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


@pytest.mark.parametrize("cells", [None, 3, [1, {"cell_type": "markdown", "source": [1, None]}]])
def test_a_notebook_that_is_none_has_no_written_answers(built, cells):
    prompt = essays.Prompt("above", "q4_answer", "type here")
    sheet = essays.AnswerSheet({"q4_explain": prompt}, frozenset())
    assert essays.essays({"cells": cells}, sheet) == {"q4_explain": essays.Essay("")}


# --- tables -------------------------------------------------------------------------------------


def test_points_that_are_not_final_are_no_zeros(built, tmp_path):
    bundle = read_bundle(built.root / "autograder/hidden_tests/tiny")
    broken = unexamined(bundle, [], BROKEN)
    half = replace(
        broken,
        questions=(
            QuestionScore(
                "q1_double", 30.0, 30.0, PASSED, misconceptions=(Misconception("q1_slug", "h"),)
            ),
            *broken.questions[1:],
        ),
    )
    book = gradebook.Gradebook(
        tmp_path, gradebook.Class(bundle, missing=[Student("=cmd()", "m@uni.example")])
    )
    file = Path("a.ipynb")
    anna = Handin("anna", (Student("Anna", sid="1"), Student("Ben", sid="2")), file, late="LATE")
    book.add(class_batch.Result(anna, half))
    book.add(class_batch.Result(Handin("clara", (Student("Clara"),), file), waiting=True))
    book.add(class_batch.Result(Handin("dan", (Student("Dan"),), None, problem="A PDF.")))
    torn = replace(unexamined(bundle, ["The file is damaged."]), readable=False)
    book.add(class_batch.Result(Handin("eve", (Student("Eve"),), file), torn))
    book.finish()
    page = (tmp_path / "written/q4_explain.html").read_text(encoding="utf-8")
    assert page.count("data-answer=") == 2, "marks for what cannot be read would count nowhere"
    book.write_scores()
    found = {row["name"]: row for row in rows(tmp_path)}
    assert [found[n]["status"] for n in ("Anna", "Ben", "Clara", "Dan")] == [
        "broken", "broken", "not graded yet", "nothing to grade",
    ]  # fmt: skip
    assert found["Anna"]["q1_double"] == "30" and found["Anna"]["q2_center"] == ""
    assert (found["Anna"]["hints"], found["Anna"]["late"]) == ("q1_slug", "LATE")
    assert found["'=cmd()"]["status"] == "nothing handed in"
    assert {row["total"] for row in found.values()} == {""}
    assert len(book.fill_lms("canvas").text.splitlines()) == 2
    assert not (tmp_path / "feedback/clara.html").exists()


def report(root: Path, *arguments: object) -> int:
    with pytest.raises(SystemExit) as exit_:
        cli.main(["report", *map(str, arguments), "--root", str(root)])
    return exit_.value.code or 0


def test_a_report_grades_nothing_and_takes_what_was_graded(
    built, class_, tmp_path, monkeypatch, capsys
):
    """Even if the tests have changed since, and `unroll grade` would grade again."""
    monkeypatch.setattr(batch, "perform", pretended)
    monkeypatch.setattr("tools.commands.class_run._workers", _here)
    monkeypatch.setattr(
        "tools.commands.class_inputs.parse_bundle",
        lambda *arguments: replace(parse_bundle(*arguments), feedback="graded"),
    )
    out = tmp_path / "out"
    assert run(built.root, class_[0], "--out", out) == 0
    before, page = (out / "scores.csv").read_bytes(), out / "feedback/right.html"
    assert "Points and all results follow" in page.read_text(encoding="utf-8")
    monkeypatch.setattr(batch, "perform", lambda task: pytest.fail("graded"))
    monkeypatch.setattr(class_batch, "grader_version", lambda: "another")
    capsys.readouterr()
    assert report(built.root, out, "--published", "--csv", "canvas") == 0
    assert "Points and all results follow" not in page.read_text(encoding="utf-8")
    assert (out / "scores.csv").read_bytes() == before
    assert (out / "scores-canvas.csv").exists()
    said = capsys.readouterr().out
    assert "(0 now)" in said
    # A new file has no record.
    (class_[0] / "late.py").write_text("x = 1")
    try:
        assert report(built.root, out) == 0
    finally:
        (class_[0] / "late.py").unlink()
    assert {row["name"] for row in rows(out) if row["status"] == "not graded yet"} == {"late"}
    opened = []
    monkeypatch.setattr("click.launch", opened.append)
    assert report(built.root, out, "--open") == 0 and opened == [str(out / "report.html")]
    assert report(built.root, tmp_path) == 1
    assert "no class was graded here. Name the folder" in capsys.readouterr().err
    class_[0].rename(tmp_path / "elsewhere")
    try:
        assert report(built.root, out) == 1
        assert "the submissions are gone. Put them back, or give" in capsys.readouterr().err
    finally:
        (tmp_path / "elsewhere").rename(class_[0])


def test_roster_csv_and_marks_in_one_run(built, class_, tmp_path, monkeypatch, capsys):
    """The whole command, with a grader that pretends."""
    monkeypatch.setattr(batch, "perform", pretended)
    monkeypatch.setattr("tools.commands.class_run._workers", _here)
    names = tmp_path / "roster.csv"
    names.write_text("name,email,sid\nright,r@uni.example,1\nNobody,n@uni.example,2\n")
    options = ["--roster", names, "--csv", "gradescope", "--csv", "moodle"]
    out = tmp_path / "out"
    assert run(built.root, class_[0], "--out", out, *options) == 0
    said = capsys.readouterr().out
    assert "Nobody: handed in nothing" in said
    found = {row["name"]: row for row in rows(out)}
    assert (found["right"]["email"], found["right"]["in roster"]) == ("r@uni.example", "yes")
    assert (found["quiet"]["in roster"], found["Nobody"]["status"]) == ("no", "nothing handed in")
    assert "Nobody" in (out / "scores-gradescope.csv").read_text()
    assert (out / "scores-moodle.csv").exists()

    known = json.loads((out / ".store/ledger.json").read_text())["answers"]["q4_explain"]
    (answer,) = [name for name, id_ in known.items() if id_ == "right"]
    assert answer in (out / "written/q4_explain.html").read_text(encoding="utf-8")
    by_hand = tmp_path / "marks.csv"
    by_hand.write_text(f"assignment,question,answer,points\ntiny,q4_explain,{answer},2.5\n")
    before = float(found["right"]["total"])
    # The question is worth nothing, so only extra credit, or a rubric, limits its points.
    extra = {"q4_explain": 2.0}
    monkeypatch.setattr("tools.commands.class_inputs._extra_credit", lambda *_: extra)
    assert run(built.root, class_[0], "--out", out, "--written", by_hand) == 1
    assert "2.5 points, but q4_explain has at most 2. Allow more" in capsys.readouterr().err
    extra["q4_explain"] = 3.0
    assert run(built.root, class_[0], "--out", out, "--written", by_hand) == 0
    # From then on they count, without being passed again.
    assert run(built.root, class_[0], "--out", out) == 0
    (row,) = [row for row in rows(out) if row["name"] == "right"]
    assert (float(row["total"]), row["q4_explain"]) == (before + 2.5, "2.5")

    by_hand.write_text("assignment,question,answer,points\ntiny,q4_explain,ABCDE,2\n")
    assert run(built.root, class_[0], "--out", out, "--written", by_hand) == 1
    assert "marks.csv, line 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--layout", "folders"], "Invalid value for '--layout'"),
        (["--csv", "excel"], "Invalid value for '--csv'"),
        (["--csv-template", "x.csv"], "'x.csv' does not exist"),
        (["--csv-template", __file__], "--csv-template needs one --csv"),
        (["--dask", "tcp://a:1", "-j", 2], "-j is for this machine"),
    ],
)
def test_wrong_usage(built, class_, tmp_path, options, error, capsys):
    assert run(built.root, class_[0], "--out", tmp_path, *options) == 2
    assert error in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "error"),
    [("nowhere", "not an address"), ("tcp://127.0.0.1:1", "no Dask scheduler")],
)
def test_a_cluster_that_is_not_there(built, class_, tmp_path, monkeypatch, address, error, capsys):
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)
    assert run(built.root, class_[0], "--out", tmp_path, "--dask", address) == 1
    assert error in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"WORKERLESS_SECONDS": 1.0}, " s. Start some (dask worker tcp://"),
        ({"patience": 1.0}, "nothing was graded for 1 s. Look at what the workers say, then give"),
    ],
    ids=["no worker", "no progress"],
)
def test_a_cluster_that_does_nothing_is_not_waited_for(
    built, class_, tmp_path, monkeypatch, limits, error, capsys
):
    cluster = pytest.importorskip("distributed").LocalCluster
    about = {"host": "127.0.0.1", "dashboard_address": None}
    if "patience" in limits:
        monkeypatch.setattr(
            "tools.commands.class_run.PATIENCE_SECONDS", limits["patience"] - 2 * 540
        )
    else:
        monkeypatch.setattr(dask, "WORKERLESS_SECONDS", limits["WORKERLESS_SECONDS"])
    with cluster(n_workers=0, **about) as at_work:
        address = at_work.scheduler_address
        assert run(built.root, class_[0], "--out", tmp_path, "--dask", address) == 1
    said = capsys.readouterr().err
    assert error in said and "what is done is kept" in said and "Traceback" not in said


def test_a_folder_with_nothing_to_grade(built, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert run(built.root, tmp_path / "in", "--out", tmp_path / "out") == 1
    assert "there is nothing in it" in capsys.readouterr().err


def test_the_parts_of_files_are_removed(tmp_path):
    write_atomically(tmp_path / "a.json", b"{}")
    (tmp_path / ".abcd1234").write_bytes(b"{")
    with Store(tmp_path):
        assert not (tmp_path / ".abcd1234").exists()
    assert (tmp_path / "a.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_python_loses_is_heard_at_the_next_progress(number):
    """Python drops what is raised in a finalizer, wherever one happens to run."""
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), terminal.shown("work: ") as tell:
        tell(terminal.Told("grading"))
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), number)
            time.sleep(1.0)
        tell(terminal.Told("grading"))
    assert signal.getsignal(number) is before
