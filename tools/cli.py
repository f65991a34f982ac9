"""The command line."""

import sys
from pathlib import Path

import click

from tools.course import COURSE_FILE, read_course
from tools.errors import AuthorError, AuthorErrors, nearest

EXAMPLES = {
    "build": "Example: unroll build rnn_from_scratch",
    "format": "Example: unroll format --check",
    "rehearse": "Example: unroll rehearse rnn_from_scratch",
    "grade": "Example: unroll grade anna.ipynb --assignment rnn_from_scratch --out graded",
}


def _root(context: click.Context, parameter: click.Parameter, given: Path | None) -> Path:
    """The project's folder: the given one, or the nearest above the present one."""
    here = Path.cwd()
    for folder in [given] if given else [here, *here.parents]:
        if (folder / COURSE_FILE).is_file():
            return folder
    raise click.BadParameter(f"there is no {COURSE_FILE} in {given or here}.", param=parameter)


def _names(root: Path, given: tuple[str, ...]) -> list[str]:
    known = read_course(root).assignments
    for name in given:
        if name not in known:
            raise click.UsageError(f'There is no assignment "{name}". {nearest(name, known)}')
    return list(given or known)


root_option = click.option(
    "--root",
    type=click.Path(path_type=Path),
    callback=_root,
    help="Folder of the project; default: the present one or the nearest above it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def unroll() -> None:
    """Autograded assignments from one master notebook each."""


@unroll.command(epilog=EXAMPLES["build"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option("--force", is_flag=True, help="Build also what is up to date.")
def build(names: tuple[str, ...], root: Path, force: bool) -> None:
    """Write releases, solutions, hidden tests and bundles.

    Builds the named assignments, or all of course.toml, where something changed.
    """
    # jinja2, rich and the rest are imported by the commands that need them, to keep --help quick.
    from tools import build as building
    from tools.report import print_report

    print_report(building.build(root, _names(root, names), force))


@unroll.command("format", epilog=EXAMPLES["format"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option("--check", is_flag=True, help="Change nothing; fail when a master is not clean.")
def format_(names: tuple[str, ...], root: Path, check: bool) -> None:
    """Remove outputs and editors' traces from masters, and name their cells."""
    from tools.formatting import format_master

    dirty = [name for name in _names(root, names) if format_master(root, name, write=not check)]
    for name in dirty:
        told = f"not clean. Run `unroll format {name}`." if check else "cleaned"
        click.echo(f"{name}.ipynb: {told}")
    if check and dirty:
        sys.exit(1)


@unroll.command(epilog=EXAMPLES["grade"])
@click.argument(
    "submissions",
    nargs=-1,
    required=True,
    metavar="SUBMISSION...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@root_option
@click.option("--assignment", "name", required=True, help="The assignment that was handed in.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for results.json; with several submissions one folder in it for each.",
)
@click.option(
    "--trust-submissions",
    is_flag=True,
    help="Grade without any isolation where this machine offers none. The code of students then "
    "has all your rights.",
)
def grade(
    submissions: tuple[Path, ...], root: Path, name: str, out: Path, trust_submissions: bool
) -> None:
    """Grade notebooks, scripts or exported zips, isolated from the tests.

    Each prints a table and writes its results in Gradescope's format. The exit code is 1 when one
    of them could not be graded at all.
    """
    from rich.console import Console

    from autograder.bundle import BundleError
    from autograder.isolation import SandboxError
    from autograder.links import ServerError
    from autograder.score import Outcome
    from tools import grading

    _names(root, (name,))
    ungraded = 0
    try:
        # Moves on a terminal only; nothing of it reaches a file or a pipe.
        with Console(stderr=True).status("") as status:
            for graded in grading.grade(
                root, name, submissions, out, trust_submissions, status.update
            ):
                grading.print_graded(graded)
                score = graded.score
                ungraded += not score.readable or score.outcome is Outcome.BROKEN
    except (BundleError, SandboxError, ServerError) as error:
        raise click.ClickException(str(error)) from None
    if ungraded:
        sys.exit(1)


@unroll.command(epilog=EXAMPLES["rehearse"])
@click.argument("name")
@root_option
@click.option(
    "--submission",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rehearse with this file, too; any points are fine.",
)
@click.option("--minutes", default=10.0, show_default=True, help="Timeout set on Gradescope.")
@click.option("--memory-mb", default=768.0, show_default=True, help="Container set on Gradescope.")
@click.option(
    "--root-fs",
    type=click.Choice(["debootstrap"]),
    help="Run in a fresh Debian, made once below build/. Default: in a private folder.",
)
def rehearse(
    name: str,
    root: Path,
    submission: Path | None,
    minutes: float,
    memory_mb: float,
    root_fs: str | None,
) -> None:
    """Play Gradescope with the zip of an assignment, and say what would have failed.

    Unpacks it as Gradescope does, grades the solution, the untouched release and a submission that
    spies, and inspects what they leave behind. setup.sh is not run: it needs Gradescope's network.
    """
    from tools import rehearse as rehearsing
    from tools.debian_root import StageError
    from tools.report import print_checks

    _names(root, (name,))
    try:
        on_stage = rehearsing.debian_stage(root) if root_fs else None
    except StageError as error:
        raise click.ClickException(str(error)) from None
    limits = rehearsing.Limits(minutes, memory_mb)
    checks = list(rehearsing.rehearse(root, name, limits, submission, on_stage))
    print_checks(checks)
    if not all(check.passed for check in checks):
        sys.exit(1)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an author's mistake is a message and exit code 1."""
    try:
        unroll(arguments, prog_name="unroll")
    except (AuthorError, AuthorErrors) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
