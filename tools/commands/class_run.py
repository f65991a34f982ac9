"""`unroll grade`: from what a class handed in to tables and pages."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.assignment.bundle import Bundle, BundleError
from autograder.disk import write_atomically
from tools.commands.class_inputs import WRITTEN, Inputs, kit_of, read_files, read_inputs
from tools.commands.report_inputs import earlier_class, known_answers
from tools.commands.request import Request, remember
from tools.decisions.adjustments import most_points
from tools.decisions.marks import MarksError
from tools.errors import ClassError
from tools.gradebook.lms import Lms, name_of
from tools.grading import regrade
from tools.grading.class_batch import Again, ClassBatch, HandinJob
from tools.grading.ledger import Ledger
from tools.grading.store import BusyError, Store, clear_parts
from tools.grading.task import Kit, StartError
from tools.grading.workers import ClusterError, LocalWorkers, Workers, processors
from tools.handins import roster
from tools.handins.classlist import read_class
from tools.handins.people import nobody_matches
from tools.terminal import INTERRUPTED, printable, shown

if TYPE_CHECKING:
    from tools.gradebook.gradebook import Class, Gradebook

RESULTS, FEEDBACK = "results", "feedback"
STAFF, ALIKE = "staff", "alike"
MAX_TOLD = 15  # lines about one LMS file
# Added to twice the time that a submission may take: enough for a grader to start.
PATIENCE_SECONDS = 300.0


def run(request: Request) -> int:
    """Grade what is not graded yet, write all files, say where; return the exit code."""
    try:
        files, bundle = read_files(request.root / "autograder/hidden_tests" / request.name)
        with Store(request.out / ".store") as store:
            clear_parts(
                request.out / folder for folder in (".", RESULTS, FEEDBACK, WRITTEN, STAFF, ALIKE)
            )
            return _run(request, files, bundle, store)
    except KeyboardInterrupt:
        told = "Interrupted. What is graded is kept; tables and pages are not up to date."
        click.echo(told, err=True)
        return INTERRUPTED
    except OSError as error:
        where, what = error.filename or request.out, error.strerror or error
        raise click.ClickException(
            f"{where}: {what}. What is done is kept: fix that (make room on a full disk), then "
            "give the same command again."
        ) from None
    except (BundleError, ClassError, ClusterError, MarksError, BusyError, StartError) as error:
        raise click.ClickException(str(error)) from None


def _run(request: Request, files: Mapping[str, bytes], bundle: Bundle, store: Store) -> int:
    students = roster.read_roster(request.lists_class) if request.lists_class else []
    unpacked = request.out / ".unpacked"
    how = (request.layout, request.name, students, request.ascii_ids)
    found = read_class(request.submissions, unpacked, *how)
    kit, ledger = kit_of(request, files, bundle), Ledger(store.folder)
    desk = {"known": known_answers(bundle, request), "others": earlier_class(bundle, request)}
    inputs = read_inputs(request, found, students, bundle, kit, ledger)
    desk |= {"rubrics": inputs.rubrics, "anonymous": request.anonymous}
    found = inputs.found
    if inputs.strangers and len(inputs.strangers) == len(found.handins):
        click.echo(nobody_matches(found.handins, students, request.lists_class), err=True)
    click.echo(found.describe())
    if request.recalled:
        told = " ".join(map(request.choice, request.recalled))
        click.echo(f"As before: {told}. (To drop one: --forget {request.recalled[0]})")
    if "template" in request.recalled:
        day = datetime.fromtimestamp(request.template.stat().st_mtime)
        click.echo(
            f"{request.template.name} is of {day:%Y-%m-%d %H:%M}. If the LMS has changed since, "
            "export it again before you import anything."
        )
    remember(request)
    for note in (*inputs.found.notes, *inputs.notes):
        click.echo(f"  {printable(note)}", err=True)

    one_only = inputs.students is not None
    batch = ClassBatch(inputs.found.handins, bundle, kit, store, request.as_graded or one_only)
    asked = [*sorted(inputs.students or ()), *request.questions]
    again = regrade.Regrade(store.folder, asked)
    jobs = [] if request.as_graded else _to_do(request, inputs, batch, again)
    started = time.monotonic()
    interrupted = False
    try:
        if jobs:
            count, kit = len(jobs), batch.kit
            with _workers(request, bundle, kit, count) as workers, shown("") as tell:
                batch.grade(jobs, workers, tell)
        if request.grades_again:
            again.end()
    except KeyboardInterrupt:
        interrupted = True
    spent = Spent(batch.done, time.monotonic() - started)
    # Matplotlib and templates take a second to import: the workers start first.
    from tools.gradebook.gradebook import Class

    of = Class(
        bundle,
        inputs.missing,
        inputs.strangers,
        inputs.found.notes,
        inputs.marks,
        request.published,
        inputs.found.layout,
        inputs.found.arrived,
        inputs.essays,
        inputs.adjustments,
        most_points(bundle, inputs.extra),
        inputs.late,
        **desk,
    )
    code = _finish(request, batch, of, inputs, ledger, spent)
    if interrupted:
        click.echo("Interrupted. What is done is kept: the same command continues there.", err=True)
        return INTERRUPTED
    return code


def _to_do(
    request: Request, inputs: Inputs, batch: ClassBatch, again: regrade.Regrade
) -> list[HandinJob]:
    """Return what to grade, and say where only a part of it is."""
    ids = inputs.students
    if request.grades_again:
        wanted = [job.label for job in batch.jobs if ids is None or job.label in ids]
        jobs = batch.to_do(Again(again.begin(batch.store, wanted), request.questions), ids)
    else:
        jobs = batch.to_do()
    parts = [job for job in jobs if job.only is not None]
    if parts:
        changed = sorted({name for job in parts for name in job.changed})
        click.echo(
            f"{len(parts)} of {len(jobs)} are graded in part "
            f"({', '.join([*changed, 'and in each what failed'])}); the rest is kept."
        )
    return jobs


@dataclass(frozen=True)
class Spent:
    """How many hand-ins this run graded, and how long that took."""

    count: int
    seconds: float


def _finish(
    request: Request, batch: ClassBatch, of: "Class", inputs: Inputs, ledger: Ledger, spent: Spent
) -> int:
    """Write all files, and print where they are; return the exit code."""
    from tools.gradebook.gradebook import Gradebook
    from tools.gradebook.history import changes_in_words, history_of
    from tools.gradebook.lines import Status
    from tools.gradebook.listing import print_class
    from tools.gradebook.score_table import print_score

    book = Gradebook(request.out, of)
    changed: list[regrade.Change] = []
    for job, result in zip(batch.jobs, batch.results(), strict=True):
        book.add(result, history_of(batch.store, job.handin.id))
        if job.key:
            changed += regrade.latest_changes(job.handin, batch.store, job.key)
        if len(batch.jobs) == 1 and result.score:
            print_score(result.score)
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


@contextlib.contextmanager
def _workers(request: Request, bundle: Bundle, kit: Kit, count: int) -> Iterator[Workers]:
    """Provide the workers; end them at once, in the middle of a task, if the run ends early."""
    patience = PATIENCE_SECONDS + 2 * bundle.limits.submission_seconds
    if request.dask:
        workers: Workers = _cluster(request.dask, kit, patience)
    else:
        workers = LocalWorkers(min(request.workers or processors(), count), kit, patience)
    try:
        yield workers
    except BaseException:
        workers.close(at_once=True)
        raise
    workers.close()


def _cluster(address: str, kit: Kit, patience: float) -> Workers:
    try:
        from tools.grading.dask import DaskWorkers
    except ImportError:
        raise ClusterError(
            "--dask needs the package distributed. Install it: pip install 'dask[distributed]'"
        ) from None
    return DaskWorkers(address, kit, patience)
