"""How long grading takes, against `otter run` on the same machine in the same run.

    python benchmarks/grading.py [--submissions 50] [--otter 5]

Grades a class of right, wrong and untouched notebooks with `unroll grade`'s grader, and some of the
same files with `otter run`, one after the other. Prints wall-clock seconds per submission for both,
their ratio, and what our grader costs above the CPU time of the students' own code. For a whole
class in parallel, with scores that are known, see class_of_200.py.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.bundle import read_bundle
from autograder.grade import Grader
from tools.build import assemble
from tools.course import read_course

ROOT = Path(__file__).parents[1]
NAME = "rnn_from_scratch"
# Edits that students make by mistake; the untouched solution is one of the class.
MISTAKES = [
    ("", ""),
    ('dh_next = dz @ params["W_hh"].T', 'dh_next = dz @ params["W_hh"]'),
    ('grads["b_h"] += dz.sum(axis=0)', "pass"),
    ("dlogits * mask[:, :, None] / B", "dlogits / B"),
    ("np.exp(logits - np.max(logits, axis=-1, keepdims=True))", "np.exp(logits)"),
    ("velocity[name] + grads[name]", "velocity[name] + (1 - momentum) * grads[name]"),
    ("= indices[1:]", "= indices[:-1]"),
]


def write_class(folder: Path, count: int) -> list[Path]:
    """A class of `count` notebooks; every tenth is untouched."""
    files = []
    for number in range(count):
        if number % 10 == 9:
            source = ROOT / f"student_release/{NAME}/{NAME}.ipynb"
        else:
            source = ROOT / f"solutions/{NAME}.ipynb"
        notebook = nbformat.read(source, as_version=4)
        find, replace = MISTAKES[number % len(MISTAKES)]
        for cell in notebook.cells:
            cell.source = cell.source.replace(find, replace) if find else cell.source
        files.append(folder / f"student{number:03}.ipynb")
        nbformat.write(notebook, files[-1])
    return files


def otter_seconds(files: list[Path], folder: Path) -> float:
    """Wall-clock seconds that `otter run` takes for one of these files."""
    bundle_zip = folder / "otter.zip"
    outputs = assemble(ROOT, read_course(ROOT), NAME).outputs
    bundle_zip.write_bytes(outputs[f"build/{NAME}-otter.zip"])
    started = time.perf_counter()
    for file in files:
        subprocess.run(
            [sys.executable, "-m", "otter", "run", "-a", bundle_zip, "-o", folder, file],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    return (time.perf_counter() - started) / len(files)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=50)
    parser.add_argument("--otter", type=int, default=5, help="how many of them Otter grades too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = write_class(folder, options.submissions)
        bundle = read_bundle(ROOT / f"autograder/hidden_tests/{NAME}")

        started = time.perf_counter()
        with Grader(bundle) as grader:
            warm = time.perf_counter() - started
            before = resource.getrusage(resource.RUSAGE_SELF)
            scores = [grader.grade(file) for file in files]
            after = resource.getrusage(resource.RUSAGE_SELF)
        ours = time.perf_counter() - started
        students = sum(score.cpu_seconds for score in scores)
        examiner = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"isolation              {scores[0].isolation}")
        print(f"unroll, {len(files)} submissions  {ours:8.1f} s   {ours / len(files):6.2f} s each")
        print(f"  start of the server  {warm:8.1f} s")
        print(f"  students' CPU time   {students:8.1f} s   {students / len(files):6.2f} s each")
        print(f"  examiner's CPU time  {examiner:8.1f} s   {examiner / len(files):6.2f} s each")
        overhead = (ours - warm - students - examiner) / len(files)
        print(f"  neither of the two   {overhead * len(files):8.1f} s   {overhead:6.2f} s each")

        sample = files[: options.otter]
        otter = otter_seconds(sample, folder)
        print(
            f"otter run, {len(sample)} of them   {otter * len(sample):8.1f} s   {otter:6.2f} s each"
        )
        same = sum(score.seconds for score in scores[: len(sample)]) / len(sample)
        print(f"ratio on these files   {otter / same:8.1f}")


if __name__ == "__main__":
    main()
