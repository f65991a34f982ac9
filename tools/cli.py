"""The command line: `unroll build` and `unroll format`."""

import sys
from pathlib import Path

import click

from tools.course import COURSE_FILE, read_course
from tools.errors import AuthorError, AuthorErrors, nearest

EXAMPLES = {
    "build": "Example: unroll build rnn_from_scratch",
    "format": "Example: unroll format --check",
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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an author's mistake is a message and exit code 1."""
    try:
        unroll(arguments, prog_name="unroll")
    except (AuthorError, AuthorErrors) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
