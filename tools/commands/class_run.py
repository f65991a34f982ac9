"""`unroll grade`: from what a class handed in to tables and pages."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.assignment.bundle import FILE as BUNDLE_FILE
from autograder.assignment.bundle import Bundle, BundleError, parse_bundle
from autograder.disk import write_atomically
from tools.commands.report_inputs import earlier_class, known_answers
from tools.commands.request import Request, remember
from tools.course.rubric import read_rubrics
from tools.errors import ClassError
from tools.gradebook.marks import (
    MarkingScheme,
    MarksError,
    by_handin,
    latest,
    marks_csv,
    read_marks,
)
from tools.grading import regrade
from tools.grading.class_batch import ClassBatch
from tools.grading.store import BusyError, Store, clear_parts
from tools.grading.task import Kit, Release, StartError
from tools.grading.workers import ClusterError, LocalWorkers, Workers, processors
from tools.handins import roster
from tools.handins.classlist import ClassList, read_class
from tools.handins.essays import read_sheet
from tools.handins.handin import Student, one_each
from tools.handins.likeness import read_fingerprint
from tools.master.notebook import parse
from tools.table import text_of
from tools.terminal import INTERRUPTED, shown

if TYPE_CHECKING:
    from tools.gradebook.gradebook import Class

RESULTS, FEEDBACK, WRITTEN = "results", "feedback", "written"
STAFF, ALIKE = "staff", "alike"
# Added to twice the time that a submission may take: enough for a grader to start.
PATIENCE_SECONDS = 300.0


def run(request: Request) -> int:
    """Grade what is not graded yet, write all files, say where; return the exit code."""
    try:
        files, bundle = _bundle(request.root / "autograder/hidden_tests" / request.name)
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
    found = read_class(request.submissions, request.out / ".unpacked", request.layout, request.name)
    click.echo(found.describe())
    remember(request)
    found, missing, strangers = _matched(request, found)
    for note in found.notes:
        click.echo(f"  {note}", err=True)
    scheme = MarkingScheme(bundle, [each.id for each in found.handins if each.file is not None])
    marks = _marks(request, scheme)
    template = text_of(request.template) if request.template else ""

    desk = {"known": known_answers(bundle, request), "others": earlier_class(bundle, request)}
    desk |= {"rubrics": read_rubrics(request.root, request.name), "anonymous": request.anonymous}
    kit = _kit(request, files, bundle)
    batch = ClassBatch(found.handins, bundle, kit, store, request.as_graded)
    again = regrade.Regrade(store.folder)
    after = again.begin(store, (each.id for each in found.handins)) if request.regrade else {}
    jobs = [] if request.as_graded else batch.to_do(after)
    started = time.monotonic()
    interrupted = False
    try:
        if jobs:
            count, kit = len(jobs), batch.kit
            with _workers(request, bundle, kit, count) as workers, shown("") as tell:
                batch.grade(jobs, workers, tell)
        if request.regrade:
            again.end()
    except KeyboardInterrupt:
        interrupted = True
    spent = Spent(batch.done, time.monotonic() - started)
    # Matplotlib and templates take a second to import: the workers start first.
    from tools.gradebook.gradebook import Class

    about = (missing, strangers, found.notes, marks, request.published, found.layout)
    of = Class(bundle, *about, **desk)
    code = _finish(request, batch, of, template, spent)
    if interrupted:
        click.echo("Interrupted. What is done is kept: the same command continues there.", err=True)
        return INTERRUPTED
    return code


@dataclass(frozen=True)
class Spent:
    """How many hand-ins this run graded, and how long that took."""

    count: int
    seconds: float


def _finish(request: Request, batch: ClassBatch, of: "Class", template: str, spent: Spent) -> int:
    """Write all files, and print where they are; return the exit code."""
    from tools.gradebook.gradebook import Gradebook, Status
    from tools.gradebook.history import changes_in_words, history_of
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
    written = book.finish(changes_in_words(changed))
    for kind in request.csv:
        file, lost = book.write_lms(kind, template)
        written.append(file)
        for name in lost:
            what_now = "enter the points by hand"
            click.echo(f"  {name} is not in {request.template}: {what_now}.", err=True)
    if changed or request.regrade:
        file = request.out / "regrade.csv"
        write_atomically(file, regrade.regrade_csv(changed).encode("utf-8", errors="replace"))
        written.append(file)
    # An earlier regrade's changes are in the file; they are not printed each time.
    print_class(book, spent.count, spent.seconds, changed if spent.count else [], written)
    statuses = {line.status for line in book.lines}
    return int(Status.BROKEN in statuses or Status.GRADED not in statuses)


def _matched(
    request: Request, found: ClassList
) -> tuple[ClassList, list[Student], frozenset[str] | None]:
    """Return the class completed by the roster, who handed in nothing, and strangers' ids."""
    if not request.lists_class:
        return found, [], None
    students = roster.read_roster(request.lists_class)
    handins, missing, strangers = roster.match(found.handins, students)
    # The roster may show that two names are one student.
    handins, superseded = one_each(handins)
    found = replace(found, handins=handins, notes=(*found.notes, *superseded))
    return found, missing, frozenset(each.id for each in strangers)


def _marks(request: Request, scheme: MarkingScheme) -> dict[str, dict[str, float]]:
    """Return points given by hand: those of earlier runs, overridden by `--written`."""
    kept_file = request.out / WRITTEN / "marks.csv"
    kept = []
    if kept_file.exists():
        # A student without a hand-in, now or for good, is not a mistake here.
        kept = read_marks(text_of(kept_file), kept_file, scheme, strangers=True)
    marks = kept
    for file in request.written:
        marks = latest(marks, read_marks(text_of(file), file, scheme))
    if marks != kept:
        write_atomically(kept_file, marks_csv(marks, scheme.assignment).encode())
    return by_handin(marks, scheme)


def _bundle(folder: Path) -> tuple[dict[str, bytes], Bundle]:
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    return files, parse_bundle(files.get(BUNDLE_FILE, b""), folder)


def _kit(request: Request, files: Mapping[str, bytes], bundle: Bundle) -> Kit:
    release = request.root / f"student_release/{request.name}/{request.name}.ipynb"
    known = None
    if release.is_file():
        names = {answer.question: answer.names for answer in bundle.answers.answers}
        manual = [question.name for question in bundle.questions if question.manual]
        sheet = read_sheet(parse(release.read_text(encoding="utf-8"), release.name), manual)
        known = Release(read_fingerprint(release, names), sheet)
    secrets = [f"{request.root}/solutions", f"{request.root}/assignments/{request.name}"]
    secrets += [f"{request.root}/build"]
    secrets += [f"{request.out.absolute()}/{folder}" for folder in (".store", ".unpacked")]
    return Kit(files, known, secrets=tuple(secrets), trust=request.trust)


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
