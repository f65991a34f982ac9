"""`unroll grade`: from what a class handed in to tables and pages."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import click

from autograder.assignment.bundle import Bundle, BundleError
from tools.commands.class_files import Spent, prepare_meanwhile, roll_of, write_class
from tools.commands.class_inputs import WRITTEN, Inputs, kit_of, read_files, read_inputs
from tools.commands.report_inputs import earlier_class
from tools.commands.request import Request, check_semester, remember
from tools.decisions.marks import MarksError
from tools.errors import ClassError
from tools.grading import regrade
from tools.grading.class_batch import Again, ClassBatch, HandinJob
from tools.grading.ledger import Ledger
from tools.grading.store import BusyError, Store, clear_parts
from tools.grading.task import Kit, StartError
from tools.grading.workers import ClusterError, LocalWorkers, Workers, processors
from tools.handins import roster
from tools.handins.classlist import read_class
from tools.handins.handin import Student
from tools.handins.people import nobody_matches
from tools.terminal import INTERRUPTED, printable, shown

RESULTS, FEEDBACK = "results", "feedback"
STAFF, ALIKE = "staff", "alike"
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
    if not request.as_graded:
        check_semester(request, bundle.semester)
    students = roster.read_roster(request.lists_class) if request.lists_class else []
    unpacked = request.out / ".unpacked"
    how = (request.layout, request.name, students, request.ascii_ids)
    found = read_class(request.submissions, unpacked, *how)
    kit, ledger = kit_of(request, files, bundle), Ledger(store.folder)
    compared = earlier_class(bundle, request)
    inputs = read_inputs(request, found, students, bundle, kit, ledger)
    _tell_class(request, inputs, students)
    remember(request, bundle.semester, found.arrived)

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
                prepare_meanwhile()
                batch.grade(jobs, workers, tell)
        if request.grades_again:
            again.end()
    except KeyboardInterrupt:
        interrupted = True
    spent = Spent(batch.done, time.monotonic() - started)
    roll = roll_of(request, bundle, inputs, compared)
    code = write_class(request, batch, roll, inputs, ledger, spent)
    if interrupted:
        click.echo("Interrupted. What is done is kept: the same command continues there.", err=True)
        return INTERRUPTED
    return code


def _tell_class(request: Request, inputs: Inputs, students: Sequence[Student]) -> None:
    """Say what was recognised, what the folder remembers, and what staff should know first."""
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
    for note in (*found.notes, *inputs.notes):
        click.echo(f"  {printable(note)}", err=True)


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
    # They end while tables and pages are written; the interpreter waits for that.
    threading.Thread(target=workers.close).start()


def _cluster(address: str, kit: Kit, patience: float) -> Workers:
    try:
        from tools.grading.dask import DaskWorkers
    except ImportError:
        raise ClusterError(
            "--dask needs the package distributed. Install it: pip install 'dask[distributed]'"
        ) from None
    return DaskWorkers(address, kit, patience)
