"""How fast a class is graded, and whether each score is right, however it is graded.

    python benchmarks/grading.py [-j 2] [--count 200] [--otter 5] [--one] [--ways] [--kills 10]

Makes a class whose points are known (class_of_200.py), grades it with `unroll grade`, and checks
every row of scores.csv against what is known. It counts seconds of CPU, which a busy machine
changes little: those of the students' own code, of the start, and of the rest, the overhead. Then,
as requested:

--otter N  has `otter run` grade N of the files, and prints how many times as much CPU that takes
--one      grades the solution alone, from the command to the table
--ways     grades it again with one process, in another order, and on a Dask cluster on this machine
--kills N  grades it again and kills the run N times at random moments, as `kill -9` does

Grading again must give the same bytes. The exit code is 1 when a score is wrong or differs.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import spent
from class_of_200 import ROOT, Class, Known, wrong

from tools.course.settings import read_course
from tools.master.known_answers import read_bank
from tools.master.master import Master, read
from tools.release.build import assemble

# A run is killed after at most this many seconds; it starts in three, and must get somewhere.
LATEST_KILL = 25.0


@dataclass(frozen=True)
class Bench:
    """The files of a class and where they are graded."""

    name: str
    folder: Path
    files: Sequence[Path]

    def command(self, out: str, *options: object, files: Sequence[Path] = ()) -> list[str]:
        """Return the command that grades into a folder of its own."""
        command = [sys.executable, "-m", "tools", "grade", *(files or self.files)]
        command += ["--assignment", self.name, "--out", self.folder / out, *options]
        return list(map(str, command))

    def start(self, out: str, *options: object, files: Sequence[Path] = ()) -> subprocess.Popen:
        """Start it."""
        command = self.command(out, *options, files=files)
        return subprocess.Popen(command, cwd=ROOT, start_new_session=True)

    def measured(self, out: str, *options: object, files: Sequence[Path] = ()) -> spent.Spent:
        """Run it; the exit code says what the class is like."""
        return spent.run(self.command(out, *options, files=files), codes=(0, 1), cwd=ROOT)

    def scores(self, out: str) -> bytes:
        """Return the table of scores written there."""
        return (self.folder / out / "scores.csv").read_bytes()

    def same(self, out: str) -> bool:
        """Return and print whether the scores are those of the first run."""
        equal = self.scores(out) == self.scores("out")
        print(f"{out}: scores.csv {'is the same to the byte' if equal else 'DIFFERS'}")
        return equal


def make_class(master: Master, folder: Path, count: int) -> list[Known]:
    """Write the class into a folder."""
    members = Class(master, read_bank(ROOT, master)).members(count)
    folder.mkdir(parents=True, exist_ok=True)
    for known in members:
        (folder / known.name).write_bytes(known.contents)
    return members


def wrong_scores(bench: Bench, members: Sequence[Known], master: Master) -> int:
    """Print which scores differ from the known ones; return how many."""
    text = bench.scores("out").decode("utf-8")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    most = {question.name: question.points for question in master.questions if not question.manual}
    errors = 0
    for known in members:
        for told in wrong(rows[Path(known.name).stem], known, most):
            errors += 1
            print(f"{known.name}: {told}; lost should be {sorted(known.lost) or 'nothing'}")
    print(f"{len(members)} submissions, {errors} scores wrong")
    return errors


def students_seconds(bench: Bench) -> float:
    """Return the CPU seconds of the students' own code, all together."""
    records = (
        json.loads(file.read_bytes()) for file in (bench.folder / "out/.store").glob("*.*.json")
    )
    return sum(record["score"]["cpu_seconds"] for record in records)


def otter_seconds(name: str, files: Sequence[Path], folder: Path) -> float:
    """Return the CPU seconds that `otter run` takes for one of these files."""
    bundle_zip = folder / "otter.zip"
    outputs = assemble(ROOT, read_course(ROOT), name).outputs
    bundle_zip.write_bytes(outputs[f"build/{name}-otter.zip"])
    seconds = 0.0
    for file in files:
        command = [sys.executable, "-m", "otter", "run", "-a", bundle_zip, "-o", folder, file]
        seconds += spent.run(command, cwd=folder, stdout=subprocess.DEVNULL).cpu
    return seconds / len(files)


def grade_in_other_ways(bench: Bench) -> bool:
    """Grade with one process, in another order, and on a cluster."""
    shuffled = random.Random(1).sample(bench.files, len(bench.files))
    bench.start("one", "-j", 1).wait()
    bench.start("shuffled", "-j", 2, files=shuffled).wait()
    with dask_cluster() as address:
        bench.start("dask", "--dask", address).wait()
    return all([bench.same("one"), bench.same("shuffled"), bench.same("dask")])


@contextlib.contextmanager
def dask_cluster() -> Iterator[str]:
    """Start a scheduler and two workers on this machine, as processes of their own."""
    from distributed import LocalCluster

    about = {"host": "127.0.0.1", "dashboard_address": None, "threads_per_worker": 1}
    with LocalCluster(n_workers=2, processes=True, **about) as cluster:
        yield cluster.scheduler_address


def grade_with_kills(bench: Bench, workers: int, kills: int) -> bool:
    """Grade, killed at random moments, then left alone."""
    moments = random.Random(2)
    for number in range(kills):
        run = bench.start("killed", "-j", workers)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(moments.uniform(0.5, LATEST_KILL))
            print(f"kill {number + 1} came too late: everything was graded")
            break
        os.kill(run.pid, signal.SIGKILL)  # alone: its workers must end by themselves
        run.wait()
        kept = len(list((bench.folder / "killed/.store").glob("*.*.json")))
        print(f"kill {number + 1}: {kept} of {len(bench.files)} kept", flush=True)
    bench.start("killed", "-j", workers).wait()
    return bench.same("killed")


def main() -> int:
    """Make the class, grade it, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="rnn_from_scratch")
    parser.add_argument("-j", type=int, default=2, help="processes")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--otter", type=int, default=0, help="how many files Otter grades too")
    parser.add_argument("--one", action="store_true", help="grade the solution alone, too")
    parser.add_argument("--ways", action="store_true", help="grade again in other ways")
    parser.add_argument("--kills", type=int, default=0, help="grade again, killed this many times")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return measure(options.keep or Path(temporary), options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    """Do everything that was requested, in one folder."""
    name = options.assignment
    master = read((ROOT / f"assignments/{name}/{name}.ipynb").read_text(encoding="utf-8"), name)
    members = make_class(master, folder / "handed_in", options.count)
    bench = Bench(name, folder, [folder / "handed_in" / known.name for known in members])
    used = bench.measured("out", "-j", options.j)
    right = wrong_scores(bench, members, master) == 0
    each = used.cpu / len(members)
    print(
        f"{used.seconds:.0f} s with -j {options.j}, {60 * len(members) / used.seconds:.0f} a minute"
        f"; CPU: {used.cpu:.0f} s, {each:.2f} s each"
    )
    # What is untouched is not run: as many as there are processes cost a start of these.
    untouched = [folder / f"untouched/{number}.ipynb" for number in range(options.j)]
    (folder / "untouched").mkdir()
    for file in untouched:
        file.write_bytes((ROOT / f"student_release/{name}/{name}.ipynb").read_bytes())
    start = bench.measured("start", "-j", options.j, files=untouched).cpu
    students = students_seconds(bench)
    overhead = (used.cpu - start - students) / students if students else 0.0
    print(f"the students' own code: {students:.0f} s, {students / len(members):.2f} s each")
    print(f"a start: {start:.1f} s; overhead of the rest: {overhead:.0%} of the students' own")
    if options.one:
        one = bench.measured("one file", files=[ROOT / f"solutions/{name}.ipynb"])
        print(f"one file: {one.seconds:.1f} s from the command to the table, CPU: {one.cpu:.1f} s")
    if options.otter:
        known = [each for each in members if each.lost and each.name.startswith("bugs")]
        files = [folder / "handed_in" / each.name for each in known][: options.otter]
        if not files:
            print(f"otter run: none of {len(members)} files is for it; with --count 2 one is")
            return 2
        otter = otter_seconds(name, files, folder)
        print(f"otter run: {otter:.2f} s of CPU each, {otter / each:.1f} times as much")
    if options.ways:
        right &= grade_in_other_ways(bench)
    if options.kills:
        right &= grade_with_kills(bench, options.j, options.kills)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
