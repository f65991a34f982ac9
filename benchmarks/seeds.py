"""How far right answers stay from each limit: the solution, graded with many semesters' tests.

    python benchmarks/seeds.py character_lm [--count 100] [--accepted] [--first 1]

Grades the questions that train a network, which are those that `slow` in assignment.toml names:
what they measure depends on luck. Prints a line for each semester, so that nothing is lost when it
is interrupted, and in the end, for each number that the tests measure: the best, the median and the
worst one, the limit, and what part of the way from the best to the limit was left at worst.
--accepted takes the accepted answers to these questions too. The exit code is 1 when one fails.
"""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from proof import Bench

from autograder.results.score import Outcome
from tools.course.settings import read_assignment
from tools.grading.desk import Desk
from tools.grading.store import score_of
from tools.grading.task import Examine, Kit, Task
from tools.grading.version import grader_version
from tools.proof.subjects import Subject

ROOT = Path(__file__).resolve().parents[1]
# A number's limits, and what was measured.
Measured = dict[str, tuple[tuple[float, float], list[float]]]


def prepared(root: Path, name: str, accepted: bool) -> tuple[Kit, list[tuple[Subject, list[str]]]]:
    """Return the tests, and the right notebooks with the questions of each that train."""
    bench = Bench(root, name)
    slow = list(read_assignment(root, name).slow)
    right = [(bench.subjects.solution, slow)]
    for answer in bench.subjects.accepted if accepted else ():
        if asked := [question for question in slow if question in answer.questions]:
            right.append((answer, asked))
    return bench.kit, right


def graded(
    kit: Kit, right: list[tuple[Subject, list[str]]], seeds: range
) -> Iterator[tuple[int, str, list[str], dict, dict]]:
    """Yield semester, notebook, failed questions, what was measured, and its limits."""
    desk = Desk(kit)
    try:
        for seed in seeds:
            for subject, asked in right:
                how = Examine(tuple(asked), seed=seed, bare=True)
                task = Task("a.ipynb", subject.notebook, kit.key, grader_version(), how)
                score = score_of(desk.perform(task))
                failed = [
                    q.name
                    for q in score.questions
                    if q.name in asked and q.outcome is not Outcome.PASSED
                ]
                yield seed, subject.name, failed, dict(score.measured), dict(score.limits)
    finally:
        desk.close()


def table(measured: Measured) -> Iterator[str]:
    """Yield a line for each number."""
    titles = "".join(f"{each:>10}" for each in ("best", "median", "worst", "limit", "left"))
    yield f"{'measured':40}{'n':>5}{titles}"
    for name, ((low, high), values) in sorted(measured.items()):
        above = abs(high) != float("inf")
        best, worst = (min(values), max(values)) if above else (max(values), min(values))
        limit = high if above else low
        left = (limit - worst) / (limit - best) if limit != best else 0.0
        middle = statistics.median(values)
        numbers = "".join(f"{each:10.4f}" for each in (best, middle, worst, limit))
        yield f"{name:40}{len(values):5}{numbers}{left:10.0%}"


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=100, help="how many semesters")
    parser.add_argument("--first", type=int, default=1, help="the number of the first one")
    parser.add_argument("--accepted", action="store_true", help="accepted answers too")
    options = parser.parse_args()
    kit, right = prepared(ROOT, options.name, options.accepted)
    measured: Measured = {}
    failures = 0
    found: dict[str, list[float]] = defaultdict(list)
    for seed, name, failed, numbers, limits in graded(
        kit, right, range(options.first, options.first + options.count)
    ):
        failures += len(failed)
        print(json.dumps({"seed": seed, "answer": name, "failed": failed, **numbers}), flush=True)
        for key, value in numbers.items():
            found[key].append(value)
            measured[key] = tuple(limits.get(key, (-float("inf"), float("inf")))), found[key]
    print("\n".join(table(measured)))
    print(f"{failures} failed")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
