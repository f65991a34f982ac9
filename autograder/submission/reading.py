"""Reading a submission: a notebook, a script, or a zip that a student exported.

Whatever the file contains, it is only data here: nothing is extracted, imported or run.
"""

import errno
import io
import json
import os
import re
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

# Enough for a notebook with many large plots. Outputs are dropped while reading.
MAX_BYTES = 300 * 2**20
MAX_BRACKETS = 1_000_000
MAX_COMMAS = 20_000_000  # 300 MB of numbers in the data of plots
MAX_CELLS = 5_000
MAX_SOURCE = 2 * 2**20  # characters in all cells together: as long as a book

IGNORE_TAG = "otter_ignore"
# Folders of a release or an editor, which contain no answers.
NO_ANSWERS = {"__MACOSX", ".ipynb_checkpoints", "seqlab", "tests"}
_CHECK = re.compile(r"""\.\s*check\s*\(\s*["']([\w.-]+)["']""")
_OTTER_LINE = re.compile(r"\s*grader\s*\.\s*(?:check|check_all|export)\s*\(")
# What Jupyter and jupytext write between the cells of a script.
_SCRIPT_CELL = re.compile(r"^# (?:%%|In ?\[[ \d]*\]:).*$", re.MULTILINE)


class SubmissionError(Exception):
    """Nothing in this file can be graded; the message is for the student."""


@dataclass(frozen=True)
class Cell:
    """One code cell."""

    source: str
    ignored: bool = False

    @property
    def checks(self) -> list[str]:
        """The questions that this cell checks."""
        return _CHECK.findall(self.source)

    @property
    def is_otters(self) -> bool:
        """Whether the cell does nothing but call Otter."""
        lines = [line for line in self.source.splitlines() if line.split("#")[0].strip()]
        return bool(lines) and all(map(_OTTER_LINE.match, lines))

    @property
    def label(self) -> str:
        """The cell's name in messages: its first line."""
        lines = [line.strip() for line in self.source.splitlines() if line.strip()]
        first = lines[0] if lines else "(empty)"
        return first if len(first) <= 50 else first[:49] + "…"


@dataclass(frozen=True)
class Submission:
    """The code of a submission, and the file's own metadata."""

    file: str
    cells: tuple[Cell, ...]
    assignment: str | None = None
    semester: str | None = None
    notes: tuple[str, ...] = field(default=())


def read_submission(path: Path) -> Submission:
    """Read a `.ipynb`, a `.py` or a `.zip` with one of them."""
    try:
        # A link may point to a solution, a pipe may never end.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SubmissionError("This is not a regular file. Submit the notebook itself.")
            if status.st_size > MAX_BYTES:
                raise SubmissionError(_too_large(status.st_size))
            contents = file.read(status.st_size)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SubmissionError("This is a link to a file. Submit the notebook itself.") from None
        raise SubmissionError(f"The file cannot be read: {error.strerror}.") from None
    return parse_submission(path.name, contents)


def parse_submission(name: str, contents: bytes) -> Submission:
    """Return the submission in a file with this name and these contents."""
    if contents.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
        name, contents = member(contents)
    if not contents.strip():
        raise SubmissionError("The file is empty. Save the notebook, then submit it again.")
    if contents.startswith(b"%PDF"):
        raise SubmissionError("This is a PDF. Submit the notebook, the file that ends in .ipynb.")
    if name.lower().endswith(".py"):
        sources = [part for part in _SCRIPT_CELL.split(_text(contents)) if part.strip()]
        return Submission(name, _checked(Cell(source) for source in sources))
    return _notebook(name, contents)


def member(contents: bytes) -> tuple[str, bytes]:
    """Return the notebook in a zip, its name and contents. Extract nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            info = _the_answer(archive.infolist())
            # The usual methods; others may need gigabytes.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile
            with archive.open(info) as opened:
                # The size that the zip claims may be a lie.
                data = opened.read(MAX_BYTES + 1)
    except SubmissionError:
        raise
    except Exception:
        # zipfile raises about ten kinds of errors for a damaged or encrypted file.
        raise SubmissionError("The zip is damaged. Export it and submit it again.") from None
    if len(data) > MAX_BYTES:
        raise SubmissionError(_too_large(max(len(data), info.file_size)))
    return PurePosixPath(info.filename).name, data


def _the_answer(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Return the only notebook (else the only script) in the outermost folder that has one."""
    found = [info for info in members if _is_answer(info, ".ipynb")]
    found = found or [info for info in members if _is_answer(info, ".py")]
    if not found:
        raise SubmissionError("The zip contains no notebook. Submit the file that ends in .ipynb.")
    depth = min(len(PurePosixPath(info.filename).parts) for info in found)
    rivals = [info for info in found if len(PurePosixPath(info.filename).parts) == depth]
    if len(rivals) > 1:
        names = ", ".join(sorted(PurePosixPath(info.filename).name for info in rivals)[:3])
        raise SubmissionError(
            f"The zip contains {len(rivals)} notebooks ({names}). Submit only the one to grade."
        )
    return rivals[0]


def _is_answer(info: zipfile.ZipInfo, suffix: str) -> bool:
    path = PurePosixPath(info.filename)
    # A symbolic link's contents are a path.
    is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
    return (
        path.suffix.lower() == suffix
        and not info.is_dir()
        and not is_link
        and not path.name.startswith(".")
        and not NO_ANSWERS.intersection(path.parts)
    )


def _notebook(name: str, contents: bytes) -> Submission:
    # Each bracket becomes an object of a hundred bytes: a small file could exhaust memory.
    bomb = contents.count(b"[") + contents.count(b"{") > MAX_BRACKETS
    try:
        values = None if bomb or contents.count(b",") > MAX_COMMAS else json.loads(_text(contents))
    except (ValueError, RecursionError, MemoryError):
        raise SubmissionError(
            "This is not a notebook: the file is damaged or of another kind. Open it in Jupyter, "
            "save it, and submit the file that ends in .ipynb."
        ) from None
    entries = values.get("cells") if isinstance(values, dict) else None
    if entries is None and isinstance(values, dict) and isinstance(values.get("worksheets"), list):
        # nbformat 3, until 2014: still readable.
        sheets = [sheet for sheet in values["worksheets"] if isinstance(sheet, dict)]
        entries = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(entries, list):
        raise SubmissionError(
            "This is not a notebook: it has no cells. Submit the file that ends in .ipynb."
        )
    cells = []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("cell_type") == "code":
            metadata = entry.get("metadata")
            tags = metadata.get("tags") if isinstance(metadata, dict) else None
            source = entry.get("source", entry.get("input", ""))
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                cells.append(Cell(source, isinstance(tags, list) and IGNORE_TAG in tags))
    notes: tuple[str, ...] = ()
    if values.get("nbformat") not in (3, 4):
        notes = ("The notebook has an unusual format. Open it in Jupyter and save it again.",)
    assignment, semester = _identity(values.get("metadata"))
    return Submission(name, _checked(cells), assignment, semester, notes)


def _identity(metadata: object) -> tuple[str | None, str | None]:
    """Return the assignment and the semester that a release writes into its notebook."""
    own = metadata.get("unroll") if isinstance(metadata, dict) else None
    other = metadata.get("otter") if isinstance(metadata, dict) else None
    assignment = own.get("assignment") if isinstance(own, dict) else None
    if not isinstance(assignment, str) and isinstance(other, dict):
        assignment = other.get("assignment_name")
    semester = own.get("semester") if isinstance(own, dict) else None
    return (
        assignment if isinstance(assignment, str) else None,
        semester if isinstance(semester, str) else None,
    )


def _checked(cells) -> tuple[Cell, ...]:
    cells = tuple(cell for cell in cells if cell.source.strip())
    if not cells:
        raise SubmissionError(
            "There is no code in this file. Is it the notebook that you worked in?"
        )
    if len(cells) > MAX_CELLS or sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise SubmissionError(
            "The notebook contains far more code than an answer needs. Remove what is not yours."
        )
    return cells


def _text(contents: bytes) -> str:
    # Some Windows editors add a byte order mark.
    return contents.decode("utf-8-sig", errors="replace")


def _too_large(size: int) -> str:
    return (
        f"The file has {size / 2**20:.0f} MB; the limit is {MAX_BYTES // 2**20} MB. Clear the "
        "notebook's outputs (Edit > Clear All Outputs), save it, and submit it again."
    )
