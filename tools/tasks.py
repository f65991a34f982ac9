"""What the workers of `unroll verify` do: examine a notebook, or have Otter grade it."""

import contextlib
import hashlib
import importlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.bundle import Bundle
    from autograder.grade import Grader
    from autograder.score import QuestionScore, Score

SEMESTER = re.compile(r"^SEMESTER = \d+$", re.MULTILINE)


@dataclass(frozen=True)
class Examine:
    """Grade a notebook in the examiner.

    only: these questions, or all; seed: the tests of this other semester; bare: without the known
    bugs and right answers, where nothing is to be diagnosed or carried forward; diagnose: look for
    known bugs even in what has passed.
    """

    notebook: bytes
    only: tuple[str, ...] | None = None
    seed: int | None = None
    bare: bool = False
    diagnose: bool = False


@dataclass(frozen=True)
class RunOtter:
    """Have Otter grade a notebook: as a whole in a kernel, or its cells without one."""

    notebook: bytes
    only: tuple[str, ...] | None = None
    whole: bool = False


Task = Examine | RunOtter


@dataclass(frozen=True)
class Workplace:
    """Where the files of an assignment are. It is sent to the workers."""

    name: str
    tests: Path
    otter_zip: Path
    room: Path
    secrets: tuple[Path, ...]


def semester_of(name: str, seed: int) -> int:
    """The number that the tests draw from in the semester `seed`, 63 bits like that of a build."""
    digest = hashlib.sha256(f"verify/{name}/{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@contextlib.contextmanager
def worker(place: Workplace) -> Iterator[Any]:
    """A function that performs tasks; its grader is warm from the first to the last."""
    # Here and not above: whoever starts workers need not wait for all of this.
    from autograder.bundle import read_bundle
    from autograder.grade import Grader

    import_what_tests_import(place.tests)
    # Private: it holds tests.
    room = Path(tempfile.mkdtemp(prefix="worker-", dir=place.room))
    # Trusted: these notebooks are ours. Where there is isolation, it is used all the same.
    about = {"trust": True, "secrets": place.secrets, "many": True}
    with Grader(read_bundle(place.tests), **about) as grader:
        bundles: dict[tuple, Bundle] = {}

        def perform(task: Task) -> dict:
            started = time.monotonic()
            if isinstance(task, Examine):
                result = examine(task, grader, place, room, bundles)
            else:
                result = _run_otter(task, place, room)
            return result | {"seconds": round(time.monotonic() - started, 3)}

        yield perform


def import_what_tests_import(folder: Path) -> None:
    """Else the first question that needs it would seem slow."""
    texts = [file.read_text(encoding="utf-8") for file in folder.glob("*.py")]
    # torch.optim imports it at its first use, which takes seconds.
    for text, module in (("import torch", "torch"), ("torch.optim", "torch._dynamo")):
        if any(text in source for source in texts):
            importlib.import_module(module)


def examine(task: Examine, grader: "Grader", place: Workplace, room: Path, bundles: dict) -> dict:
    key = (task.seed, task.bare, task.only)
    if key not in bundles:
        bundles[key] = _bundle(grader.bundle, place.name, room, task)
    path = room / f"{place.name}.ipynb"
    path.write_bytes(task.notebook)
    score = grader.grade(path, bundle=bundles[key], always_diagnose=task.diagnose)
    return _as_json(score, task.only)


def _bundle(bundle: "Bundle", name: str, room: Path, task: Examine) -> "Bundle":
    """The questions that are asked for; other semesters' and bare ones in folders of their own."""
    from autograder.answers import FILE as ANSWERS

    if task.only is not None:
        asked = tuple(question for question in bundle.questions if question.name in task.only)
        bundle = replace(bundle, questions=asked)
    if task.seed is None and not task.bare:
        return bundle
    folder = room / f"tests-{task.seed}-{task.bare}"
    if folder.exists():
        return replace(bundle, folder=folder)
    folder.mkdir(mode=0o700)
    for file in bundle.folder.iterdir():
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if task.seed is not None and file.suffix == ".py":
            text = SEMESTER.sub(f"SEMESTER = {semester_of(name, task.seed)}", text)
        if text and not (task.bare and file.name == ANSWERS):
            (folder / file.name).write_text(text, encoding="utf-8")
    return replace(bundle, folder=folder)


def _as_json(score: "Score", only: tuple[str, ...] | None) -> dict:
    questions = {
        question.name: _question(question)
        for question in score.questions
        if not question.manual and (only is None or question.name in only)
    }
    return {
        "questions": questions,
        "notes": list(score.notes),
        "staff_notes": list(score.staff_notes),
        "isolation": score.isolation,
        "versions": dict(score.versions),
    }


def _question(score: "QuestionScore") -> dict:
    return {
        "points": score.points,
        "max_points": score.max_points,
        "outcome": str(score.outcome),
        "seconds": score.seconds,
        "tests": [
            {
                "title": test.title,
                "hidden": test.hidden,
                "points": test.points,
                "max_points": test.max_points,
                "passed": str(test.outcome) == "passed",
                "facts": test.facts,
            }
            for test in score.tests
        ],
        "named": [misconception.slug for misconception in score.misconceptions],
        "carried": list(score.carried),
    }


def _run_otter(task: RunOtter, place: Workplace, room: Path) -> dict:
    from tools import otter_run

    archive = place.otter_zip.read_bytes()
    if task.whole:
        points = otter_run.run_whole(place.name, task.notebook, archive, room)
    else:
        points = otter_run.run_cells(place.name, task.notebook, archive, room, task.only)
    return {"points": points}


def processors() -> int:
    """How many processes may run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
