"""Options that commands share: which project, and which of its assignments."""

from pathlib import Path

import click

from tools.course.settings import COURSE_FILE, read_course
from tools.errors import nearest


def _root(context: click.Context, parameter: click.Parameter, given: Path | None) -> Path:
    """Return the project's folder: the given one, or the nearest above the current one."""
    here = Path.cwd()
    for folder in [given] if given else [here, *here.parents]:
        if (folder / COURSE_FILE).is_file():
            return folder
    raise click.BadParameter(f"there is no {COURSE_FILE} in {given or here}.", param=parameter)


def assignments(root: Path, given: tuple[str, ...]) -> list[str]:
    """Return the given assignments, or all of the course; an unknown one is wrong usage."""
    known = read_course(root).assignments
    for name in given:
        if name not in known:
            raise click.UsageError(f'There is no assignment "{name}". {nearest(name, known)}')
    return list(given or known)


READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)

root_option = click.option(
    "--root",
    type=click.Path(path_type=Path),
    callback=_root,
    help="Folder of the project. Default: the current one, or the nearest above it.",
)

workers_option = click.option(
    "-j",
    "workers",
    metavar="N",
    type=click.IntRange(1),
    help="How many processes grade at a time. Default: one for each processor.",
)
