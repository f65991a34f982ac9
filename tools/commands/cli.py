"""The command line."""

import atexit
import gc
import os
import sys
from pathlib import Path

import click

from tools.commands.grade import grade, report
from tools.commands.options import READABLE, assignments, is_course, root_option, workers_option
from tools.commands.why import why
from tools.errors import AuthorError, AuthorErrors

EXAMPLES = {
    "build": "Example: unroll build rnn_from_scratch",
    "new": "Example: unroll new gru_from_scratch",
    "semester": 'Example: unroll semester "2027 spring"',
    "format": "Example: unroll format --check",
    "verify": "Example: unroll verify rnn_from_scratch --full",
    "rehearse": "Example: unroll rehearse rnn_from_scratch",
}
ABOVE_ZERO = click.FloatRange(min=0, min_open=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def unroll() -> None:
    """Autograded assignments from one master notebook each."""


@unroll.command(epilog=EXAMPLES["build"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option("--force", is_flag=True, help="Build even what is up to date.")
def build(names: tuple[str, ...], root: Path, force: bool) -> None:
    """Write releases, solutions, hidden tests and bundles.

    Builds the named assignments, or all in course.toml, if something changed, and says which other
    committed releases are now stale.
    """
    # jinja2, rich and the rest are imported by the commands that need them, to keep --help quick.
    from tools.release import build as building
    from tools.release import freshness
    from tools.release.summary import print_report

    asked = assignments(root, names)
    built = building.build(root, asked, force)
    print_report(built)
    if any(each.changed for each in built):
        for told in freshness.stale(root, asked):
            click.echo(told)


@unroll.command(epilog=EXAMPLES["new"])
@click.argument("name")
@click.option("--title", default="", help="Heads the notebook. Default: the name, in words.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the course; an empty one becomes a course. Default: the nearest one above.",
)
def new(name: str, title: str, root: Path | None) -> None:
    """Write a first assignment that builds and proves, with one question of each kind."""
    from tools.commands import new as writing

    here = [folder for folder in (Path.cwd(), *Path.cwd().parents) if is_course(folder)]
    if root is None and not here:
        raise click.UsageError("There is no course here. Name a folder with --root.")
    where = root or here[0]
    for path in writing.new(where, name, title):
        click.echo(path)
    click.echo(f"Next: unroll build {name}, then unroll verify {name}.")


@unroll.command(epilog=EXAMPLES["semester"])
@click.argument("semester")
@root_option
@click.option("--full", is_flag=True, help="Prove in the full form, as before a release.")
@workers_option
def semester(semester: str, root: Path, full: bool, workers: int | None) -> None:
    """Begin another semester: change course.toml, build and prove everything.

    Says what is different for students. Where a build fails, nothing is changed.
    """
    from tools.commands import semester as changing
    from tools.commands import verify
    from tools.proof.plan import Scope

    for line in changing.change(root, semester):
        click.echo(line)
    sys.exit(verify.run(root, assignments(root, ()), Scope(full), workers, False))


@unroll.command("format", epilog=EXAMPLES["format"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option("--check", is_flag=True, help="Change nothing; fail when a master is not clean.")
def format_(names: tuple[str, ...], root: Path, check: bool) -> None:
    """Remove outputs and editors' traces from masters, and name their cells."""
    from tools.master.formatting import format_master

    dirty = [
        name for name in assignments(root, names) if format_master(root, name, write=not check)
    ]
    for name in dirty:
        told = f"not clean. Run `unroll format {name}`." if check else "cleaned"
        click.echo(f"{name}.ipynb: {told}")
    if check and dirty:
        sys.exit(1)


@unroll.command(epilog=EXAMPLES["verify"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option(
    "--full",
    is_flag=True,
    help="Grade every bug in all questions, draw 100 semesters, and have Otter grade everything.",
)
@workers_option
@click.option("--fresh", is_flag=True, help="Do everything again, even what has not changed.")
@click.option(
    "--mutants",
    is_flag=True,
    help="Grade every single-point edit of the solution, too: each must lose points.",
)
def verify(
    names: tuple[str, ...],
    root: Path,
    full: bool,
    workers: int | None,
    fresh: bool,
    mutants: bool,
) -> None:
    """Prove that nothing leaks, every test bites, and every right answer passes.

    Grades the solution, the untouched release, each known bug, each accepted answer and generated
    stubs; prints which laws hold, and writes build/verify/NAME.json and NAME.png, a picture of
    which test catches which bug. The exit code is 1 when a law is broken. Interrupt it whenever
    you like: what is done is kept, and only what has changed is done again.
    """
    from tools.commands import verify
    from tools.proof.plan import Scope

    scope = Scope(full, mutants)
    sys.exit(verify.run(root, assignments(root, names), scope, workers, fresh))


unroll.add_command(grade)
unroll.add_command(report)
unroll.add_command(why)


@unroll.command(epilog=EXAMPLES["rehearse"])
@click.argument("name")
@root_option
@click.option(
    "--submission",
    type=READABLE,
    help="Rehearse with this file too; any points are fine.",
)
@click.option(
    "--minutes",
    default=10.0,
    show_default=True,
    type=ABOVE_ZERO,
    help="Timeout set on Gradescope.",
)
@click.option(
    "--memory-mb",
    default=768.0,
    show_default=True,
    type=ABOVE_ZERO,
    help="Container set on Gradescope.",
)
@click.option(
    "--root-fs",
    type=click.Choice(["debootstrap"]),
    help="Run in a fresh Debian, made once below build/. Default: in a private folder.",
)
@click.option(
    "--setup",
    is_flag=True,
    help="Run setup.sh first, as far as this machine reaches what it downloads (needs root).",
)
def rehearse(
    name: str,
    root: Path,
    submission: Path | None,
    minutes: float,
    memory_mb: float,
    root_fs: str | None,
    setup: bool,
) -> None:
    """Play Gradescope with the zip of an assignment, and say what would have failed.

    Unpacks it as Gradescope does, grades the solution, the untouched release and a submission that
    spies, and inspects what they leave behind. With --setup, it first builds the image as
    Gradescope does, outside this machine's own folders, and says for each step whether it ran.
    """
    from tools.rehearsal import rehearse as rehearsing
    from tools.rehearsal.debian_root import StageError
    from tools.rehearsal.inspection import print_checks

    assignments(root, (name,))
    try:
        on_stage = rehearsing.debian_stage(root) if root_fs else None
    except StageError as error:
        raise click.ClickException(str(error)) from None
    if setup and os.geteuid() != 0:
        raise click.ClickException("setup.sh needs root's rights: run this with sudo.")
    limits = rehearsing.Limits(minutes, memory_mb)
    checks = list(rehearsing.rehearse(root, name, limits, submission, on_stage, setup))
    print_checks(checks)
    if not all(check.passed for check in checks):
        sys.exit(1)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an author's mistake is a message and exit code 1."""
    # Python would look for garbage one last time, in all that was imported: a fifth of a second.
    atexit.register(gc.freeze)
    try:
        unroll(arguments, prog_name="unroll")
    except (AuthorError, AuthorErrors) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
