"""The requests to `unroll grade` and `unroll report`, and which class a folder holds."""

import json
from dataclasses import dataclass
from pathlib import Path

import click

from autograder.disk import write_atomically

REMEMBERED = ".store/class.json"


@dataclass(frozen=True)
class Request:
    """The options of `unroll grade`; see its help."""

    root: Path
    name: str
    submissions: tuple[Path, ...]
    out: Path
    workers: int | None = None
    layout: str | None = None
    roster: Path | None = None
    csv: tuple[str, ...] = ()
    template: Path | None = None
    regrade: bool = False
    published: bool = False
    written: tuple[Path, ...] = ()
    dask: str | None = None
    trust: bool = False
    compare: Path | None = None
    anonymous: bool = False
    # Grade nothing; what was graded counts, even by earlier tests.
    as_graded: bool = False

    @property
    def lists_class(self) -> Path | None:
        """The file with all students: the roster, or the LMS's own export."""
        return self.roster or self.template


def remembered(out: Path, **values) -> Request:
    """Return a request for tables and pages of the class last graded into this folder."""
    try:
        about = json.loads((out / REMEMBERED).read_bytes())
        submissions = tuple(map(Path, about["submissions"]))
        about |= {"submissions": submissions, "roster": about["roster"] and Path(about["roster"])}
    except (OSError, ValueError, TypeError, KeyError):
        what_now = "Name the folder that was given with --out."
        raise click.ClickException(f"{out}: no class was graded here. {what_now}") from None
    for path in submissions:
        if not path.exists():
            what_now = "Put them back, or give unroll grade the new path: what is graded is kept."
            raise click.ClickException(f"{path}: the submissions are gone. {what_now}")
    given = {name: value for name, value in values.items() if value}
    return Request(out=out, as_graded=True, **(about | given))


def remember(request: Request) -> None:
    """Note which class is graded into a folder."""
    about = {
        "name": request.name,
        "submissions": sorted(str(path.absolute()) for path in request.submissions),
        "layout": request.layout,
        "roster": request.lists_class and str(request.lists_class.absolute()),
    }
    write_atomically(request.out / REMEMBERED, json.dumps(about).encode())
