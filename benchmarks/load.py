"""Whether a busy machine costs anybody points: the same submissions at rest and under load.

    python benchmarks/load.py [--loops 20] [--files 30] [-j 2]

Takes the tiny assignment of the tests: its solution, known bugs, honest notebooks with oddities and
hostile ones that do not wait for a limit. Grades them with `unroll grade`, then once more beside
busy loops of normal priority, and compares the two scores.csv to the byte. The exit code is 1 when
they differ. Prints how many seconds of the clock and of CPU each run took.
"""

import argparse
import contextlib
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools.master.known_answers import read_bank
from tools.master.master import read

ROOT = Path(__file__).parents[1]
# These wait until a limit ends them, which takes minutes under load and says nothing new.
WAIT = ("bomb", "endless", "spinning", "recursion", "many_")


def make_course(folder: Path) -> Path:
    """Build the tiny course there."""
    course = folder / "course"
    shutil.copytree(ROOT / "tests/tiny", course, ignore=shutil.ignore_patterns("build"))
    shutil.copytree(ROOT / "assignments/seqlab", course / "assignments/seqlab")
    subprocess.run([*unroll("build"), "--root", course], check=True, stdout=subprocess.DEVNULL)
    return course


def make_files(course: Path, folder: Path, count: int) -> None:
    """Write so many submissions: the solution, each known bug, then honest and hostile in turns."""
    folder.mkdir()
    solution = course / "solutions/tiny.ipynb"
    shutil.copy(solution, folder / "solution.ipynb")
    text = (course / "assignments/tiny/tiny.ipynb").read_text(encoding="utf-8")
    master = read(text, "tiny")
    cells = {q.name: [c.cell for c in q.solutions if c.lines is not None] for q in master.questions}
    for bug in read_bank(course, master).answers.bugs:
        notebook = json.loads(solution.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["id"] in cells[bug.question]:
                cell["source"] = bug.source
        (folder / f"bug_{bug.slug}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    honest = sorted((ROOT / "tests/honest").glob("*.ipynb"))
    hostile = [
        path
        for path in sorted((ROOT / "tests/hostile").glob("*.ipynb"))
        if not any(word in path.stem for word in WAIT)
    ]
    left = max(count - len(list(folder.iterdir())), 2)
    for kind, paths, share in [
        ("honest", honest, left - left // 3),
        ("hostile", hostile, left // 3),
    ]:
        for number in range(share):
            path = paths[number * len(paths) // share]
            shutil.copy(path, folder / f"{kind}_{path.stem}.ipynb")


def unroll(command: str) -> list[str]:
    return [sys.executable, "-m", "tools", command]


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep so many processes busy meanwhile."""
    code = "while True: pass"
    started = [subprocess.Popen([sys.executable, "-I", "-c", code]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def grade(course: Path, files: Path, out: Path, workers: int) -> bytes:
    """Grade the folder; return scores.csv, and print what it took."""
    command = [*unroll("grade"), files, "--assignment", "tiny", "--root", course, "--out", out]
    command += ["-j", workers]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
    load = os.getloadavg()[0]
    print(f"{out.name}: {time.monotonic() - began:.0f} s, {cpu:.0f} of CPU, load {load:.1f}")
    scores = out / "scores.csv"
    if not scores.exists():
        sys.exit(done.stdout + done.stderr)
    return scores.read_bytes()


def differences(one: bytes, other: bytes) -> list[str]:
    """Return what differs, by submission and column."""
    tables = [list(csv.DictReader(text.decode("utf-8").splitlines())) for text in (one, other)]
    told = []
    for first, second in zip(*tables, strict=True):
        odd = [key for key in first if first[key] != second[key]]
        told += [f"{first['name']}, {key}: {first[key]!r}, then {second[key]!r}" for key in odd]
    return told


def main() -> int:
    """Make the files, grade them twice, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--loops", type=int, default=20)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("-j", type=int, default=2, help="processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        course, files = make_course(folder), folder / "handed_in"
        make_files(course, files, options.files)
        rest = grade(course, files, folder / "at rest", options.j)
        with busy(options.loops):
            load = grade(course, files, folder / "under load", options.j)
        print(*differences(rest, load), sep="\n")
        equal = rest == load
        verdict = "the same to the byte" if equal else "DIFFERENT"
        print(f"{len(list(files.iterdir()))} files: scores.csv is {verdict}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
