"""One run on Gradescope: from a submission's folder to results.json.

`run_autograder` calls `main` with the folder that holds `source`, `submission` and `results`.
`setup.sh` calls it with `--check solution.ipynb`: a broken grader then fails while its image is
built, not when the first student submits.
"""

import argparse
import dataclasses
import os
import traceback
from collections.abc import Sequence
from pathlib import Path

from autograder.assignment.bundle import Bundle, read_bundle
from autograder.grader import Grader
from autograder.results import gradescope
from autograder.results.feedback import without_edits
from autograder.results.score import Outcome, Score, unexamined
from autograder.submission.reading import SubmissionError
from autograder.submission.upload import find_modules, find_submission

# What examiner and server need for themselves, measured with PyTorch loaded in both.
OWN_MEMORY_MB = 400
LEAST_MEMORY_MB = 256
# The memory limit of a container, in cgroups version 2 and version 1.
MEMORY_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade a submission. Return 1 if a check fails or if no results could be written."""
    parser = argparse.ArgumentParser(prog="run_autograder", description=__doc__)
    parser.add_argument("base", type=Path, help="holds source, submission and results")
    parser.add_argument("--check", type=Path, metavar="FILE", help="grade FILE, expect full marks")
    options = parser.parse_args(arguments)
    if options.check:
        return check(options.base / "source", options.check)
    return run(options.base)


def run(base: Path) -> int:
    """Grade one submission. Whatever happens, results.json is valid at all times."""
    results = base / "results" / "results.json"
    close_folders(base)
    gradescope.write_results(results, gradescope.broken_results(gradescope.UNFINISHED))
    try:
        bundle = within_memory(the_bundle(base / "source"), container_memory_mb())
        nothing = unexamined(bundle, ["The grader has not finished."])
        write = Writer(results, bundle)
        write(nothing)
        score = grade(bundle, base / "submission", write)
    except BaseException:
        # SystemExit and KeyboardInterrupt too: they are not a result.
        print(traceback.format_exc())
        gradescope.write_results(results, gradescope.broken_results(traceback.format_exc()))
        return 0
    write(score, finished=True)
    print_score(score)
    return 0


class Writer:
    """Rewrites results.json from a Score."""

    def __init__(self, path: Path, bundle: Bundle) -> None:
        self._path = path
        self._bundle = bundle

    def __call__(self, score: Score, finished: bool = False) -> None:
        about = {"finished": finished, "leaderboard": self._bundle.leaderboard}
        if not self._bundle.nearest_edit:
            score = without_edits(score)
        values = gradescope.results(score, self._bundle.feedback, **about)
        gradescope.write_results(self._path, values)


def grade(bundle: Bundle, folder: Path, write: Writer) -> Score:
    """Grade what is in `folder`. Leave no process of the submission behind."""
    try:
        submission = find_submission(folder, bundle.name)
        files = find_modules(folder, submission)
    except SubmissionError as error:
        return dataclasses.replace(unexamined(bundle, [str(error)]), readable=False)
    try:
        with Grader(bundle) as grader:
            return grader.grade(submission, on_update=write, files=files)
    except Exception:
        broken = unexamined(bundle, [], Outcome.BROKEN)
        return dataclasses.replace(broken, staff_notes=(traceback.format_exc(),))


def check(source: Path, file: Path) -> int:
    """Grade `file`, which must earn full marks."""
    bundle = within_memory(the_bundle(source), container_memory_mb())
    with Grader(bundle) as grader:
        score = grader.grade(file)
    print_score(score)
    if score.outcome is not Outcome.PASSED:
        print(f"{file.name} has {score.points:g} of {score.max_points:g} points: do not use this.")
        return 1
    return 0


def the_bundle(source: Path) -> Bundle:
    """Return the bundle of the one assignment in the zip."""
    (folder,) = (source / "hidden_tests").iterdir()
    return read_bundle(folder)


def close_folders(base: Path) -> None:
    """Deny other users what a submission must not read or write.

    Gradescope's metadata hold the results of a student's last submission, hidden ones included.
    """
    (base / "results").mkdir(exist_ok=True)
    for name in ("results", "source", "submission"):
        if (base / name).is_dir():
            (base / name).chmod(0o700)
    metadata = base / "submission_metadata.json"
    if metadata.is_file() and not metadata.is_symlink():
        metadata.chmod(0o600)


def container_memory_mb(files: Sequence[Path] = MEMORY_FILES) -> int | None:
    """Return the container's memory in MB, or None if it has no limit of its own."""
    for file in files:
        try:
            limit = int(file.read_text())
        except (OSError, ValueError):  # "max" is not a number
            continue
        # Version 1 writes "no limit" as a number larger than any machine's memory.
        if limit < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
            return limit // 2**20
    return None


def within_memory(bundle: Bundle, memory_mb: int | None) -> Bundle:
    """Return the bundle with a memory limit that fits the container.

    A submission that needs more should hit our limit: it loses one question and gets a message.
    The container's limit would kill the grader itself.
    """
    if memory_mb is None:
        return bundle
    room = max(memory_mb - OWN_MEMORY_MB, LEAST_MEMORY_MB)
    limits = dataclasses.replace(bundle.limits, memory_mb=min(bundle.limits.memory_mb, room))
    return dataclasses.replace(bundle, limits=limits)


def print_score(score: Score) -> None:
    """Print a score for staff: Gradescope shows them what a grader prints."""
    for question in score.questions:
        points = "by hand" if question.manual else f"{question.points:g}/{question.max_points:g}"
        print(f"{question.name:30} {points:>9} {question.outcome} {question.seconds:.1f} s")
    print(f"{score.submission}: {score.points:g}/{score.max_points:g}, {score.seconds:.1f} s")
    for note in (*score.notes, *score.staff_notes, score.isolation):
        print(note)
