"""Pictures of the pages that people get, for the README: one generated class, light and dark.

    python benchmarks/pages.py

Grades nothing: the scores are made up, the answers are the bank's. Writes PNGs of few colours to
tools/gradebook/pictures_of_pages/; with the name of a folder, moves the pages there, to look at.
"""

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from autograder.assignment.bundle import Bundle, read_bundle
from autograder.results.score import Misconception, Outcome, QuestionScore, Score, TestScore
from tools.commands.report_inputs import known_answers
from tools.commands.request import Request
from tools.gradebook.gradebook import Gradebook
from tools.gradebook.roll import Class
from tools.grading.class_batch import Result
from tools.handins.essays import Essay
from tools.handins.handin import Handin, Student
from tools.likeness.likeness import read_fingerprint

ROOT = Path(__file__).parents[1]
OUT = ROOT / "tools/gradebook/pictures_of_pages"
NAME, STUDENTS = "rnn_from_scratch", 24
FIRST = ("Ada", "Ben", "Chloé", "Dmitri", "Emre", "Fatima", "Goran", "Hana", "Ines", "Jun", "Kofi")
LAST = ("Abe", "Brandt", "Costa", "Díaz", "Eze", "Fischer", "Gupta", "Huang")
ESSAY = """The network counts up to $n = {n}$: its state moves by a step $\\Delta h$ per `a`, so

$$h_t = \\tanh(W_{{hh}} h_{{t-1}} + W_{{xh}} x_t + b_h)$$

and beyond the lengths it was trained on, $\\tanh$ **saturates**."""
RUBRIC = (("Says up to which n the network counts", 2), ("Explains why it fails beyond", 3))
# What each picture shows: the page, the part of it to scroll to, and its size.
SHOTS = {
    "report": ("report.html", "", (1180, 760)),
    "staff": ("staff/s05.html", "#q6_forward", (1180, 760)),
    "student": ("feedback/s05.html", "#q6_forward", (760, 620)),
    "marking": ("written/q13_extrapolation.html", "", (760, 620)),
}


def question_score(
    rng: random.Random, name: str, most: float, bundle: Bundle, bug
) -> QuestionScore:
    """Return a made-up score: full marks, or those of a known mistake."""
    tests = []
    for number, case in enumerate(bundle.tests_of(name)):
        fails = bool(bug) and (case.hidden and number % 2 == 1)
        hint = case.hint if fails else ""
        facts = "hidden state: first difference at step 1, of the order 1e-1" if fails else ""
        outcome = Outcome.FAILED if fails else Outcome.PASSED
        worth = case.points or 0.0
        earned = 0.0 if fails else worth
        tests.append(TestScore(case.title, case.hidden, earned, worth, outcome, hint, facts))
    failed = any(test.outcome is Outcome.FAILED for test in tests)
    found = (Misconception(bug.slug, bug.hint),) if failed else ()
    return QuestionScore(
        name,
        sum(test.points for test in tests),
        most,
        Outcome.FAILED if failed else Outcome.PASSED,
        tuple(tests),
        seconds=rng.uniform(0.05, 1.5),
        misconceptions=found,
    )


def results(folder: Path, bundle: Bundle) -> list[Result]:
    """Return a class: each student has a few known mistakes; two have the same ones."""
    notebook = json.loads((ROOT / f"solutions/{NAME}.ipynb").read_text(encoding="utf-8"))
    names = {answer.question: answer.names for answer in bundle.answers.answers}
    found = []
    for number in range(STUDENTS):
        rng = random.Random(number if number != 7 else 3)
        bugs = {
            bug.question: bug
            for bug in rng.sample(bundle.answers.bugs, rng.choice((0, 1, 2, 2, 3, 5)))
        }
        cells = [*notebook["cells"]]
        for bug in bugs.values():
            cells.append(
                {"cell_type": "code", "id": bug.slug, "metadata": {}, "source": bug.source}
            )
        file = folder / f"s{number:02}.ipynb"
        file.write_text(json.dumps(notebook | {"cells": cells}), encoding="utf-8")
        name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
        late = "1 day" if number % 9 == 4 else ""
        handin = Handin(f"s{number:02}", (Student(name, sid=f"{7000 + number}"),), file, late=late)
        questions = tuple(
            QuestionScore(q.name, 0, q.points, Outcome.FAILED, manual=True)
            if q.manual
            else question_score(rng, q.name, q.points, bundle, bugs.get(q.name))
            for q in bundle.questions
        )
        seconds = rng.uniform(4, 9)
        score = Score(
            NAME, bundle.semester, file.name, questions, seconds=seconds, cpu_seconds=seconds * 0.9
        )
        essays = {"q13_extrapolation": Essay(ESSAY.format(n=12 + number % 7))}
        found.append(Result(handin, score, read_fingerprint(file, names), essays))
    return found


def write_pictures(pages: Path) -> None:
    """Photograph each page, in light and dark."""
    program = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    )
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, (page_name, anchor, (width, height)) in SHOTS.items():
            for scheme in ("light", "dark"):
                size = {"width": width, "height": height}
                page = browser.new_page(viewport=size, color_scheme=scheme)
                page.goto((pages / page_name).as_uri() + anchor)
                file = OUT / f"{name}-{scheme}.png"
                page.screenshot(path=file)
                page.close()
                with Image.open(file) as picture:
                    picture.convert("RGB").quantize(64).save(file, optimize=True)
        browser.close()


def main() -> None:
    """Make the class, write its pages, photograph them."""
    bundle = read_bundle(ROOT / "autograder/hidden_tests" / NAME)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "graded"
        made.mkdir()
        rubrics = {"q13_extrapolation": RUBRIC}
        request = Request(ROOT, NAME, (made,), made)
        known = known_answers(bundle, request)
        book = Gradebook(made, Class(bundle, rubrics=rubrics, known=known))
        for result in results(made, bundle):
            book.add(result)
        book.finish({"s05": "q8 4 → 6"})
        write_pictures(made)
        if len(sys.argv) > 1:  # keep the pages, to look at them
            shutil.move(made, sys.argv[1])
    total = sum(file.stat().st_size for file in OUT.glob("*.png"))
    print(f"{OUT}: {total // 1000} kB")


if __name__ == "__main__":
    main()
