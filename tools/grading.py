"""`unroll grade`: from files that students handed in to tables and results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import gradescope
from autograder.bundle import read_bundle
from autograder.grade import Grader
from autograder.score import Outcome, QuestionScore, Score
from tools.report import printable

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.BROKEN: "!"}


@dataclass(frozen=True)
class Graded:
    """One graded file and where its results are."""

    file: Path
    results: Path
    score: Score


def results_files(files: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Where the results of each file go: into `out` itself when it is the only one."""
    if len(files) == 1:
        return {files[0]: out / "results.json"}
    folders: dict[Path, Path] = {}
    for file in files:
        # Two students may hand in files of the same name.
        name, count = file.stem, 1
        while out / name in folders.values():
            count += 1
            name = f"{file.stem}-{count}"
        folders[file] = out / name
    return {file: folder / "results.json" for file, folder in folders.items()}


def grade(
    root: Path,
    name: str,
    files: Sequence[Path],
    out: Path,
    trust: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Graded]:
    """Grade files one after the other, from one warm fork server; results are written at once.

    `tell` gets a line on what is being done, for a terminal.
    """
    tell("starting the grader, and attacking it once from inside")
    bundle = read_bundle(root / "autograder/hidden_tests" / name)
    secrets = [root / "solutions", root / "assignments" / name, root / "build"]
    with Grader(bundle, trust=trust, secrets=[s for s in secrets if s.exists()]) as grader:
        for number, (file, results) in enumerate(results_files(files, out).items(), start=1):
            what = f"{printable(file.name)} ({number} of {len(files)})"
            tell(what)
            results.parent.mkdir(parents=True, exist_ok=True)

            def write(score: Score, results: Path = results) -> None:
                gradescope.write_results(results, gradescope.results(score, bundle.feedback))

            def tell_question(score: QuestionScore, what: str = what) -> None:
                tell(f"{what}: {score.name} done")

            score = grader.grade(file, on_question=tell_question, on_update=write)
            write(score)
            yield Graded(file, results, score)


def print_graded(graded: Graded) -> None:
    """Print one table: question, points, and the sentence that helps most."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    score = graded.score
    # Titles, notes and hints may hold a student's text: never markup, never escape sequences.
    table = Table("", "question", title=Text(printable(score.submission)), title_justify="left")
    table.add_column("points", justify="right")
    table.add_column("hint", ratio=1)
    for question in score.questions:
        if question.manual:
            table.add_row("", question.name, "by hand", "")
            continue
        points = f"{question.points:g} / {question.max_points:g}"
        hint = "" if question.outcome is Outcome.PASSED else printable(question.first_hint)
        table.add_row(SIGNS[question.outcome], question.name, points, Text(hint))
    table.add_section()
    table.add_row("", "total", f"{score.points:g} / {score.max_points:g}", "")
    console.print(table)
    for note in [*score.notes, *score.staff_notes]:
        console.print(Text(printable(note)))
    console.print(Text(f"{graded.results}   {score.seconds:.1f} s   {score.isolation}"))
