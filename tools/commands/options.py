"""Options that commands share: which project, and which of its assignments."""

import sys
from pathlib import Path

import click

import tools
from tools.course.settings import COURSE_FILE, SUPPORT_PACKAGE, read_course
from tools.course.support_package import check_copy
from tools.errors import nearest

KIT = Path(tools.__file__).parent.parent
# Where seqlab is imported from.
_USED: list[str] = []


def _root(context: click.Context, parameter: click.Parameter, given: Path | None) -> Path:
    """Return the project's folder: the given one, or the nearest above the current one."""
    here = Path.cwd()
    for folder in [given] if given else [here, *here.parents]:
        if is_course(folder):
            if (folder / "assignments" / SUPPORT_PACKAGE).is_dir() and folder.absolute() != KIT:
                check_copy(folder, KIT)
            use_support_package(folder)
            return folder
    raise click.BadParameter(f"there is no {COURSE_FILE} in {given or here}.", param=parameter)


def is_course(folder: Path) -> bool:
    """Return whether this is the folder of a course."""
    return (folder / COURSE_FILE).is_file()


def use_support_package(root: Path) -> None:
    """Import seqlab from this course, here and in the processes that this one starts."""
    folder = (root / "assignments").absolute()
    # Whoever has imported it by now has chosen: only a program that holds this one has.
    if (folder / SUPPORT_PACKAGE).is_dir() and SUPPORT_PACKAGE not in sys.modules:
        sys.path[:] = [path for path in sys.path if path not in _USED]
        _USED[:] = [str(folder)]
        # Before everything else: another course's may be installed.
        sys.path[:0] = _USED


def assignments(root: Path, given: tuple[str, ...]) -> list[str]:
    """Return the given assignments, or all of the course; an unknown one is wrong usage."""
    known = read_course(root).assignments
    masters = (file.stem for file in root.glob("assignments/*/*.ipynb"))
    unlisted = sorted({m for m in masters if is_master(root, m)} - {*known})
    for name in given:
        if name in unlisted:
            raise click.UsageError(f"{COURSE_FILE} does not list {name}. Add it to `assignments`.")
        if name not in known:
            raise click.UsageError(f'There is no assignment "{name}". {nearest(name, known)}')
    if unlisted and not given:
        what = f"{COURSE_FILE} does not list {', '.join(unlisted)}: left out."
        click.echo(what, err=True)
    return list(given or known)


def is_master(root: Path, name: str) -> bool:
    """Return whether a folder of this name holds an assignment."""
    folder = root / "assignments" / name
    return (folder / f"{name}.ipynb").is_file() and (folder / "assignment.toml").is_file()


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
