"""How long `unroll report` takes for a large class, and how much memory, at first and again.

    python benchmarks/reporting.py [--count 1000]

Grades nothing: stores made-up records, of hand-ins whose answers are half their own, as in a class
in which people work alone. At first every page is written; again, only what differs. The CPU time
of a report of two is printed too: what imports and pictures cost anyway.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.assignment.bundle import Bundle
from autograder.results.score import Outcome, QuestionScore, Score, TestScore
from tools.commands.class_inputs import kit_of, read_files
from tools.commands.request import Request, remember
from tools.grading.class_batch import ClassBatch
from tools.grading.store import Store
from tools.handins.classlist import read_class
from tools.likeness.likeness import read_fingerprint

ROOT = Path(__file__).parents[1]
NAME = "rnn_from_scratch"


def made_score(rng: random.Random, bundle: Bundle, cases: dict[str, list], file: str) -> Score:
    """Return a score in which one test in six fails."""
    questions = []
    for question in bundle.questions:
        tests = []
        for case in cases.get(question.name, ()):
            fails, worth = rng.random() < 1 / 6, case.points or 0.0
            outcome = Outcome.FAILED if fails else Outcome.PASSED
            texts = (case.hint, "first difference at step 1") if fails else ()
            earned = 0.0 if fails else worth
            tests.append(TestScore(case.title, case.hidden, earned, worth, outcome, *texts))
        fails = any(test.outcome is Outcome.FAILED for test in tests)
        questions.append(
            QuestionScore(
                question.name,
                sum(test.points for test in tests),
                question.points,
                Outcome.FAILED if fails else Outcome.PASSED,
                tuple(tests),
                question.manual,
                seconds=rng.random(),
            )
        )
    curve = tuple((step, 3.0 / (1 + step) + rng.random() / 50) for step in range(0, 1500, 40))
    return Score(NAME, bundle.semester, file, tuple(questions), curves={"excess (nats)": curve})


def make_class(folder: Path, count: int) -> Path:
    """Write hand-ins and a store of their records; return the folder of the graded class."""
    files, bundle = read_files(ROOT / "autograder/hidden_tests" / NAME)
    solution = json.loads((ROOT / f"solutions/{NAME}.ipynb").read_text(encoding="utf-8"))
    handed_in, out = folder / "class", folder / "out"
    handed_in.mkdir()
    for number in range(count):
        book = solution | {"metadata": solution["metadata"] | {"number": number}}
        (handed_in / f"Student {number:04}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    request = Request(ROOT, NAME, (handed_in,), out)
    found = read_class([handed_in], out / ".unpacked", None, NAME)
    kit = kit_of(request, files, bundle)
    names = {answer.question: answer.names for answer in bundle.answers.answers}
    right = read_fingerprint(handed_in / "Student 0000.ipynb", names)
    cases = {question.name: bundle.tests_of(question.name) for question in bundle.graded}
    rng = random.Random(count)
    with Store(out / ".store") as store:
        for job in ClassBatch(found.handins, bundle, kit, store).jobs:
            score = made_score(rng, bundle, cases, job.handin.file.name)
            parts = {
                question: [part for part in usual if rng.random() < 0.5]
                + [f"{rng.getrandbits(48):012x}" for _ in range(len(usual) // 2)]
                for question, usual in right.parts.items()
            }
            answers = {question: f"{rng.getrandbits(96):024x}" for question in parts}
            prints = {"file": job.digest, "answers": answers, "sizes": dict(right.sizes)}
            prints |= {"blank": [], "parts": parts}
            record = {"score": score.to_json(), "fingerprint": prints, "essays": {}}
            store.put(job.label, job.key, record | {"file": job.digest})
        remember(request)
    return out


def measured(out: Path) -> tuple[float, int]:
    """Return CPU seconds and peak megabytes of `unroll report`."""
    # A child that reports on its own child: the peak is one process's, not that of all before.
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(u.ru_utime + u.ru_stime, u.ru_maxrss // 1024)"
    )
    report = [sys.executable, "-m", "tools", "report", str(out), "--root", str(ROOT)]
    told = subprocess.check_output([sys.executable, "-c", code, *report], cwd=ROOT, text=True)
    seconds, megabytes = told.split()
    return float(seconds), int(megabytes)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    for number in (2, count):
        with tempfile.TemporaryDirectory() as folder:
            out = make_class(Path(folder), number)
            for when in ("at first", "again"):
                seconds, megabytes = measured(out)
                print(f"{number:6} hand-ins, {when:8}: {seconds:6.1f} CPU s, {megabytes:4} MB")


if __name__ == "__main__":
    main()
