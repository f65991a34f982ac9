"""The notebook in a zip, or in a zip in a zip. Nothing is extracted to disk."""

import functools
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from autograder.submission.cells import Submission, SubmissionError
from autograder.submission.choice import MAX_FILES, Entry, choose, modules_beside
from autograder.submission.ipynb import parse_notebook
from autograder.submission.kinds import Kind, plain_name, recognise
from autograder.submission.script import parse_script

# Enough for a notebook with many large plots. Outputs are dropped while reading.
MAX_BYTES = 300 * 2**20
MAX_UNPACKED = 3 * MAX_BYTES
# A zip in a zip in a zip: an LMS's around a student's around an export's.
MAX_DEPTH = 3
_DAMAGED = "The zip is damaged. Export it and submit it again."


class Budget:
    """How much may still be unpacked to find the notebook: a zip may hold zips, and lies."""

    def __init__(self) -> None:
        self._left = MAX_UNPACKED

    def spend(self, count: int) -> None:
        """Raise a SubmissionError once too much has been unpacked."""
        self._left -= count
        if self._left < 0:
            raise SubmissionError("The zip unpacks to far too much. Submit the notebook itself.")


@dataclass(frozen=True)
class Member:
    """A file taken out of a zip, with the modules beside it."""

    name: str
    contents: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def outermost(
    name: str,
    contents: bytes,
    assignment: str | None = None,
    budget: Budget | None = None,
    depth: int = MAX_DEPTH,
) -> Member:
    """Return a file itself or, if it is a zip, what counts of it."""
    member, budget = Member(plain_name(name), contents), budget or Budget()
    while recognise(member.name, member.contents) is Kind.ZIP:
        if depth == 0:
            raise SubmissionError("There are zips in zips in zips. Submit the notebook itself.")
        depth -= 1
        member = _inside(member.contents, assignment, budget, depth)
    return member


def parse_file(name: str, contents: bytes) -> Submission:
    """Return the submission in a file that is no zip."""
    kind = recognise(name, contents)
    if not kind.gradable:
        raise SubmissionError(kind.problem)
    return (parse_script if kind is Kind.SCRIPT else parse_notebook)(name, contents)


def _inside(contents: bytes, assignment: str | None, budget: Budget, depth: int) -> Member:
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            infos = [info for info in archive.infolist() if _is_file(info)]
            if len(infos) > MAX_FILES:
                raise SubmissionError("There are too many files. Submit only the notebook.")
            entries = [
                Entry(
                    PurePosixPath(info.filename.replace("\\", "/")),
                    info.file_size,
                    functools.partial(_read, archive, info, budget),
                )
                for info in infos
            ]
            parse = functools.partial(parse_entry, assignment, budget, depth)
            chosen = choose(entries, assignment, parse, "The zip contains")
            data = chosen.read(MAX_BYTES + 1)
            files, notes = modules_beside(entries, chosen)
    except SubmissionError:
        raise
    except Exception:
        # zipfile raises about ten kinds of errors for a damaged file.
        raise SubmissionError(_DAMAGED) from None
    if len(data) > MAX_BYTES:
        raise SubmissionError(too_large(max(len(data), chosen.size)))
    return Member(chosen.name, data, files, tuple(notes))


def parse_entry(assignment: str | None, budget: Budget, depth: int, entry: Entry) -> Submission:
    """Return the submission in one of several files, to find out whether it is the one."""
    contents = entry.read(MAX_BYTES + 1)
    if len(contents) > MAX_BYTES:
        raise SubmissionError(too_large(entry.size))
    member = outermost(entry.name, contents, assignment, budget, depth)
    return parse_file(member.name, member.contents)


def _is_file(info: zipfile.ZipInfo) -> bool:
    # A symbolic link's contents are a path.
    return not info.is_dir() and (info.external_attr >> 16) & 0o170000 != 0o120000


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget, most: int) -> bytes:
    if info.flag_bits & 1:
        raise SubmissionError("The zip has a password. Make one without, and submit it again.")
    # The usual methods; others may need gigabytes.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(info) as opened:
        # The size that the zip claims may be a lie.
        data = opened.read(most)
    budget.spend(len(data))
    return data


def too_large(size: int) -> str:
    """Say how large a file is, and what makes it smaller."""
    return (
        f"The file has {size / 2**20:.0f} MB; the limit is {MAX_BYTES // 2**20} MB. Clear the "
        "notebook's outputs (Edit > Clear All Outputs), save it, and submit it again."
    )
