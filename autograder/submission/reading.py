"""Reading a submission: a notebook, a script, or the zip that a student exported.

Whatever the file holds, it is data here: nothing is extracted, imported or run.
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

# A notebook with the outputs of many large plots. Outputs are dropped while reading.
MAX_BYTES = 300 * 2**20
MAX_BRACKETS = 1_000_000
MAX_COMMAS = 20_000_000  # 300 MB of numbers in the data of plots
MAX_CELLS = 5_000
MAX_SOURCE = 2 * 2**20  # characters, all cells together: a book

IGNORE_TAG = "otter_ignore"
# Folders of a release and of editors, which hold no answers.
NO_ANSWERS = {"__MACOSX", ".ipynb_checkpoints", "seqlab", "tests"}
_CHECK = re.compile(r"""\.\s*check\s*\(\s*["']([\w.-]+)["']""")
_OTTER_LINE = re.compile(r"\s*grader\s*\.\s*(?:check|check_all|export)\s*\(")
# What Jupyter and jupytext put between the cells of a script.
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
        """The questions whose check this cell runs."""
        return _CHECK.findall(self.source)

    @property
    def is_otters(self) -> bool:
        """Whether the cell does nothing but call Otter."""
        lines = [line for line in self.source.splitlines() if line.split("#")[0].strip()]
        return bool(lines) and all(map(_OTTER_LINE.match, lines))

    @property
    def label(self) -> str:
        """How a message names the cell: by the line with which it begins."""
        lines = [line.strip() for line in self.source.splitlines() if line.strip()]
        first = lines[0] if lines else "(empty)"
        return first if len(first) <= 50 else first[:49] + "…"


@dataclass(frozen=True)
class Submission:
    """The code of a submission, and what the file says of itself."""

    file: str
    cells: tuple[Cell, ...]
    assignment: str | None = None
    semester: str | None = None
    notes: tuple[str, ...] = field(default=())


def read_submission(path: Path) -> Submission:
    """Read a `.ipynb`, a `.py` or a `.zip` with one of them."""
    try:
        # A link may lead to a solution, a pipe may never end.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SubmissionError("This is no ordinary file. Submit the notebook itself.")
            if status.st_size > MAX_BYTES:
                raise SubmissionError(_too_large(status.st_size))
            contents = file.read(status.st_size)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SubmissionError("This is a link to a file. Submit the notebook itself.") from None
        raise SubmissionError(f"The file cannot be read: {error.strerror}.") from None
    return parse_submission(path.name, contents)


def parse_submission(name: str, contents: bytes) -> Submission:
    """The submission in a file with this name and these contents."""
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
    """The notebook in a zip. Members are read one by one; none is ever extracted."""
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            info = _the_answer(archive.infolist())
            # What zips are made of; the other methods may ask for gigabytes.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise zipfile.BadZipFile
            with archive.open(info) as opened:
                # The size that the zip claims may be a lie.
                data = opened.read(MAX_BYTES + 1)
    except SubmissionError:
        raise
    except Exception:
        # zipfile raises some ten kinds of errors over a damaged or encrypted file.
        raise SubmissionError("The zip is damaged. Export it and submit it again.") from None
    if len(data) > MAX_BYTES:
        raise SubmissionError(_too_large(max(len(data), info.file_size)))
    return PurePosixPath(info.filename).name, data


def _the_answer(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The only notebook (else the only script) of the outermost folder that has one."""
    found = [info for info in members if _is_answer(info, ".ipynb")]
    found = found or [info for info in members if _is_answer(info, ".py")]
    if not found:
        raise SubmissionError("The zip holds no notebook. Submit the file that ends in .ipynb.")
    depth = min(len(PurePosixPath(info.filename).parts) for info in found)
    rivals = [info for info in found if len(PurePosixPath(info.filename).parts) == depth]
    if len(rivals) > 1:
        names = ", ".join(sorted(PurePosixPath(info.filename).name for info in rivals)[:3])
        raise SubmissionError(
            f"The zip holds {len(rivals)} notebooks ({names}). Submit only the one to be graded."
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
    # Each bracket becomes an object of a hundred bytes: a small file could fill the memory.
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
    """The assignment and the semester that a release writes into its notebook."""
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
            "The notebook holds far more code than an answer needs. Remove what is not yours."
        )
    return cells


def _text(contents: bytes) -> str:
    # A byte order mark is what some Windows editors add.
    return contents.decode("utf-8-sig", errors="replace")


def _too_large(size: int) -> str:
    return (
        f"The file has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read. Clear the "
        "notebook's outputs (Edit > Clear All Outputs), save it, and submit it again."
    )
