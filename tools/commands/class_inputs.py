"""What a run over a class reads besides the submissions, all checked before the first is graded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from autograder.assignment.bundle import FILE as BUNDLE_FILE
from autograder.assignment.bundle import Bundle, parse_bundle
from autograder.disk import write_atomically
from tools.commands.request import Request, no_longer
from tools.course.rubric import Rubric
from tools.course.rules import LateRule
from tools.course.settings import Assignment, read_assignment, read_course
from tools.decisions import adjustments
from tools.decisions.adjustments import TOTAL, Adjustment, Most, People, Person, most_points
from tools.decisions.marks import (
    Mark,
    MarkingScheme,
    by_handin,
    latest,
    marks_csv,
    outdated,
    read_marks,
)
from tools.decisions.totals import untimed
from tools.errors import ClassError, nearest
from tools.gradebook.lms import Wanted
from tools.gradebook.template import Template
from tools.grading.ledger import Ledger
from tools.grading.task import Kit, Release
from tools.handins import roster
from tools.handins.classlist import ClassList, Layout
from tools.handins.essays import Essay, read_essays, read_sheet
from tools.handins.handin import Student
from tools.handins.people import match, settled
from tools.handins.provenance import from_elsewhere
from tools.likeness.likeness import read_fingerprint
from tools.master.notebook import parse
from tools.table import points, text_of

WRITTEN = "written"


@dataclass(frozen=True)
class Inputs:
    """A class completed by its roster, and all that staff said about it.

    students: the hand-ins to grade again, None for all; notes: lines for the terminal.
    """

    found: ClassList
    missing: Sequence[Student]
    strangers: frozenset[str] | None
    extra: Mapping[str, float]
    rubrics: Mapping[str, Rubric]
    late: LateRule | None
    template: Template | None = None
    essays: Mapping[str, Mapping[str, Essay]] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, Mark]] = field(default_factory=dict)
    adjustments: Mapping[Person, Sequence[Adjustment]] = field(default_factory=dict)
    students: frozenset[str] | None = None
    notes: Sequence[str] = ()


def read_inputs(
    request: Request,
    found: ClassList,
    students: list[Student],
    bundle: Bundle,
    kit: Kit,
    ledger: Ledger,
) -> Inputs:
    """Read and check everything; raise a ClassError or MarksError for staff."""
    found, missing, strangers = with_roster(request, found, students)
    notes = from_elsewhere(found.handins, request.name, bundle.semester)
    notes += filter(None, [no_longer(request, found.arrived)])
    found = replace(found, notes=(*found.notes, *notes))
    policy, late = read_assignment(request.root, request.name), read_course(request.root).late
    extra = _extra_credit(policy, bundle)
    for question in request.questions:
        known = [q.name for q in bundle.graded]
        if question not in known:
            what = f'There is no question "{question}" with tests. {nearest(question, known)}'
            raise click.UsageError(what)
    template = _template(request, bundle)
    when = untimed(found.handins, late, request.name) if found.layout != Layout.CANVAS else ""
    people = People(found.handins, missing)
    most = most_points(bundle, extra)
    adjusted, again = _adjustments(request, people, most), _students(request, people)
    essays = _essays(found, bundle, kit)
    # The only one that writes comes last.
    marks, old = _marks(request, bundle, essays, extra, ledger)
    return Inputs(
        found,
        missing,
        strangers,
        extra,
        policy.rubrics,
        late,
        template,
        essays,
        marks,
        adjusted,
        again,
        (*filter(None, [when]), *old, *(template.notes if template else ())),
    )


def with_roster(
    request: Request, found: ClassList, students: list[Student]
) -> tuple[ClassList, list[Student], frozenset[str] | None]:
    """Return the class completed by the roster, who handed in nothing, and strangers' ids."""
    if not students:
        return found, [], None
    matched = settled(match(found.handins, students, request.name))
    notes = (*found.notes, *roster.placeholders(request.lists_class), *matched.notes)
    strangers = frozenset(each.id for each in matched.strangers)
    return replace(found, handins=matched.handins, notes=notes), matched.missing, strangers


def _extra_credit(policy: Assignment, bundle: Bundle) -> Mapping[str, float]:
    """Return the points beyond the maximum, after a check of the tables' questions."""
    manual = [question.name for question in bundle.questions if question.manual]
    everything = [TOTAL, *(question.name for question in bundle.questions)]
    tables = {
        "extra_credit": (policy.extra_credit, everything),
        "rubrics": (policy.rubrics, manual),
    }
    for table, (values, known) in tables.items():
        for name in values:
            if name not in known:
                where = f"assignments/{policy.name}/assignment.toml, [{table}]"
                what = f'there is no question "{name}"'
                what += "" if known is everything else " that is marked by hand"
                raise ClassError(what, where, nearest(name, known))
    # A question without points of its own is worth what its rubric says.
    free = [q.name for q in bundle.questions if q.manual and not q.points]
    worth = {
        name: sum(points for _, points in rubric)
        for name, rubric in policy.rubrics.items()
        if name in free
    }
    return worth | dict(policy.extra_credit)


def _template(request: Request, bundle: Bundle) -> Template | None:
    if not request.template:
        return None
    wanted = Wanted((bundle.title, bundle.name), bundle.most, request.column)
    return Template(request.template_for, text_of(request.template), wanted, request.template)


def _students(request: Request, people: People) -> frozenset[str] | None:
    """Return the hand-ins of the students to grade again."""
    if not request.students:
        return None
    found = set()
    for given in request.students:
        try:
            ids = {id_ for id_, _ in people.find(given)}
        except ValueError as error:
            raise click.UsageError(f"--student {error}.") from None
        if "" in ids:
            raise click.UsageError(f'--student "{given}" handed in nothing.')
        found |= ids
    return frozenset(found)


def _adjustments(
    request: Request, people: People, most: Most
) -> Mapping[Person, Sequence[Adjustment]]:
    file = request.out / adjustments.FILE
    if not file.exists():
        return {}
    return adjustments.read_adjustments(text_of(file), file, people, most)


def _essays(found: ClassList, bundle: Bundle, kit: Kit) -> dict[str, dict[str, Essay]]:
    """Return the written answers of each hand-in, to know which text a mark belongs to."""
    files = {each.id: each.file for each in found.handins if each.file is not None}
    if kit.release is None or all(not question.manual for question in bundle.questions):
        return {id_: {} for id_ in files}
    return {id_: read_essays(file, kit.release.sheet) for id_, file in files.items()}


def _marks(
    request: Request,
    bundle: Bundle,
    essays: Mapping[str, Mapping[str, Essay]],
    extra: Mapping[str, float],
    ledger: Ledger,
) -> tuple[dict[str, dict[str, Mark]], list[str]]:
    """Return the marks of earlier runs and those of `--written`, which count instead; and notes."""
    texts = {id_: {q: essay.text for q, essay in own.items()} for id_, own in essays.items()}
    scheme = MarkingScheme(bundle, texts, extra, ledger.answers)
    kept_file = request.out / WRITTEN / "marks.csv"
    kept = []
    if kept_file.exists():
        # A student without a hand-in, now or for good, is not a mistake here.
        kept = read_marks(text_of(kept_file), kept_file, scheme, strangers=True)
    marks = kept
    for file in request.written:
        marks = latest(marks, read_marks(text_of(file), file, scheme))
    ledger.note_answers(scheme.known)
    ledger.save()
    if marks != kept:
        write_atomically(kept_file, marks_csv(marks, scheme.assignment).encode())
    notes = [
        f"{id_}: {mark.question} had {points(mark.points)} points, but its text is new: mark it "
        f"again in {WRITTEN}/{mark.question}.html."
        for id_, mark in outdated(marks, scheme)
    ]
    known = scheme.known
    lost = sum(mark.answer not in known[mark.question] for mark in marks)
    if lost:
        notes.append(f"{kept_file}: {lost} of the marks belong to no answer that was ever here.")
    return by_handin(marks, scheme), notes


def read_files(folder: Path) -> tuple[dict[str, bytes], Bundle]:
    """Return the files of hidden_tests/NAME, and the bundle that they are."""
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    return files, parse_bundle(files.get(BUNDLE_FILE, b""), folder)


def kit_of(request: Request, files: Mapping[str, bytes], bundle: Bundle) -> Kit:
    """Return what the workers need."""
    release = request.root / f"student_release/{request.name}/{request.name}.ipynb"
    known = None
    if release.is_file():
        names = {answer.question: answer.names for answer in bundle.answers.answers}
        manual = [question.name for question in bundle.questions if question.manual]
        sheet = read_sheet(parse(release.read_text(encoding="utf-8"), release.name), manual)
        known = Release(read_fingerprint(release, names), sheet)
    secrets = [f"{request.root}/solutions", f"{request.root}/assignments/{request.name}"]
    secrets += [f"{request.root}/build"]
    secrets += [
        f"{request.out.absolute()}/{folder}" for folder in (".store", ".unpacked", ".compared")
    ]
    return Kit(files, known, secrets=tuple(secrets), trust=request.trust)
