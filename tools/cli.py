"""The command line."""

import sys
from pathlib import Path

import click

from tools.course import COURSE_FILE, read_course
from tools.errors import AuthorError, AuthorErrors, nearest
from tools.layouts import Layout
from tools.lms import Lms

EXAMPLES = {
    "build": "Example: unroll build rnn_from_scratch",
    "format": "Example: unroll format --check",
    "verify": "Example: unroll verify rnn_from_scratch --full",
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


_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)

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


@unroll.command(epilog=EXAMPLES["verify"])
@click.argument("names", nargs=-1, metavar="[NAME]...")
@root_option
@click.option(
    "--full",
    is_flag=True,
    help="Grade every bug in all questions, draw 100 semesters, and have Otter grade everything.",
)
@click.option(
    "-j",
    "workers",
    type=click.IntRange(1),
    help="How many processes grade at a time. Default: one for each processor.",
)
@click.option("--fresh", is_flag=True, help="Do everything anew, also what has not changed.")
def verify(
    names: tuple[str, ...], root: Path, full: bool, workers: int | None, fresh: bool
) -> None:
    """Prove that nothing leaks, every test bites, and every right answer passes.

    Grades the solution, the untouched release, each known bug, each accepted answer and generated
    stubs; prints which laws hold, and writes build/verify/NAME.json and NAME.png, a picture of
    which test catches which bug. The exit code is 1 when a law is broken. Interrupt it whenever
    you like: what is done is kept, and only what has changed is done again.
    """
    from tools import verifying

    sys.exit(verifying.run(root, _names(root, names), full, workers, fresh))


@unroll.command(epilog=EXAMPLES["grade"])
@click.argument(
    "submissions",
    nargs=-1,
    required=True,
    metavar="SUBMISSIONS...",
    type=click.Path(exists=True, path_type=Path),
)
@root_option
@click.option("--assignment", "name", required=True, help="The assignment that was handed in.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for scores.csv, report.html and all the rest, and for what is done already.",
)
@click.option(
    "-j",
    "workers",
    type=click.IntRange(1),
    help="How many processes grade at a time. Default: one for each processor.",
)
@click.option(
    "--layout",
    type=click.Choice([layout.value for layout in Layout]),
    help="What the download looks like, where it is recognised wrongly.",
)
@click.option(
    "--roster",
    type=_READABLE,
    help="CSV of the class, such as the LMS exports: completes names, tells who is missing.",
)
@click.option(
    "--csv",
    multiple=True,
    type=click.Choice([lms.value for lms in Lms]),
    help="Write scores-LMS.csv, too, which that LMS imports.",
)
@click.option(
    "--csv-template",
    "template",
    type=_READABLE,
    help="The LMS's own export, into which the points are filled.",
)
@click.option("--regrade", is_flag=True, help="Grade all again, and write what changed.")
@click.option("--published", is_flag=True, help="Feedback shows points and all results.")
@click.option(
    "--written",
    multiple=True,
    type=_READABLE,
    help="CSV with points given by hand, which a page in written/ downloads; kept from then on.",
)
@click.option("--dask", metavar="ADDRESS", help="Grade on this Dask cluster: tcp://scheduler:8786.")
@click.option(
    "--trust-submissions",
    "trust",
    is_flag=True,
    help="Grade without any isolation where this machine offers none. The code of students then "
    "has all your rights.",
)
def grade(**values) -> None:
    """Grade a class: a folder, a zip from the LMS, or several files; or one notebook.

    Student code is isolated from the tests. Interrupt it whenever you like: what is done is kept,
    and what has not changed is not graded again. The exit code is 1 when the grader broke over a
    submission, or nothing could be graded.
    """
    _names(values["root"], (values["name"],))
    if values["template"] and len(values["csv"]) != 1:
        raise click.UsageError("--csv-template needs one --csv, that of the LMS it comes from.")
    if values["dask"] and values["workers"]:
        raise click.UsageError("-j is for this machine. With --dask, the cluster has its workers.")
    from tools import class_grading

    sys.exit(class_grading.run(class_grading.Request(**values)))


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
