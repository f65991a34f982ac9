"""How the cost of a class grows with submissions, processes and the workers of a cluster.

    python benchmarks/scale.py [--counts 1 10 100 1000 10000] [--real 4] [--dask 10000]

On paper, with n submissions, w workers and seconds of CPU: each worker starts once and takes S; a
submission costs c, its own code and its share of the examiner's; and the machine of the command
spends m on it: reading and hashing the file, sending it, storing the record. So

    CPU(n, w) = w S + n (c + m)        time(n, w) = S + max(n c / w, n m)

Nothing grows faster than n, and a worker more pays off until w = c / m. A worker's memory does not
depend on n. The command's is n times what it knows of a hand-in, about 5 kB: files and records lie
on the disk. A scheduler has two tasks for each worker at a time, whatever n is.

Measured: m and the memory of the command by a pretended grader, which answers at once; S and c by a
real one, with --real submissions for each worker; m and the memory of a Dask scheduler with two
workers, by a pretended grader again, with --dask submissions.

{table}
"""

import argparse
import functools
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import psutil
import spent

from autograder.assignment.bundle import Bundle, read_bundle
from autograder.results.score import Outcome, QuestionScore, TestScore, unexamined
from tools.grading.class_batch import ClassBatch
from tools.grading.store import Record, Store
from tools.grading.task import Kit, Task
from tools.grading.workers import Workers
from tools.handins.handin import Handin, Student

ROOT = Path(__file__).parents[1]
FACTS = "hidden state: first difference at step 1, of the order 1e-1"
NAME = "rnn_from_scratch"
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
WORKER = "from distributed.cli.dask_worker import main; main()"


def pretended_record(bundle: Bundle) -> Record:
    """Return a record as large as a real one, in which everything has failed."""
    questions = []
    for question in bundle.graded:
        tests = tuple(
            TestScore(
                case.title, case.hidden, 0.0, case.points, Outcome.FAILED, case.hint, "x" * 90
            )
            for case in bundle.tests_of(question.name)
        )
        failed = (question.name, 0.0, question.points, Outcome.FAILED, tests)
        questions.append(QuestionScore(*failed))
    score = replace(unexamined(bundle, []), questions=tuple(questions))
    return {"score": score.to_json(), "seconds": 0.0}


def pretend(record: Record, task: Task) -> Record:
    """Grade nothing."""
    return record | {"bytes": len(task.contents)}


class AtOnce:
    """Workers that have done everything as soon as they are asked."""

    window = 2

    def submit(self, perform: Callable[[Task], Record], task: Task) -> Future:
        future: Future = Future()
        future.set_result(perform(task))
        return future

    def close(self, at_once: bool = False) -> None:
        pass


class Pretending:
    """Workers whose grader is a pretended one."""

    def __init__(self, workers: Workers, record: Record) -> None:
        self._workers, self._record = workers, record

    @property
    def window(self) -> int:
        return self._workers.window

    def submit(self, _: Callable, task: Task) -> Future:
        return self._workers.submit(functools.partial(pretend, self._record), task)

    def close(self, at_once: bool = False) -> None:
        self._workers.close(at_once)


def hand_in(folder: Path, count: int) -> list[Path]:
    """Return so many names of one file, the solution."""
    folder.mkdir()
    first = folder / "0.ipynb"
    first.write_bytes((ROOT / f"solutions/{NAME}.ipynb").read_bytes())
    files = [folder / f"{number}.ipynb" for number in range(count)]
    for file in files[1:]:
        os.link(first, file)
    return files


def pretend_class(folder: Path, count: int, connect: Callable[[Kit], Workers]) -> None:
    """Have a class graded by a pretended grader, and read the results as a report does."""
    bundle = read_bundle(ROOT / "autograder/hidden_tests" / NAME)
    files = hand_in(folder / "files", count)
    handins = [Handin(file.stem, (Student(file.stem),), file) for file in files]
    kit = Kit({})
    workers = Pretending(connect(kit), pretended_record(bundle))
    with Store(folder / "store") as store:
        batch = ClassBatch(handins, bundle, kit, store)
        batch.grade(batch.to_do(), workers, lambda told: None)
        assert sum(1 for result in batch.results() if result.score) == count
    workers.close()


def in_this_process(count: int) -> None:
    """Print what the machine of the command spends on a pretended class: seconds, megabytes."""
    started, before = time.process_time(), _most_mb()
    with tempfile.TemporaryDirectory() as folder:
        pretend_class(Path(folder), count, lambda kit: AtOnce())
    print(json.dumps([time.process_time() - started, _most_mb() - before]))


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def grow(counts: Sequence[int]) -> None:
    """Print how the command's share grows, each count in a process of its own."""
    for count in counts:
        command = [sys.executable, __file__, "--pretend", count]
        done = subprocess.run(list(map(str, command)), check=True, capture_output=True)
        seconds, megabytes = json.loads(done.stdout)
        each = f"{1000 * seconds / count:.1f} ms and {1024 * megabytes / count:.1f} kB each"
        print(
            f"command, {count:6,} submissions: {seconds:6.2f} s of CPU, {megabytes:4.0f} MB; {each}"
        )


def start_once(real: int) -> None:
    """Print S and c, from real runs with one and two workers, and few and more submissions."""
    seconds = {}
    for workers, share in itertools.product((1, 2), (1, real)):
        with tempfile.TemporaryDirectory() as folder:
            files = hand_in(Path(folder) / "files", workers * share)
            command = [sys.executable, "-m", "tools", "grade", *files, "--assignment", NAME]
            command += ["--out", f"{folder}/out", "-j", workers]
            used = spent.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, memory=True)
        seconds[workers, share] = used.cpu
        told = f"{workers * share} submissions, {workers} workers"
        print(f"real, {told}: {used.cpu:.1f} s of CPU, {used.memory_mb:.0f} MB in all processes")
    c = (seconds[2, real] - seconds[2, 1]) / (2 * (real - 1))
    start = seconds[2, 1] - seconds[1, 1] - c
    print(f"real: S = {start:.1f} s for each worker, c = {c:.2f} s for each submission")


def on_a_cluster(count: int) -> None:
    """Print what a scheduler with two workers needs for a pretended class."""
    from tools.grading.dask import DaskWorkers

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        about = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        scheduler = _started(SCHEDULER, *about, **quiet)
        options = ["--scheduler-file", file, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
        workers = [_started(WORKER, *options, **quiet) for _ in range(2)]
        try:
            while not file.exists() or not file.read_text():
                time.sleep(0.1)
            address = json.loads(file.read_text())["address"]
            process = psutil.Process(scheduler.pid)
            before, started = process.memory_info().rss, time.monotonic()
            pretend_class(Path(folder), count, functools.partial(DaskWorkers, address))
            seconds, used = time.monotonic() - started, process.cpu_times()
            grown = (process.memory_info().rss - before) / 2**20
        finally:
            for each in (*workers, scheduler):
                each.terminate()
                each.wait()
    each = 1000 * (used.user + used.system) / count
    print(
        f"scheduler, {count:,} submissions, 2 workers: {each:.1f} ms of CPU each, "
        f"{before / 2**20:.0f} MB + {grown:.0f} MB; {count / seconds:.0f} submissions a second"
    )


def _started(code: str, *options: object, **how) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, options)], **how)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=int, nargs="*", default=[1, 10, 100, 1000, 10_000])
    parser.add_argument("--real", type=int, default=4, help="submissions a worker; 0: none")
    parser.add_argument("--dask", type=int, default=10_000, help="submissions; 0: none")
    parser.add_argument("--pretend", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pretend:
        in_this_process(options.pretend)
        return
    grow(options.counts)
    if options.real:
        start_once(options.real)
    if options.dask:
        on_a_cluster(options.dask)


if __name__ == "__main__":
    main()
