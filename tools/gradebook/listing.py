"""A graded class on the terminal."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tools.gradebook.class_report import Totals
from tools.gradebook.gradebook import Gradebook
from tools.gradebook.lines import Line, Status
from tools.gradebook.score_table import staff_console
from tools.grading.regrade import NO_POINTS, Change
from tools.handins.handin import shown
from tools.table import points
from tools.terminal import printable

MAX_TOLD = 15  # lines of one kind; the files have them all


def print_class(
    book: Gradebook, graded: int, seconds: float, changed: Sequence[Change], written: Sequence[Path]
) -> None:
    """Print a graded class: numbers, who needs a look, what changed, and the files."""
    console = staff_console()
    handins = _by_handin(book)
    if len(handins) > 1:
        _print_numbers(console, book, graded, seconds)
    told = [line for line in handins.values() if line.status in (Status.BROKEN, Status.UNREADABLE)]
    if len(handins) == 1 and told and told[0].score:
        told = []  # its own table says it
    _print_some(console, [_remark(line) for line in sorted(told, key=lambda line: line.handin.id)])
    unknown = [line for line in handins.values() if line.final.late_days is None]
    _print_some(console, [_unknown_lateness(line) for line in unknown])
    waiting = [line for line in book.lines if line.final.waiting]
    _print_some(console, [_waiting(line) for line in waiting])
    missing = [line.student for line in book.lines if line.status is Status.MISSING]
    _print_some(
        console,
        [f"{_name(student)}: handed in nothing" for student in missing],
        "handed in nothing",
    )
    strangers = [f"{each.id}: not in the roster" for each in book.strangers()]
    _print_some(console, strangers, "are not in the roster")
    if changed:
        console.print(f"{len(changed)} points changed:")
        _print_some(console, list(map(_change, changed)))
    console.print(Text(book.account()), soft_wrap=True)
    # The last three exist for each hand-in.
    each = ("results/ID.json", "feedback/ID.html", "staff/ID.html")
    for path in [*written, *(book.folder / name for name in each)]:
        console.print(Text(str(path)), soft_wrap=True)


def _print_numbers(console: Console, book: Gradebook, graded: int, seconds: float) -> None:
    handins = _by_handin(book)
    rate = f" in {seconds:.0f} s, {60 * graded / seconds:.0f} a minute" if graded else ""
    count = Counter(line.status for line in handins.values())
    rest = "".join(f", {count[status]} {status}" for status in list(Status)[1:-1] if count[status])
    console.print(f"{count[Status.GRADED]} of {len(handins)} graded ({graded} now{rate}){rest}")
    totals = Totals.of(line.total for line in book.lines)
    if totals:
        most = max(line.score.max_points for line in handins.values() if line.score)
        mean, median = points(round(totals.mean, 1)), points(totals.median)
        console.print(f"points that count: mean {mean}, median {median}, of {points(most)}")


def _by_handin(book: Gradebook) -> dict[str, Line]:
    """Return one line of each hand-in."""
    return {line.handin.id: line for line in book.lines if line.handin}


def _print_some(console: Console, lines: list[str], what: str = "like these") -> None:
    for line in lines[:MAX_TOLD]:
        console.print(Text(f"  {printable(line)}"), soft_wrap=True)
    if len(lines) > MAX_TOLD:
        console.print(f"  and {len(lines) - MAX_TOLD} more {what}")


def _remark(line: Line) -> str:
    if line.status is Status.BROKEN:
        notes = " ".join(line.score.staff_notes).strip().splitlines()
        return f"{line.handin.id}: the grader broke: {shown(notes[-1] if notes else '', 200)}"
    notes = line.score.notes if line.score else (line.handin.problem,)
    return f"{line.handin.id}: {' '.join(notes)}"


def _waiting(line: Line) -> str:
    who = line.handin.id if line.handin else _name(line.student)
    what_now = "Write the points themselves, without add, if they should count anyway."
    what = "adjustments.csv adds to points that are not there"
    return f"{who}: {what} ({', '.join(line.final.waiting)}). {what_now}"


def _unknown_lateness(line: Line) -> str:
    what_now = 'Write its late days into adjustments.csv: total, "2 late days"'
    return f"{line.handin.id}: late, but not how late: no points are lost. {what_now}"


def _change(change: Change) -> str:
    old, new = (NO_POINTS if each is None else points(each) for each in (change.old, change.new))
    return f"{change.handin.id} {change.question}: {old} → {new} ({change.why})"


def _name(student) -> str:
    return shown(student.name or student.email or student.sid or student.lms_id)
