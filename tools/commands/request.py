"""The requests to `unroll grade` and `unroll report`, and the choices that a folder remembers."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from autograder.disk import write_atomically
from tools.file_names import holds_letters
from tools.gradebook.lms import Lms

REMEMBERED = ".store/class.json"
# Options that belong to the folder: given once, they hold until they are forgotten.
CHOICES = (*("roster", "csv", "template", "column", "layout", "compare", "anonymous", "published"),)
_FLAGS = {"template": "--csv-template"}
_LETTERS, _ASCII = "letters", "ascii"  # how a folder's ids are written
_PATHS = ("roster", "template", "compare")
MAX_GONE = 10


@dataclass(frozen=True)
class Request:
    """The options of `unroll grade`; see its help. template_for: the LMS it comes from."""

    root: Path
    name: str
    submissions: tuple[Path, ...]
    out: Path
    workers: int | None = None
    layout: str | None = None
    roster: Path | None = None
    csv: tuple[str, ...] = ()
    template: Path | None = None
    template_for: str = ""
    column: str = ""
    overwrite: bool = False
    forget: tuple[str, ...] = ()
    regrade: bool = False
    students: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    published: bool = False
    written: tuple[Path, ...] = ()
    dask: str | None = None
    trust: bool = False
    compare: Path | None = None
    anonymous: bool = False
    # Grade nothing; what was graded counts, even by earlier tests.
    as_graded: bool = False
    # Ids without accents and other scripts: the folder cannot hold them, or is from before.
    ascii_ids: bool = False
    # The choices that come from an earlier run.
    recalled: tuple[str, ...] = ()

    @property
    def lists_class(self) -> Path | None:
        """The file with all students: the roster, or the LMS's own export."""
        return self.roster or self.template

    @property
    def grades_again(self) -> bool:
        """Whether something is graded even if its results cannot have changed."""
        return bool(self.regrade or self.students or self.questions)

    def choice(self, name: str) -> str:
        """Return a choice as it is written on the command line."""
        value = getattr(self, name)
        if value is True:
            return f"--{name}"
        values = value if isinstance(value, tuple) else (value,)
        texts = (f'"{each}"' if " " in str(each) else str(each) for each in values)
        return " ".join(f"{_FLAGS.get(name, f'--{name}')} {text}" for text in texts)


def recalling(request: Request) -> Request:
    """Return the request with the choices that its folder remembers."""
    about = _read(request.out) or {}
    if about.get("name", request.name) != request.name:
        what_now = "Give each assignment a folder of its own with --out."
        raise click.ClickException(f"{request.out}: {about['name']} was graded here. {what_now}")
    return _with_choices(request, about)


def remembered(out: Path, **values: Any) -> Request:
    """Return a request for tables and pages of the class last graded into this folder."""
    name, submissions = graded_here(out)
    request = Request(out=out, name=name, submissions=submissions, as_graded=True, **values)
    return _with_choices(request, _read(out))


def graded_here(out: Path) -> tuple[str, tuple[Path, ...]]:
    """Return the assignment last graded into this folder, and the submissions' paths."""
    about = _read(out)
    try:
        name, submissions = about["name"], tuple(map(Path, about["submissions"]))
    except (TypeError, KeyError):
        what_now = "Name the folder that was given with --out."
        raise click.ClickException(f"{out}: no class was graded here. {what_now}") from None
    for path in submissions:
        if not path.exists():
            what_now = "Put them back, or give unroll grade the new path: what is graded is kept."
            raise click.ClickException(f"{path}: the submissions are gone. {what_now}")
    return name, submissions


def _read(out: Path) -> dict[str, Any] | None:
    try:
        about = json.loads((out / REMEMBERED).read_bytes())
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) else None


def _with_choices(request: Request, about: dict[str, Any]) -> Request:
    """Add the choices that were not given now, check that all fit together, and that files exist.

    The kinds of LMS files add up: each kind stays until it is forgotten.
    """
    kept = {name: about[name] for name in CHOICES if about.get(name) and name not in request.forget}
    for name in _PATHS:
        if kept.get(name):
            kept[name] = Path(kept[name])
    kinds = tuple(dict.fromkeys([*kept.pop("csv", ()), *request.csv]))
    recalled = {name: value for name, value in kept.items() if not getattr(request, name)}
    if set(kinds) - set(request.csv):
        recalled["csv"] = kinds
    template_for = _template_for(request, kinds, str(about.get("template_for", "")))
    if request.column and not (request.template or kept.get("template")):
        raise click.UsageError("--column needs --csv-template, the export that has the column.")
    if "template" not in kept and not request.template:
        recalled.pop("column", None)
        template_for = ""
    request = replace(request, **recalled | {"csv": kinds}, template_for=template_for)
    ascii_ids = about["ids"] == _ASCII if "ids" in about else bool(about)
    ascii_ids = ascii_ids or not (about or holds_letters(request.out))
    request = replace(request, ascii_ids=ascii_ids)
    request = replace(request, recalled=tuple(name for name in CHOICES if name in recalled))
    for name in _PATHS:
        path = getattr(request, name)
        if path and not path.exists():
            what_now = f"Give {_FLAGS.get(name, f'--{name}')} again, or --forget {name}."
            raise click.ClickException(f"{path}: the file is gone. {what_now}")
    _check_place(request)
    return request


def _template_for(request: Request, kinds: Iterable[str], before: str) -> str:
    """Return the LMS whose export the template is."""
    if not request.template:
        return before
    given = request.csv or tuple(kind for kind in kinds if Lms(kind) is not Lms.GRADESCOPE)
    if len(given) != 1:
        raise click.UsageError("--csv-template needs one --csv, for the LMS it comes from.")
    if Lms(given[0]) is Lms.GRADESCOPE:
        raise click.UsageError("Gradescope imports no CSV. Leave --csv-template out.")
    return given[0]


def _check_place(request: Request) -> None:
    """Refuse a template that lies where its own points are written."""
    ours = {(request.out / f"scores-{kind}.csv").resolve() for kind in Lms}
    if request.template and request.template.resolve() in ours:
        what_now = "Move the export to another folder, and give its new path."
        what = "this is where unroll writes the points"
        raise click.ClickException(f"{request.template}: {what}. {what_now}")


def check_semester(request: Request, semester: str) -> None:
    """Refuse a folder that holds the results of another semester's tests."""
    before = (_read(request.out) or {}).get("semester", semester)
    if before != semester:
        raise click.ClickException(
            f"{request.out} holds results of {before}, and the tests in {request.root} are of "
            f"{semester}. Give the folder of that semester's course with --root, or another --out: "
            "nothing was changed."
        )


def no_longer(request: Request, arrived: Sequence[str]) -> str:
    """Return a note on the hand-ins that were here when the folder was last written, or nothing."""
    gone = sorted({*(_read(request.out) or {}).get("arrived", ())} - {*arrived})
    if not gone:
        return ""
    more = f" and {len(gone) - MAX_GONE} more" if len(gone) > MAX_GONE else ""
    listed = ", ".join(gone[:MAX_GONE]) + more
    which = "1 earlier hand-in is" if len(gone) == 1 else f"{len(gone)} earlier hand-ins are"
    return f"{which} not in these submissions: {listed}. What was graded is kept, without a row."


def remember(request: Request, semester: str, arrived: Sequence[str]) -> None:
    """Note which class is graded into a folder, by which tests, and with which choices.

    arrived: the ids of all its hand-ins.
    """
    if request.as_graded:
        # A report grades nothing: the results stay those of their semester.
        semester = (_read(request.out) or {}).get("semester", semester)
    about: dict[str, Any] = {
        "semester": semester,
        "name": request.name,
        "submissions": sorted(str(path.absolute()) for path in request.submissions),
        "template_for": request.template_for,
        "arrived": sorted(arrived),
        "ids": _ASCII if request.ascii_ids else _LETTERS,
    }
    for name in CHOICES:
        value = getattr(request, name)
        about[name] = str(value.absolute()) if isinstance(value, Path) else value
    write_atomically(request.out / REMEMBERED, json.dumps(about).encode())
