"""`unroll why`: one question of one student, examined again, with everything there is to say."""

import sys
from pathlib import Path

import click

from tools.commands.options import root_option
from tools.commands.request import Request, remembered

EXAMPLE = "Example: unroll why anna q8 --out graded"


@click.command(epilog=EXAMPLE)
@click.argument("student")
@click.argument("question")
@root_option
@click.option(
    "--out",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder that `unroll grade` got as --out.",
)
@click.option("--trust-submissions", "trust", is_flag=True, help="As in `unroll grade`.")
def why(student: str, question: str, root: Path, out: Path, trust: bool) -> None:
    """Examine a student's answer to one question again, and print all there is to say.

    STUDENT is an id, name, email or student number, or a part of one; QUESTION may be short, as
    in q8. Prints texts that students never see. Writes nothing.
    """
    request = remembered(out, root=root, trust=trust)
    sys.exit(run(request, student, question))


def run(request: Request, student: str, question: str) -> int:
    """Examine and print; return 1 if the question has not full marks now."""
    from autograder.assignment.bundle import BundleError
    from tools.commands.class_inputs import kit_of, read_files, with_roster
    from tools.errors import ClassError
    from tools.gradebook.history import failed_before
    from tools.gradebook.why_text import print_why
    from tools.grading.desk import close, equip, perform
    from tools.grading.store import BusyError, Store, score_of
    from tools.grading.task import Examine, StartError, Task
    from tools.grading.version import grader_version
    from tools.handins import roster
    from tools.handins.classlist import read_class

    try:
        files, bundle = read_files(request.root / "autograder/hidden_tests" / request.name)
        name = _one(question, [q.name for q in bundle.graded])
        where = request.out / ".unpacked"
        students = roster.read_roster(request.lists_class) if request.lists_class else []
        how = (request.layout, request.name, students, request.ascii_ids)
        found = read_class(request.submissions, where, *how)
        found, missing, _ = with_roster(request, found, students)
        handin = _handin(found.handins, student, missing)
        if handin.file is None:
            problem = handin.problem.removesuffix(".")
            raise ClassError(problem, handin.id, "There is nothing to examine.")
        kit = kit_of(request, files, bundle)
        with Store(request.out / ".store") as store:
            entries = store.entries(handin.id)
            stored = score_of(entries[-1].read()) if entries else None
        # Earlier answers that failed: right ones may stand in for them again.
        lent = failed_before(stored, name, [q.name for q in bundle.graded])
        equip(kit)
        work = Examine(only=(*lent, name), diagnose=True)
        contents = handin.file.read_bytes()
        try:
            task = Task(handin.file.name, contents, kit.key, grader_version(), work)
            score = score_of(perform(task))
        finally:
            close()
    except (BundleError, BusyError, ClassError, StartError) as error:
        raise click.ClickException(str(error)) from None
    return print_why(handin, name, score, stored, bundle)


def _handin(handins, wanted: str, missing):
    """Return the hand-in of the student meant; a ClickException if there is not exactly one.

    missing: who is in the roster and handed in nothing.
    """
    from tools.file_names import folded
    from tools.handins.handin import squashed

    def texts(id_: str, students) -> list[str]:
        people = [(s.name, s.email, s.sid, s.lms_id, s.login) for s in students]
        return [id_, *(text for each in people for text in each if text)]

    def any_part(id_: str, students) -> bool:
        return bool(letters) and any(letters in squashed(text) for text in texts(id_, students))

    letters = squashed(wanted)
    own = [h for h in handins if folded(h.id) == folded(wanted)]
    same = own or [h for h in handins if letters in map(squashed, texts(h.id, h.students))]
    found = same or [h for h in handins if any_part(h.id, h.students)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.id for each in found[:8])
        raise click.ClickException(f'"{wanted}" may be {ids}. Give more of the name, or an id.')
    if absent := [s.name or s.email or s.sid for s in missing if any_part("", (s,))]:
        names = ", ".join(absent[:8])
        raise click.ClickException(f'"{wanted}": {names} handed in nothing, so nothing is graded.')
    raise click.ClickException(
        f'nobody here is called "{wanted}". Give an id from scores.csv, a name or an email.'
    )


def _one(wanted: str, names: list[str]) -> str:
    """Return the question meant by a name or its beginning."""
    found = [n for n in names if n == wanted] or [n for n in names if n.split("_")[0] == wanted]
    found = found or [name for name in names if wanted in name]
    if len(found) == 1:
        return found[0]
    known = ", ".join(found or names)
    raise click.ClickException(f'"{wanted}" is not one question with tests. Take one of: {known}.')
