"""Which of several files is the submission: those in a zip, or those that were uploaded."""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autograder.submission.cells import Submission, SubmissionError
from autograder.submission.kinds import (
    HEAD_BYTES,
    Kind,
    decoded,
    is_export_of_notebook,
    recognise,
)

# Folders of a release or an editor, which contain no answers.
NO_ANSWERS = {"__MACOSX", ".ipynb_checkpoints", "seqlab", "tests"}
CHECKPOINTS = ".ipynb_checkpoints"
MAX_FILES = 10_000
# Several notebooks are read to find the right one, but not a whole folder of them.
MAX_RIVALS = 20
MAX_MODULES, MAX_MODULE_BYTES = 20, 2**20
# What decides nothing by its contents, because any file may look like it.
_NEVER = (".md", ".csv", ".log", ".toml", ".cfg", ".yml", ".yaml", ".lock")
_STARTUP = {"sitecustomize", "usercustomize", "__main__", "conftest", "setup"}


@dataclass(frozen=True)
class Entry:
    """One file to choose from; `read` returns at most so many of its first bytes."""

    path: PurePosixPath
    size: int
    read: Callable[[int], bytes]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_hidden(self) -> bool:
        return self.name.startswith(".") or bool(NO_ANSWERS.intersection(self.path.parts))


def choose(
    entries: Sequence[Entry],
    assignment: str | None,
    parse: Callable[[Entry], Submission],
    where: str,
) -> Entry:
    """Return the one to grade; raise a SubmissionError for the student if nothing decides.

    Notebooks come before scripts, and scripts before zips. Of several, the one of this assignment
    counts, then the one nearest the top, then the only one that was worked in.
    """
    kinds = {entry.path: _kind(entry) for entry in entries if not entry.is_hidden}
    for kind in (Kind.NOTEBOOK, Kind.SCRIPT, Kind.ZIP):
        found = [each for each in entries if kinds.get(each.path) is kind]
        if found:
            return _the_one(found, assignment, parse, where)
    raise SubmissionError(_nothing(entries, kinds, where))


def _kind(entry: Entry) -> Kind:
    if entry.name.lower().endswith(_NEVER):
        return Kind.OTHER
    try:
        return recognise(entry.name, entry.read(HEAD_BYTES))
    except SubmissionError:
        raise
    except Exception:
        # One damaged file of a zip matters only if it is the one to grade.
        return Kind.NOTEBOOK if entry.name.lower().endswith(".ipynb") else Kind.OTHER


def _the_one(
    found: list[Entry],
    assignment: str | None,
    parse: Callable[[Entry], Submission],
    where: str,
) -> Entry:
    found = [each for each in found if "-checkpoint." not in each.name] or found
    if len(found) == 1:
        return found[0]
    found = sorted(found, key=lambda each: (len(each.path.parts), len(each.name), each.name))
    read = dict(_readable(found[:MAX_RIVALS], parse))
    ours = [each for each in read if assignment and _is_of(assignment, each, read[each])]
    rivals = ours or list(read) or found
    depth = len(rivals[0].path.parts)
    rivals = [each for each in rivals if len(each.path.parts) == depth]
    together = len({each.path.parent for each in rivals}) == 1  # else of several people, perhaps
    worked = [each for each in rivals if each not in read or not is_blank(read[each])]
    rivals = worked if worked and together else rivals
    if together and len({read[each].cells if each in read else each for each in rivals}) == 1:
        return rivals[0]
    names = ", ".join(str(each.path)[:60] for each in sorted(rivals, key=lambda e: e.path)[:3])
    more = ", …" if len(rivals) > 3 else ""
    what = "notebooks" if all(each in read for each in rivals) else "files that could be graded"
    raise SubmissionError(
        f"{where} {len(rivals)} {what} ({names}{more}). Submit only the one to grade."
    )


def _readable(found: Sequence[Entry], parse: Callable[[Entry], Submission]):
    for each in found:
        try:
            yield each, parse(each)
        except SubmissionError:
            continue


def _is_of(assignment: str, entry: Entry, submission: Submission) -> bool:
    """Return whether a notebook says that it is of the assignment, else whether its name does."""
    if submission.assignment is not None:
        return submission.assignment == assignment
    return assignment in entry.name


def is_blank(submission: Submission) -> bool:
    """Return whether all prompts of a release are still there."""
    # Which course's package this is, is known once a command has found its course.
    from seqlab.unanswered import prompts

    left = prompts(submission.cells)
    return bool(left) and all(left.values())


def _nothing(entries: Sequence[Entry], kinds: Mapping[PurePosixPath, Kind], where: str) -> str:
    names = ", ".join(str(path)[:60] for path in list(kinds)[:3]) + (
        ", …" if len(kinds) > 3 else ""
    )
    said = f"{where} no notebook{f' ({names})' if kinds else ''}."
    told = {kind for kind in kinds.values() if kind is not Kind.OTHER}
    if len(told) == 1:
        return f"{said} {told.pop().problem}"
    if any(CHECKPOINTS in each.path.parts and each.name.endswith(".ipynb") for each in entries):
        said += " Jupyter's own copies, in .ipynb_checkpoints, do not count."
    return f"{said} Submit the file that ends in .ipynb."


def modules_beside(entries: Sequence[Entry], chosen: Entry) -> tuple[dict[str, bytes], list[str]]:
    """Return the modules that a notebook can import in Jupyter from its own folder, and notes.

    By path from that folder. A script made from a notebook is none, nor is a module with the name
    of an installed package, which would take its place.
    """
    found: dict[str, bytes] = {}
    left, home = MAX_MODULE_BYTES, chosen.path.parent
    skipped = []
    for each in sorted(entries, key=lambda each: (len(each.path.parts), each.path)):
        if each.is_hidden or each.path.suffix != ".py" or not each.path.is_relative_to(home):
            continue
        path = each.path.relative_to(home)
        if each.path == chosen.path or path.stem == chosen.path.stem or not _importable(path):
            continue
        if len(found) == MAX_MODULES or each.size > left:
            skipped.append(str(path)[:60])
            continue
        contents = each.read(left + 1)
        if len(contents) <= left and not is_export_of_notebook(decoded(contents)):
            found[path.as_posix()] = contents
            left -= len(contents)
    notes = [f"Too many or too large to lie beside the notebook: {', '.join(skipped[:3])}."]
    return found, notes if skipped else []


def _importable(path: PurePosixPath) -> bool:
    names = path.with_suffix("").parts
    first = names[0]
    if not all(name.isidentifier() for name in names) or first in _STARTUP:
        return False
    if first in sys.stdlib_module_names or first in sys.builtin_module_names:
        return False
    try:
        return importlib.util.find_spec(first) is None
    except (ImportError, ValueError):
        return False
