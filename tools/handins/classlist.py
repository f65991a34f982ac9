"""A class: what each student handed in, whatever the download looks like."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.submission.choice import is_blank
from autograder.submission.reading import SubmissionError, read_submission
from tools.errors import ClassError
from tools.file_names import identifiers
from tools.handins.clues import guess
from tools.handins.downloads import files_of
from tools.handins.file_types import archive_of
from tools.handins.handin import Handin, Student, shown
from tools.handins.latest import one_each
from tools.handins.layouts import Layout, arrange, recognise
from tools.handins.own_folders import Own, Package
from tools.handins.roster_index import Index
from tools.handins.unpacking import Found
from tools.identity.person_ids import unusable

__all__ = ["ClassError", "ClassList", "Handin", "Layout", "Student", "one_each", "read_class"]

_TITLES = {
    Layout.FOLDER: "files",
    Layout.GRADESCOPE: "Gradescope export",
    Layout.CANVAS: "Canvas download",
    Layout.MOODLE: "Moodle download",
    Layout.BRIGHTSPACE: "Brightspace download",
    Layout.BLACKBOARD: "Blackboard download",
}


@dataclass(frozen=True)
class ClassList:
    """What a class handed in. `notes`: lines for staff; `arrived`: the ids of all hand-ins.

    Those that are not in `handins` any more are superseded, each with a note.
    """

    layout: str
    handins: tuple[Handin, ...]
    notes: tuple[str, ...] = ()
    arrived: tuple[str, ...] = ()

    def describe(self) -> str:
        """Say in one line what was recognised."""
        students = sum(len(handin.students) for handin in self.handins)
        nothing = sum(handin.file is None for handin in self.handins)
        rest = f", {nothing} of them with nothing to grade" if nothing else ""
        names = f" of {_number(students, 'student')}" if students else ""
        return (
            f"{_TITLES[Layout(self.layout)]}: {_number(len(self.handins), 'hand-in')}{names}{rest}"
        )


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def read_class(
    paths: Sequence[Path],
    unpacked: Path,
    layout: str | None = None,
    assignment: str | None = None,
    roster: Sequence[Student] = (),
    ascii_ids: bool = False,
) -> ClassList:
    """Read the class from a folder, a zip, or several files.

    A zip of a whole class is unpacked into `unpacked`. `layout` forces a Layout; `assignment`
    picks among a student's notebooks; the roster tells folders of one student from folders of
    many; `ascii_ids`: ids without accents and other scripts. Raise a ClassError for staff.
    """
    where = paths[0] if len(paths) == 1 else f"{len(paths)} files"
    index = Index(roster)

    def person(name: str) -> object:
        found = guess(index, [name], assignment or "").students
        return found[0] if found else None

    own = Own(assignment or "", person)
    files, notes = files_of(paths, unpacked, layout, own)
    if not files:
        raise ClassError("there is nothing in it", where, "Name the folder with the submissions.")
    chosen = Layout(layout) if layout else recognise(files)
    packages, left_out = arrange(chosen, files, where, own)
    notes += left_out
    packages.sort(key=lambda package: package.label)
    ids, shared = identifiers([package.label for package in packages], ascii_ids)
    notes += [
        f"{shown(label)}: other names are like this one, so its id has a code." for label in shared
    ]
    handins = []
    for package, identifier in zip(packages, ids, strict=True):
        file, problem, note = _chosen(package, assignment)
        notes += [f"{identifier}: {note}"] if note else []
        about = (package.submitted, package.late, problem, package.back, package.clues)
        handins.append(Handin(identifier, package.students, file, *about))
    if all(handin.file is None for handin in handins):
        what = f"nothing in it can be graded ({shown(handins[0].problem, 120)})"
        raise ClassError(what, where, "Was it the notebook that students had to hand in?")
    students = [student for handin in handins for student in handin.students]
    cells = [(kind, getattr(s, kind)) for s in students for kind in ("email", "sid")]
    notes += unusable(cells, "hand-ins")
    kept, superseded = (tuple(handins), []) if roster else one_each(handins)
    return ClassList(chosen.value, kept, (*notes, *superseded), tuple(ids))


def _chosen(package: Package, assignment: str | None) -> tuple[Path | None, str, str]:
    """Return the file to grade or the problem, and a note when there was a choice."""
    files = [each for each in package.files if each.gradable]
    files = [each for each in files if not each.name.lower().endswith(".py")] or files
    sound = [each for each in files if each.file]
    if not sound:
        return None, _nothing(package, files), ""
    # Staff should know about damaged files even when another file counts.
    note = " ".join(each.problem for each in files if each.problem)
    best = sound[0]
    if len(sound) > 1:
        best, why = _preferred(sound, assignment)
        others = ", ".join(shown(each.name, 40) for each in sound if each is not best)
        note = f"{shown(best.name, 40)} counts, not {others}: {why}. {note}".strip()
    if best.name.lower().endswith(".zip"):
        try:
            read_submission(best.file)
        except SubmissionError as error:
            return None, str(error), note
    return best.file, "", note


def _preferred(files: list[Found], assignment: str | None) -> tuple[Found, str]:
    """Return the file that counts, and why."""
    names: dict[str, str | None] = {}
    untouched = set()
    for each in files:
        try:
            submission = read_submission(each.file)
        except SubmissionError:
            names[each.name] = None
        else:
            names[each.name] = submission.assignment or ""
            untouched |= {each.name} if is_blank(submission) else set()
    newest = sorted(files, key=lambda each: (each.order, each.file.stat().st_mtime, each.name))[
        ::-1
    ]
    ours = [f for f in newest if (names[f.name] == assignment if assignment else names[f.name])]
    readable = [each for each in newest if names[each.name] is not None]
    rivals = ours or readable or newest
    if len(rivals) == 1:
        return rivals[0], "it names the assignment" if ours else "the others cannot be read"
    worked = [each for each in rivals if each.name not in untouched]
    if len(worked) == 1:
        return worked[0], "nothing is answered in the others"
    rivals = worked or rivals
    depth = min(len(each.parts) for each in rivals)
    above = [each for each in rivals if len(each.parts) == depth]
    return above[0], "it is above the others" if len(above) == 1 else "it is the newest"


def _nothing(package: Package, files: list[Found]) -> str:
    problems = [each.problem for each in files if each.problem]
    if problems:
        return " ".join(problems)
    what = (
        "Text was typed in, but no file was handed in."
        if package.typed
        else "No file was handed in."
    )
    packed = [(each, archive_of(each.name)) for each in package.files]
    for each, kind in packed:
        if kind:
            return f"{shown(each.name, 40)} is {kind}. Hand in the notebook itself, or a zip."
    if package.files:
        names = ", ".join(shown(each.name, 40) for each in package.files[:3])
        more = ", …" if len(package.files) > 3 else ""
        what = f"There is no notebook among the files ({names}{more})."
    return f"{what} Hand in the file that ends in .ipynb."
