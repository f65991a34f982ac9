"""What a quick proof costs, and whether notebooks graded together get what they get alone.

    python benchmarks/proof.py [--assignment rnn_from_scratch] [--count 40] [--root .]

Takes notebooks of the quick proof, evenly from all laws (--count 0: all of them), and grades them
twice: each by itself, as a submission is, and together, as `unroll verify` does. Prints the seconds
of CPU of both, all processes included, and their ratio. The exit code is 1 when a notebook's
points, hints or messages differ.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tools.course.settings import read_course
from tools.grading.desk import Desk
from tools.grading.store import Record, score_of
from tools.grading.task import Kit
from tools.master.known_answers import read_bank
from tools.master.master import read
from tools.proof.evidence import graded
from tools.proof.jobs import CheckJob, packed
from tools.proof.plan import Plan
from tools.proof.subjects import subjects_of
from tools.release.build import assemble

ROOT = Path(__file__).resolve().parents[1]


class Bench:
    """An assignment, and those checks of its quick proof that can be done together."""

    def __init__(self, root: Path, name: str) -> None:
        text = (root / f"assignments/{name}/{name}.ipynb").read_text(encoding="utf-8")
        master = read(text, name)
        built = assemble(root, read_course(root), name)
        self.kit = Kit(built.hidden_tests, trust=True)
        self._solution = built.outputs[f"solutions/{name}.ipynb"]
        release = built.outputs[f"student_release/{name}/{name}.ipynb"]
        self.subjects = subjects_of(master, read_bank(root, master), self._solution, release)
        self._plan = Plan(name, self.subjects, full=False)
        self.jobs: list[CheckJob] = []

    def choose(self, count: int) -> float:
        """Choose so many notebooks, or all; return the CPU seconds until one has been graded."""
        solution = next(self._plan.ends())
        name = self._plan.name
        seconds, (record,) = self.run(
            lambda desk: [desk.perform(CheckJob(solution, name, self.kit.key).task())]
        )
        times = {question.name: question.seconds for question in graded(score_of(record))}
        checks = [check for check in self._plan.rest(times) if check.alike]
        step = max(len(checks) / count, 1.0) if count else 1.0
        chosen = [checks[int(step * i)] for i in range(int(len(checks) / step))]
        self.jobs = [CheckJob(check, name, self.kit.key) for check in chosen]
        return seconds

    def alone(self, desk: Desk) -> list[Record]:
        """Grade each by itself."""
        return [desk.perform(job.task()) for job in self.jobs]

    def together(self, desk: Desk) -> list[Record]:
        """Grade them as a proof does."""
        records = {}
        for job in packed(self.jobs, self._solution, workers=1):
            for each, record in job.parts(desk.perform(job.task())):
                records[id(each.check)] = record
        return [records[id(job.check)] for job in self.jobs]

    def run(self, grade: Callable[[Desk], list[Record]]) -> tuple[float, list[Record]]:
        """Grade in a process of its own; return the CPU seconds of it and of all it started."""
        before = os.times()
        with tempfile.TemporaryFile() as file:
            child = os.fork()
            if child == 0:
                _live(grade, self.kit, file.fileno())
            _, status = os.waitpid(child, 0)
            after = os.times()
            if status != 0:
                raise RuntimeError(f"grading ended with status {status}")
            file.seek(0)
            records = json.loads(file.read())
        spent = after.children_user + after.children_system
        return spent - before.children_user - before.children_system, records


def _live(grade: Callable[[Desk], list[Record]], kit: Kit, out: int) -> None:
    status = 1
    try:
        desk = Desk(kit)
        records = grade(desk)
        desk.close()
        with os.fdopen(out, "w", closefd=False) as file:
            json.dump(records, file)
        status = 0
    finally:
        os._exit(status)


def told(record: Record) -> object:
    """Return what a record says, without how long it took."""
    score = score_of(record)
    questions = tuple(replace(question, seconds=0.0) for question in score.questions)
    return replace(score, questions=questions, seconds=0.0, cpu_seconds=0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade in both ways, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--assignment", default="rnn_from_scratch")
    parser.add_argument("--count", type=int, default=40, help="how many notebooks; 0: all")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the project")
    options = parser.parse_args(arguments)
    bench = Bench(options.root, options.assignment)
    started = bench.choose(options.count)
    slow, alone = bench.run(bench.alone)
    fast, together = bench.run(bench.together)
    labels = [job.label for job in bench.jobs]
    different = [
        label
        for label, one, other in zip(labels, alone, together, strict=True)
        if told(one) != told(other)
    ]
    for label in different:
        print(f"{label}: it is told something else together than alone")
    slow, fast = slow - started, fast - started
    print(
        f"{options.assignment}, {len(labels)} notebooks of the quick proof: {slow:.1f} CPU s "
        f"alone, {fast:.1f} together: {slow / fast:.1f} times less. {len(different)} differ"
    )
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
