"""One score on the terminal: question, points, and the sentence that helps most."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.results.score import Outcome, Score
from tools.terminal import printable

SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.BROKEN: "!"}


def print_score(score: Score) -> None:
    """Print one table: question, points, and the sentence that helps most."""
    console = staff_console()
    # Titles, notes and hints may hold a student's text: never markup, never escape sequences.
    table = Table("", "question", title=Text(printable(score.submission)), title_justify="left")
    table.add_column("points", justify="right")
    table.add_column("hint", ratio=1)
    for question in score.questions:
        if question.manual:
            table.add_row("", question.name, "by hand", "")
            continue
        earned = f"{question.points:g} / {question.max_points:g}"
        hint = "" if question.outcome is Outcome.PASSED else printable(question.first_hint)
        table.add_row(SIGNS[question.outcome], question.name, earned, Text(hint))
    table.add_section()
    table.add_row("", "total", f"{score.points:g} / {score.max_points:g}", "")
    console.print(table)
    for note in [*score.notes, *score.staff_notes]:
        console.print(Text(printable(note)))
    console.print(Text(f"{score.seconds:.1f} s   {score.isolation}"))


def staff_console() -> Console:
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=120)
