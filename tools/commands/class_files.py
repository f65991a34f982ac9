"""The end of a run over a class: every table and page, and what to say about them.

Matplotlib and templates take a second to import: each function does it for itself, so that the
workers start first, and `prepare_meanwhile` while they grade.
"""

import contextlib
import importlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.assignment.bundle import Bundle
from autograder.disk import write_atomically
from autograder.grader import OTHER_SEMESTER
from tools.commands.class_inputs import Inputs
from tools.commands.report_inputs import Compared, known_answers
from tools.commands.request import Request
from tools.decisions.adjustments import most_points
from tools.gradebook.lms import Lms, name_of
from tools.grading import regrade
from tools.grading.class_batch import ClassBatch
from tools.grading.ledger import Ledger
from tools.grading.made import Made
from tools.terminal import printable

if TYPE_CHECKING:
    from tools.gradebook.gradebook import Gradebook
    from tools.gradebook.roll import Class

MAX_TOLD = 15  # lines about one LMS file


def prepare_meanwhile() -> None:
    """Import and compile in a thread what `write_class` needs, while others have work to do."""

    def prepare() -> None:
        # What fails here is for `write_class` to say.
        with contextlib.suppress(Exception):
            for name in ("gradebook", "listing"):
                importlib.import_module(f"tools.gradebook.{name}")
            importlib.import_module("tools.gradebook.pages").compile_templates()

    threading.Thread(target=prepare, daemon=True).start()


def roll_of(request: Request, bundle: Bundle, inputs: Inputs, compared: Compared) -> "Class":
    """Return what is known of the class besides its results."""
    from tools.gradebook.roll import Class

    alone = len(inputs.found.handins) + len(compared) < 2  # nothing can be like it
    return Class(
        bundle,
        missing=inputs.missing,
        strangers=inputs.strangers,
        notes=inputs.found.notes,
        marks=inputs.marks,
        published=request.published,
        layout=inputs.found.layout,
        arrived=inputs.found.arrived,
        essays=inputs.essays,
        adjustments=inputs.adjustments,
        most=most_points(bundle, inputs.extra),
        late=inputs.late,
        known=() if alone else known_answers(bundle, request),
        others=compared,
        rubrics=inputs.rubrics,
        anonymous=request.anonymous,
    )


@dataclass(frozen=True)
class Spent:
    """How many hand-ins this run graded, and how long that took."""

    count: int
    seconds: float


def write_class(
    request: Request, batch: ClassBatch, of: "Class", inputs: Inputs, ledger: Ledger, spent: Spent
) -> int:
    """Write all files of a class, and print where they are; return the exit code."""
    from tools.gradebook.gradebook import Gradebook
    from tools.gradebook.history import changes_in_words
    from tools.gradebook.lines import Status
    from tools.gradebook.listing import print_class
    from tools.gradebook.score_table import print_score

    book = Gradebook(request.out, of, Made(batch.store.folder))
    changed: list[regrade.Change] = []
    strangers = 0
    for job, result in zip(batch.jobs, batch.results(), strict=True):
        book.add(result, batch.store.entries(job.handin.id))
        if job.key:
            changed += regrade.latest_changes(job.handin, batch.store, job.key)
        if len(batch.jobs) == 1 and result.score:
            print_score(result.score)
        if result.score and any(note.startswith(OTHER_SEMESTER) for note in result.score.notes):
            strangers += 1
    if strangers:
        click.echo(
            f"{strangers} of {len(batch.jobs)} notebooks are of another semester, graded with "
            f"the tests of {of.bundle.semester}. Those of a whole class belong to that semester's "
            "course: give its folder with --root.",
            err=True,
        )
    if inputs.students is not None:
        _tell_earlier(batch)
    written = book.finish(changes_in_words(changed))
    written += _write_lms(request, book, inputs, ledger)
    file = request.out / "regrade.csv"
    if changed or request.grades_again:
        write_atomically(file, regrade.regrade_csv(changed).encode("utf-8", errors="replace"))
        written.append(file)
    else:
        file.unlink(missing_ok=True)
    # The last: no file is older than the scores beside it.
    written.insert(0, book.write_scores())
    # An earlier regrade's changes are in the file; they are not printed each time.
    print_class(book, spent.count, spent.seconds, changed if spent.count else [], written)
    statuses = {line.status for line in book.lines}
    return int(Status.BROKEN in statuses or Status.GRADED not in statuses)


def _tell_earlier(batch: ClassBatch) -> None:
    """Say how many others keep points that the tests of today did not give."""
    old = [job for job in batch.jobs if job.key and not batch.store.last(job.label, job.key)]
    if old:
        click.echo(
            f"{len(old)} others are as earlier tests graded them, or not graded: without --student "
            "the same command grades them too."
        )


def _write_lms(
    request: Request, book: "Gradebook", inputs: Inputs, ledger: Ledger
) -> Iterator[Path]:
    """Write what each LMS imports, after saying what in its export is replaced and what is not."""
    for kind in Lms:
        file = request.out / f"scores-{kind}.csv"
        if kind in request.csv:
            template = inputs.template if request.template_for == kind else None
            filled = book.fill_lms(kind, template, ledger.values(kind), request.overwrite)
            _tell(f"{file.name}: points that were ours are replaced", filled.replaced)
            told = "values that are not ours stay (numbers: --overwrite)"
            _tell(f"{file.name}: {told}", filled.kept)
            lost = [name_of(row) for row in filled.lost]
            _tell(f"{file.name}: not in {request.template}; enter the points by hand", lost)
            file, moved = book.write_lms(kind, filled, ledger)
            if moved:
                click.echo(f"{file.name} was not as we wrote it: it is now {moved.name}.", err=True)
            yield file
        elif file.exists() and ledger.is_ours(file):
            file.unlink()
        elif file.exists():
            told = f"is older than these scores. Remove it, or give --csv {kind}."
            click.echo(f"{file.name} {told}", err=True)


def _tell(what: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    click.echo(f"{what}:", err=True)
    for line in lines[:MAX_TOLD]:
        click.echo(f"  {printable(line)}", err=True)
    if len(lines) > MAX_TOLD:
        click.echo(f"  and {len(lines) - MAX_TOLD} more", err=True)
